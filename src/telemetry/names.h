// Every log field and metric by name, in one place: dashboards, alerts and people's queries depend
// on them. Metrics: prefix seaworthy_, unit in the name, _total on counters (Prometheus naming
// conventions).
#pragma once

#include <string_view>

namespace seaworthy::telemetry {

namespace field {

using Name = std::string_view;
inline constexpr Name kTime = "time";        // reserved: written by Log
inline constexpr Name kLevel = "level";      // likewise
inline constexpr Name kMessage = "message";  // likewise

inline constexpr Name kComponent = "component";
inline constexpr Name kError = "error";
inline constexpr Name kReason = "reason";  // the CamelCase name of a finding or outcome
inline constexpr Name kAbout = "about";    // the item that a finding concerns
inline constexpr Name kOutcome = "outcome";
inline constexpr Name kSignal = "signal";
inline constexpr Name kVersion = "version";

inline constexpr Name kNode = "node";
inline constexpr Name kNodeUid = "nodeUID";
inline constexpr Name kPolicy = "policy";
inline constexpr Name kVerdict = "verdict";
inline constexpr Name kFindings = "findings";  // how many
inline constexpr Name kVerifier = "verifier";
inline constexpr Name kEkHash = "ekHash";
inline constexpr Name kAkName = "akName";
inline constexpr Name kKeyId = "kid";

inline constexpr Name kKind = "kind";
inline constexpr Name kName = "name";
inline constexpr Name kNamespace = "namespace";
inline constexpr Name kPod = "pod";
inline constexpr Name kUser = "user";
inline constexpr Name kUid = "uid";

inline constexpr Name kMethod = "method";
inline constexpr Name kPath = "path";
inline constexpr Name kStatus = "status";
inline constexpr Name kPeer = "peer";
inline constexpr Name kAddress = "address";
inline constexpr Name kPort = "port";
inline constexpr Name kFile = "file";
inline constexpr Name kBytes = "bytes";
inline constexpr Name kCount = "count";
inline constexpr Name kAttempt = "attempt";
inline constexpr Name kMillis = "milliseconds";
inline constexpr Name kRetrySeconds = "retrySeconds";
inline constexpr Name kResourceVersion = "resourceVersion";

}  // namespace field

namespace metric {

using Name = std::string_view;

// Every program.
inline constexpr Name kBuildInfo = "seaworthy_build_info";  // 1; labels version, component
inline constexpr Name kStartTime = "seaworthy_start_time_seconds";
inline constexpr Name kLogLines = "seaworthy_log_lines_total";  // level

// HTTP servers; label server. From http::ServerStats.
inline constexpr Name kHttpConnections = "seaworthy_http_connections";
inline constexpr Name kHttpInFlight = "seaworthy_http_in_flight_requests";
inline constexpr Name kHttpConnectionsTotal = "seaworthy_http_connections_total";
inline constexpr Name kHttpConnectionsRefused = "seaworthy_http_connections_refused_total";
inline constexpr Name kHttpHandshakesFailed = "seaworthy_http_handshakes_failed_total";
inline constexpr Name kHttpRequests = "seaworthy_http_requests_total";
inline constexpr Name kHttpRequestsShed = "seaworthy_http_requests_shed_total";
inline constexpr Name kHttpRequestsMalformed = "seaworthy_http_requests_malformed_total";
inline constexpr Name kHttpTimeouts = "seaworthy_http_timeouts_total";
inline constexpr Name kHttpKeyPairFailures = "seaworthy_http_key_pair_failures_total";

// API server client.
inline constexpr Name kKubeRequests = "seaworthy_kube_requests_total";  // verb, kind, code
inline constexpr Name kKubeRequestSeconds = "seaworthy_kube_request_duration_seconds";  // verb
inline constexpr Name kKubeWatchRestarts = "seaworthy_kube_watch_restarts_total";  // kind, reason
inline constexpr Name kKubeCacheAge = "seaworthy_kube_cache_age_seconds";          // kind
inline constexpr Name kKubeCacheObjects = "seaworthy_kube_cache_objects";          // kind
inline constexpr Name kLeader = "seaworthy_leader";  // 1 while this replica leads
inline constexpr Name kClockDifference = "seaworthy_clock_difference_seconds";

// Controllers; label controller.
inline constexpr Name kQueueDepth = "seaworthy_queue_depth";
inline constexpr Name kReconciles = "seaworthy_reconciles_total";  // outcome
inline constexpr Name kReconcileSeconds = "seaworthy_reconcile_duration_seconds";
inline constexpr Name kNodesByVerdict = "seaworthy_nodes";              // policy, verdict
inline constexpr Name kPolicyWouldDeny = "seaworthy_would_deny_total";  // policy, mode

// Verifier.
inline constexpr Name kAgentRequests = "seaworthy_agent_requests_total";  // route, outcome
inline constexpr Name kNodesRemembered = "seaworthy_verifier_nodes";
inline constexpr Name kEvidenceWanted = "seaworthy_verifier_evidence_wanted";
inline constexpr Name kCheckpoints = "seaworthy_verifier_checkpoints_total";  // outcome
inline constexpr Name kEnrolments = "seaworthy_enrolments_total";             // outcome
inline constexpr Name kChallenges = "seaworthy_challenges_total";             // outcome
inline constexpr Name kAppraisals = "seaworthy_appraisals_total";             // policy, verdict
inline constexpr Name kEvidenceRefused = "seaworthy_evidence_refused_total";  // reason
inline constexpr Name kFindings = "seaworthy_findings_total";                 // reason
inline constexpr Name kAppraisalSeconds = "seaworthy_appraisal_duration_seconds";
inline constexpr Name kEvidenceBytes = "seaworthy_evidence_bytes_total";
inline constexpr Name kIdentityAlarms = "seaworthy_identity_alarms_total";  // reason
inline constexpr Name kRequestsThrottled = "seaworthy_requests_throttled_total";

// Webhook.
inline constexpr Name kAdmissions = "seaworthy_admissions_total";  // rule, policy, outcome, reason
inline constexpr Name kAdmissionSeconds = "seaworthy_admission_duration_seconds";
inline constexpr Name kSnapshotAge = "seaworthy_snapshot_age_seconds";
inline constexpr Name kTokensRefused = "seaworthy_tokens_refused_total";  // reason

// Agent.
inline constexpr Name kAttestations = "seaworthy_agent_attestations_total";  // outcome
inline constexpr Name kQuoteSeconds = "seaworthy_agent_quote_duration_seconds";
inline constexpr Name kLastSuccess = "seaworthy_agent_last_success_time_seconds";
inline constexpr Name kImaEntries = "seaworthy_agent_ima_entries";
inline constexpr Name kTpmErrors = "seaworthy_agent_tpm_errors_total";

// Device plugin.
inline constexpr Name kDevicePresent = "seaworthy_device_present";
inline constexpr Name kDeviceRegistrations = "seaworthy_device_registrations_total";
inline constexpr Name kDeviceAllocations = "seaworthy_device_allocations_total";  // outcome

}  // namespace metric

}  // namespace seaworthy::telemetry

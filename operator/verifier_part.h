// The verifier half of the operator, wired: caches, keys, the HTTPS server for agents.
#pragma once

#include <memory>
#include <string>

#include "http/server.h"
#include "kube/clock_check.h"
#include "kube/events.h"
#include "kube/informer.h"
#include "options.h"
#include "runtime/health.h"
#include "runtime/process.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "verifier/claims.h"
#include "verifier/key_publisher.h"
#include "verifier/nodes.h"
#include "verifier/service.h"
#include "verifier/signer.h"
#include "verifier/view.h"

namespace seaworthy::program {

// What the program as a whole gives to its parts; outlives them.
struct Environment {
  const Options& options;
  kube::Client& client;
  const kube::ClockCheck& clock_check;
  const Clock& clock;
  Random& random;
  const telemetry::Log& log;
  telemetry::Metrics& metrics;
};

class VerifierPart {
 public:
  explicit VerifierPart(const Environment& environment);
  ~VerifierPart();

  // Adds the components in the order in which they start: caches, shared key, signing key, server.
  void add_to(runtime::Process& process, runtime::Health& health);
  void update_metrics();

 private:
  using Labels = std::map<std::string, std::string>;
  void follow_changes();
  void stop_following();
  Result<void> sync(std::stop_token stop);
  Result<void> take_shared_key(std::stop_token stop);
  void observe(std::string_view route, std::string_view outcome);

  Environment env_;
  verifier::ResultSigner signer_;
  kube::EventRecorder events_;
  kube::Informer<api::AttestationPolicy> policies_;
  kube::Informer<api::ReferenceValueSet> sets_;
  kube::Informer<verifier::ConfigMapData> config_maps_;
  kube::Informer<api::ObjectMeta> nodes_;
  kube::Informer<api::NodeAttestation> records_;
  kube::Informer<http::KeyPair> serving_;
  verifier::ClusterView view_;
  verifier::NodeStates states_;
  verifier::ClaimIndex claims_;
  verifier::KeyPublisher publisher_;
  http::KeyPairHolder key_pair_;
  std::unique_ptr<verifier::Context> context_;
  std::unique_ptr<verifier::CallerAuthenticator> callers_;
  std::unique_ptr<verifier::EvidenceReaders> readers_;
  std::unique_ptr<verifier::RateLimit> limit_;
  std::unique_ptr<verifier::Service> service_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<runtime::ServerMetrics> server_metrics_;
};

}  // namespace seaworthy::program

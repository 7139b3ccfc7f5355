// What a node costs in memory: memory_bench [NODES], 100,000 unless told otherwise, which takes
// some minutes. The design promises at most 16 KiB a node, for a verifier and for a webhook each,
// besides what all nodes share.
//
// Verifier: for every node a TPM of its own quotes, verify_evidence() and evaluate() judge it, and
// what the verifier keeps is kept as it keeps it: the state between two rounds, the NodeAttestation
// and the Node's metadata in the informers' stores, the index of claims. The fleet is of one kind:
// the boot logs (100 events, a dbx of 300 digests) differ where those of such machines do, in PCR 1
// (serial numbers) and PCR 5 (disks).
// Not in it: what requests need while they are answered, and the controllers of the leader.
// Webhook: the book of results and policies, filled by real signed results.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cluster.h"
#include "codec/base64.h"
#include "kube/store.h"
#include "machines.h"
#include "verifier/claims.h"
#include "verifier/enrolment_secrets.h"
#include "verifier/nodes.h"

namespace {

using namespace seaworthy;           // NOLINT: a program of one file
using namespace seaworthy::testing;  // NOLINT

constexpr double kGoal = 16 * 1024;

// Labels as a node of a cloud or of kubeadm has them.
std::map<std::string, std::string> usual_labels(const std::string& name) {
  return {{"beta.kubernetes.io/arch", "amd64"},
          {"beta.kubernetes.io/os", "linux"},
          {"kubernetes.io/arch", "amd64"},
          {"kubernetes.io/hostname", name},
          {"kubernetes.io/os", "linux"},
          {"node.kubernetes.io/instance-type", "bare-metal-large"},
          {"topology.kubernetes.io/region", "eu-central-1"},
          {"topology.kubernetes.io/zone", "eu-central-1a"},
          {"pool", "prod"},
          {"seaworthy.node-restriction.kubernetes.io/production", "trusted"}};
}

class VerifierMemory {
 public:
  VerifierMemory() {
    // Secure Boot is judged from the log; the rules for it are not what this is about.
    api::AttestationPolicy any;
    any.meta.name = "production";
    any.evidence.boot = api::BootRule::kAny;
    any.evidence.runtime.ima = api::ImaRule::kIgnored;
    rules_ = policy::compile(any, {});
  }

  void add(int i) {
    tpm_.ak_key = crypto::EcPrivateKey::generate(random_);
    tpm_.ak = TestTpm::ak_area(tpm_.ak_key.public_key());
    EvidenceBuilder machine(tpm_);
    machine.boot = boot_.machine.boot;
    const std::string own = std::to_string(i);
    machine.boot.events.push_back(plain_event(1, eventlog::kEfiAction, "serial " + own));
    machine.boot.events.push_back(plain_event(5, eventlog::kGptEvent, "disk " + own));
    const Evidence evidence = machine.build();
    const NodeUid uid(node_uid(i));
    const auto state = states_.of(uid);
    MutexLock lock(state->mutex);
    state->record_uid = "record-" + uid.str();
    state->key_public = tpm_.ak_public();
    state->key = *verify::enrolled_attestation_key(state->key_public);
    const auto outcome = verify::verify_evidence(evidence.input(), *state->key, machine.challenge(),
                                                 state->progress);
    const auto& verified = std::get<verify::VerifiedEvidence>(outcome);
    auto appraisal = policy::evaluate(rules_, verified, {}, {}, kNow);
    SEAWORTHY_CHECK(appraisal.verdict == api::Verdict::kTrusted);
    state->progress = verified.progress();
    state->progress.boot = state->progress.boot->sharing(states_.boot_parts());
    state->files[PolicyName("production")] = std::move(appraisal.files);
    state->endorsements[PolicyName("production")] = {
        .anchors_digest = std::string(64, 'a'), .checked = kNow, .findings = {}};
    remember(i, *state);
  }

 private:
  // What is published about it, here and in the caches.
  void remember(int i, verifier::NodeState& state) REQUIRES(state.mutex) {
    token::EarClaims claims = claims_of(signer_, {result_of("production", api::Verdict::kTrusted)});
    claims.node = NodeName(node_name(i));
    claims.node_uid = NodeUid(node_uid(i));
    claims.ak_name = codec::to_hex(state.key->name());
    claims.ak_spki = state.key->key().to_spki_der();
    const std::string ear = ear_of(claims, signer_);
    state.published = verifier::PublishedResult{
        .expires = kNow, .written = kNow, .ear = crypto::sha256(as_bytes(ear))};

    api::VerifierStatus status;
    status.identity = identity_of(i, state);
    status.boot = api::BootSummary{"On", state.progress.boot_log_digest().value_or(""),
                                   state.progress.boot->command_lines().back(), 5, 0};
    status.results = {{"seaworthy-operator", ear}};
    status.conditions = {
        {api::kConditionEnrolled, api::ConditionStatus::kTrue, "Enrolled", "", kNow},
        {api::kConditionAttested, api::ConditionStatus::kTrue, "Appraised",
         "the evidence is authentic; see the verdicts", kNow}};
    Json object = api::verifier_status_patch(claims.node, status);
    object["metadata"]["uid"] = state.record_uid;
    object["metadata"]["resourceVersion"] = std::to_string(1'000'000 + i);
    object["spec"]["ekHash"] = status.identity->ek_hash;
    auto record = api::parse_node_attestation(object);
    SEAWORTHY_CHECK(record.has_value());
    claims_.update(claims.node, &*record);
    put(records_, i, state.record_uid, *std::move(record));

    api::ObjectMeta meta;
    meta.name = node_name(i);
    meta.uid = node_uid(i);
    meta.labels = usual_labels(meta.name);
    put(nodes_, i, meta.uid, std::move(meta));
  }

  api::NodeIdentity identity_of(int i, verifier::NodeState& state) REQUIRES(state.mutex) {
    api::NodeIdentity identity;
    identity.node_uid = NodeUid(node_uid(i));
    identity.ek_hash = "sha256:" + codec::to_hex(crypto::sha256(as_bytes(node_name(i))).bytes());
    identity.ak_name = codec::to_hex(state.key->name());
    identity.manufacturer = "id:49465800";
    identity.model = "SLB9670";
    identity.firmware = "id:00070055";
    identity.enrolled = kNow;
    identity.statement = verifier::seal_statement(seal_, {.node = NodeName(node_name(i)),
                                                          .node_uid = identity.node_uid,
                                                          .ek_hash = identity.ek_hash,
                                                          .ak_public = state.key_public,
                                                          .ek_public = tpm_.ek_public(),
                                                          .enrolled = kNow});
    for (const Bytes& certificate : certificates_) {
      identity.ek_certificates.push_back(codec::to_base64(certificate));
    }
    return identity;
  }

  template <class T>
  static void put(kube::Store<T>& store, int i, const std::string& uid, T value) {
    store.put(std::make_shared<const kube::Cached<T>>(
        kube::Cached<T>{kube::cluster_key(node_name(i)), uid, std::to_string(1'000'000 + i),
                        std::move(value), Json()}));
  }

  FakeRandom random_;
  TestTpm tpm_;
  std::vector<Bytes> certificates_ = tpm_.ek_certificates();
  HundredEvents boot_;
  policy::CompiledPolicy rules_;
  TestSigner signer_;
  crypto::SealKey seal_ = crypto::SealKey::generate(random_);
  verifier::NodeStates states_;
  verifier::ClaimIndex claims_;
  kube::Store<api::NodeAttestation> records_;
  kube::Store<api::ObjectMeta> nodes_;
};

std::size_t settled_bytes() {
  malloc_trim(0);
  return resident_bytes();
}

// In a process of its own, whose memory nobody used before.
void measure(const char* what, int nodes, double (*bytes_per_node)(int)) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const auto began = std::chrono::steady_clock::now();
    const double bytes = bytes_per_node(nodes);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%-9s %d nodes, %.1f KiB each: %.2f of the goal of %.0f KiB; made in %.0f s\n",
                what, nodes, bytes / 1024, bytes / kGoal, kGoal / 1024, took.count());
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  SEAWORTHY_CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

double verifier_bytes(int nodes) {
  VerifierMemory verifier;
  verifier.add(0);
  const std::size_t before = settled_bytes();
  for (int i = 1; i <= nodes; ++i) {
    verifier.add(i);
  }
  return static_cast<double>(settled_bytes() - before) / nodes;
}

double webhook_bytes(int nodes) {
  return Cluster(nodes).bytes_per_node;
}

}  // namespace

int main(int argc, char** argv) {
  int nodes = 100'000;
  for (int i = 1; i < argc; ++i) {  // others are Google Benchmark's
    (void)std::sscanf(argv[i], "--nodes=%d", &nodes);
  }
  measure("verifier", nodes, verifier_bytes);
  measure("webhook", nodes, webhook_bytes);
  return 0;
}

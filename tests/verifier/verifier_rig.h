// A verifier with a cluster in memory and a TPM in software: two nodes, one policy, one agent each.
// Link seaworthy_fake_api_server and OpenSSL::Crypto.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "codec/hex.h"
#include "crypto/make_certificate.h"
#include "support/evidence_builder.h"
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"
#include "support/fake_random.h"
#include "tpm/qualifying_data.h"
#include "verifier/challenge.h"
#include "verifier/service.h"

namespace seaworthy::verifier {

inline constexpr const char* kNamespace = "seaworthy-system";

inline Result<api::ObjectMeta> parse_metadata(const codec::Json& object) {
  auto fields = TRY(codec::Fields::of(object, ""));
  return api::parse_meta(fields);
}

class VerifierRig {
 public:
  VerifierRig() {
    codec::Json roots = api::object_header("v1", "ConfigMap", "roots", kNamespace);
    roots["data"] = {{"ca.pem", tpm_.anchors().front().certificate.to_pem()}};
    server_.put(kube::kConfigMaps, roots);
    for (const char* name : {"n1", "n2"}) {
      server_.put(kube::kNodes, api::object_header("v1", "Node", name));
      add_token(name, std::string("token-") + name);
    }
    set_policy("CertifiedTPM");
    allow_files({"/usr/lib/systemd/systemd", "/usr/bin/kubelet"});
    for (kube::InformerBase* informer : std::initializer_list<kube::InformerBase*>{
             &policies_, &sets_, &config_maps_, &nodes_, &records_}) {
      informer->start();
      EXPECT_TRUE(informer->wait_for_sync(seconds(10), {}));
    }
  }

  // The informers' handlers use what is destroyed before them.
  ~VerifierRig() {
    for (kube::InformerBase* informer : std::initializer_list<kube::InformerBase*>{
             &policies_, &sets_, &config_maps_, &nodes_, &records_}) {
      informer->stop();
    }
  }

  NodeUid uid(const std::string& node) const {
    return NodeUid(kube::uid_of(*server_.find(kube::kNodes, kube::cluster_key(node))));
  }

  void add_token(const std::string& node, const std::string& token,
                 const std::string& account = "seaworthy-agent") {
    kube::TokenIdentity who;
    who.user = "system:serviceaccount:seaworthy-system:" + account;
    who.extra = {{"authentication.kubernetes.io/node-name", {node}},
                 {"authentication.kubernetes.io/node-uid", {uid(node).str()}},
                 {"authentication.kubernetes.io/pod-uid", {"pod-on-" + node}}};
    server_.add_token(token, api::kAgentAudience, who);
  }

  // With these members of spec.identity set or replaced.
  void set_policy(const std::string& enrolment,
                  const codec::Json& identity = codec::Json::object()) {
    codec::Json policy = api::object_header(api::kGroupVersion, "AttestationPolicy", "production");
    policy["spec"] = {
        {"workloads", {{"namespaces", {"payments"}}}},
        {"identity",
         {{"enrolment", enrolment},
          {"trustAnchors", {{{"configMap", {{"name", "roots"}, {"key", "ca.pem"}}}}}}}},
        {"evidence",
         {{"secureBoot", "Required"},
          {"boot", "Any"},
          {"runtime",
           {{"ima", "Required"}, {"referenceValues", {"files"}}, {"unknownFiles", "Violated"}}}}},
        {"freshness", {{"intervalSeconds", 30}, {"maxAgeSeconds", 120}}},
        {"enforcement", {{"mode", "Enforce"}}}};
    policy["spec"]["identity"].update(identity);
    server_.put(kube::kAttestationPolicies, policy);
  }

  void allow_files(const std::vector<std::string>& paths) {
    codec::Json set = api::object_header(api::kGroupVersion, "ReferenceValueSet", "files");
    for (const std::string& path : paths) {
      set["spec"]["files"].push_back(
          {{"sha256", codec::to_hex(testing::EvidenceBuilder::file_digest(path).bytes())}});
    }
    server_.put(kube::kReferenceValueSets, set);
  }

  // The boots of testing::uki_boot() in a set of their own; with it, the policy that demands them.
  void demand_unified_kernel(const codec::Json& more = codec::Json::object()) {
    const auto digest = [](std::string_view of) {
      return codec::to_hex(crypto::sha256(as_bytes(of)).bytes());
    };
    codec::Json set = api::object_header(api::kGroupVersion, "ReferenceValueSet", "uki");
    set["spec"] = more;
    set["spec"]["boot"] = {{"applications", {digest("systemd-boot 255")}},
                           {"unifiedKernels", {digest("uki 6.1")}},
                           {"commandLines", {testing::kUkiCommandLine}}};
    server_.put(kube::kReferenceValueSets, set);
    codec::Json policy = *server_.find(kube::kAttestationPolicies, kube::cluster_key("production"));
    policy["spec"]["evidence"]["boot"] = "ReferenceValues";
    policy["spec"]["evidence"]["referenceValues"] = {"uki"};
    server_.put(kube::kAttestationPolicies, policy);
    ASSERT_TRUE(eventually([&] {
      const auto views = view_.current();
      return !views->empty() && views->front()->compiled->needs_userspace_pcrs();
    }));
  }

  // Waits until the caches show what was put; bounded, on the real clock.
  template <class Predicate>
  bool eventually(const Predicate& holds) {
    for (int i = 0; i < 500; ++i) {
      if (holds()) {
        return true;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  struct Reply {
    int status = 0;
    codec::Json body;
    std::string code() const { return body.at("error").at("code"); }
  };
  Reply post(const std::string& path, const codec::Json& body, const std::string& token) {
    http::Request request;
    request.method = "POST";
    request.target = path;
    if (!token.empty()) {
      request.headers.set("Authorization", "Bearer " + token);
    }
    request.body = codec::to_json_text(body);
    const http::Response response = replica->handle(request, {});
    auto parsed = codec::parse_json(response.body, {.max_bytes = 10'000'000});
    EXPECT_TRUE(parsed) << response.body;
    return {response.status, parsed ? *parsed : codec::Json()};
  }

  // The same each time: certificates are signed anew whenever they are made.
  api::EnrolRequest keys(const testing::TestTpm& tpm) {
    const auto [at, made] = keys_.try_emplace(&tpm);
    if (made) {
      at->second = {tpm.ek_certificates(), tpm.ek_public(), tpm.ak_public()};
    }
    return at->second;
  }

  // Both steps, as an agent whose TPM opens the credential: the rig knows the secret.
  Reply enrol(const testing::TestTpm& tpm, const std::string& token) {
    const Reply begun = post("/v1/enrol", api::to_json(keys(tpm)), token);
    if (begun.status != 200) {
      return begun;
    }
    const auto response = *api::parse_enrol_response(codec::to_json_text(begun.body));
    const Bytes secret = context_.sessions.secret(response.session);
    return post(
        "/v1/enrol/activate",
        api::to_json(api::ActivateRequest{
            response.session, EnrolmentSessions::proof(secret, response.session), keys(tpm)}),
        token);
  }

  void expect_enrolled(const testing::TestTpm& tpm, const std::string& node) {
    const Reply reply = enrol(tpm, "token-" + node);
    ASSERT_EQ(reply.status, 200) << reply.body.dump();
    ASSERT_EQ(reply.body.at("state"), "Enrolled");
    ASSERT_TRUE(eventually([&] {
      const auto record = records_.find(node);
      return record && record->value && record->value->identity && !record->value->ek_hash.empty();
    }));
  }

  api::ChallengeMessage challenge(const std::string& token) {
    const Reply reply = post("/v1/challenge", codec::Json::object(), token);
    EXPECT_EQ(reply.status, 200) << reply.body.dump();
    return *api::parse_challenge(codec::to_json_text(reply.body));
  }

  // What the builder's machine answers to this challenge.
  api::AttestRequest answer(testing::EvidenceBuilder& builder, const api::ChallengeMessage& asked,
                            const std::string& token) {
    const Bytes ak_name = builder.ak().name();
    builder.selection = required_selection(
        asked.selection.at(0).pcrs.size() == 16 ? Selection::kWithUserspace : Selection::kUsual);
    const crypto::Digest channel = crypto::sha256(as_bytes(token));
    const crypto::Digest extra = tpm::qualifying_data({.nonces = {asked.nonce},
                                                       .node_uid = asked.node_uid,
                                                       .ak_name = ak_name,
                                                       .channel = channel.bytes(),
                                                       .selection = builder.selection});
    builder.clock.clock += 1000;
    builder.edit_quote = [extra, edit = edit_quote](tpm::Quote& quote) {
      quote.extra_data = to_bytes(extra.bytes());
      if (edit) {
        edit(quote);
      }
    };
    const testing::Evidence evidence = builder.build();
    api::AttestRequest request;
    request.nonce = asked.nonce;
    request.attested = evidence.attested;
    request.signature = evidence.signature;
    request.pcrs = evidence.pcrs;
    request.boot_log_digest = evidence.boot_log_digest_hex;
    request.boot_log = evidence.boot_log;
    request.userspace_log = evidence.userspace_log;
    request.ima = api::AttestRequest::Ima{0, *evidence.ima};
    return request;
  }

  Reply attest(testing::EvidenceBuilder& builder, const std::string& token) {
    return post("/v1/attest", api::to_json(answer(builder, challenge(token), token)), token);
  }

  std::optional<api::NodeAttestation> record(const std::string& node) const {
    const auto object = server_.find(kube::kNodeAttestations, kube::cluster_key(node));
    return object ? std::optional(*api::parse_node_attestation(*object)) : std::nullopt;
  }

  std::function<void(tpm::Quote&)> edit_quote;  // a lie inside the signed quote

  std::map<const testing::TestTpm*, api::EnrolRequest> keys_;
  testing::TestTpm tpm_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = server_.client();
  kube::Informer<api::AttestationPolicy> policies_{
      *client_, kube::kAttestationPolicies, {}, api::parse_policy, clock_, random_};
  kube::Informer<api::ReferenceValueSet> sets_{
      *client_, kube::kReferenceValueSets, {}, api::parse_reference_values, clock_, random_};
  kube::Informer<ConfigMapData> config_maps_{
      *client_, kube::kConfigMaps, {.namespace_ = kNamespace}, parse_config_map, clock_, random_};
  kube::Informer<api::ObjectMeta> nodes_{
      *client_,       kube::kNodes, {.content = kube::Content::kMetadataOnly},
      parse_metadata, clock_,       random_};
  kube::Informer<api::NodeAttestation> records_{
      *client_, kube::kNodeAttestations, {}, api::parse_node_attestation, clock_, random_};
  ClusterView view_{policies_, sets_, config_maps_, kNamespace};
  NodeStates states_;
  ClaimIndex claims_;
  ResultSigner signer_{"seaworthy-operator", random_};
  kube::EventRecorder events_{*client_, {.instance = "test"}, clock_};
  Context context_{clock_,
                   random_,
                   *client_,
                   nodes_,
                   records_,
                   view_,
                   states_,
                   claims_,
                   signer_,
                   events_,
                   crypto::SealKey::generate(random_),
                   "test",
                   [](const std::string& problem) { ADD_FAILURE() << problem; }};
  CallerAuthenticator callers_{
      *client_,
      clock_,
      {api::kAgentAudience, "system:serviceaccount:seaworthy-system:seaworthy-agent"}};
  EvidenceReaders readers_{*client_,
                           "system:serviceaccount:seaworthy-system:seaworthy-evidence-reader"};
  RateLimit limit_{clock_, {.per_second = 1000, .burst = 1000}};
  MayJudge may_judge = [] { return Result<void>(); };
  Service service_{context_,
                   callers_,
                   readers_,
                   limit_,
                   [](std::string_view, std::string_view) {},
                   [this] { return may_judge(); }};
  Service* replica = &service_;  // who gets what is posted

  // Another replica: the same key, another memory.
  NodeStates other_states_;
  Context other_context_{clock_,
                         random_,
                         *client_,
                         nodes_,
                         records_,
                         view_,
                         other_states_,
                         claims_,
                         signer_,
                         events_,
                         context_.key,
                         "test",
                         [](const std::string& problem) { ADD_FAILURE() << problem; }};
  Service other_{other_context_,
                 callers_,
                 readers_,
                 limit_,
                 [](std::string_view, std::string_view) {},
                 [this] { return may_judge(); }};
  bool wired_ = [this] {
    policies_.add_handler([this](const auto&, const auto&, const auto&) { view_.invalidate(); });
    sets_.add_handler([this](const auto&, const auto&, const auto&) { view_.invalidate(); });
    config_maps_.add_handler([this](const auto&, const auto&, const auto&) { view_.invalidate(); });
    records_.add_handler([this](const kube::ObjectKey& key, const auto&, const auto& now) {
      claims_.update(NodeName(key.name), now && now->value ? &*now->value : nullptr);
    });
    return true;
  }();
};

}  // namespace seaworthy::verifier

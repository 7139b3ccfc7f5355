// A small cluster as admission sees it: objects as the API server serves them, results that were
// really signed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "admission/book.h"
#include "codec/json.h"
#include "token/ear.h"
#include "token/test_signer.h"

namespace seaworthy::testing {

using codec::Json;

inline const Time kNow = Time::from_unix(seconds(1'800'000'000));

inline Json parsed(std::string_view text) {
  auto json = codec::parse_json(text, {.max_bytes = 16 << 20});
  SEAWORTHY_CHECK(json.has_value());
  return *std::move(json);
}

inline Json policy_object(const std::string& name, const std::vector<std::string>& namespaces,
                          const std::string& mode = "Enforce") {
  Json out = parsed(R"({"apiVersion": "seaworthy.dev/v1alpha1", "kind": "AttestationPolicy",
      "spec": {"identity": {"trustAnchors": [{"configMap": {"name": "roots", "key": "a.pem"}}]},
               "evidence": {"boot": "Any", "runtime": {"ima": "Ignored"}}}})");
  out["metadata"]["name"] = name;
  out["metadata"]["uid"] = "uid-" + name;
  out["spec"]["workloads"]["namespaces"] = namespaces;
  out["spec"]["enforcement"]["mode"] = mode;
  return out;
}

// What a verifier says about node "n1" with UID "uid-n1".
inline token::EarClaims claims_of(const TestSigner& signer,
                                  std::vector<token::PolicyResult> policies) {
  token::EarClaims out;
  out.verifier = signer.jwk().verifier;
  out.build = "test";
  out.id = "1";
  out.issued = kNow;
  out.expires = kNow + seconds(120);
  out.node = NodeName("n1");
  out.node_uid = NodeUid("uid-n1");
  out.ak_name = "000b" + std::string(64, 'a');
  out.ak_spki = signer.jwk().key.to_spki_der();
  out.policies = std::move(policies);
  return out;
}

inline token::PolicyResult result_of(const std::string& policy, api::Verdict verdict) {
  return {PolicyName(policy), "uid-" + policy, 1, verdict, kNow + seconds(120), {}};
}

inline std::string ear_of(const token::EarClaims& claims, const TestSigner& signer) {
  auto token = token::sign_ear(claims, signer);
  SEAWORTHY_CHECK(token.has_value());
  return *std::move(token);
}

// verifier → EAR, as a NodeAttestation.
inline Json attestation_object(const std::string& node,
                               const std::map<std::string, std::string>& results) {
  Json out = Json::object();
  out["metadata"]["name"] = node;
  out["status"]["results"] = Json::array();
  for (const auto& [verifier, ear] : results) {
    Json item = Json::object();
    item["verifier"] = verifier;
    item["ear"] = ear;
    out["status"]["results"].push_back(std::move(item));
  }
  return out;
}

inline std::map<std::string, std::string> jwks_of(const std::vector<const TestSigner*>& signers,
                                                  Time not_after = kNow + seconds(3600)) {
  std::map<std::string, std::string> out;
  for (const TestSigner* signer : signers) {
    token::Jwk jwk = signer->jwk();
    jwk.not_after = not_after;
    out[jwk.key_id] = token::to_jwk_text(jwk);
  }
  return out;
}

// Policy "production" governs "payments"; node n1 has the given verdict under it.
struct World {
  explicit World(api::Verdict verdict = api::Verdict::kTrusted,
                 const std::string& mode = "Enforce") {
    book.put_keys(jwks_of({&signer}), kNow);
    book.put_policy(policy_object("production", {"payments"}, mode));
    book.put_node("n1", "uid-n1");
    attest({result_of("production", verdict)});
  }
  void attest(std::vector<token::PolicyResult> policies) {
    attest(claims_of(signer, std::move(policies)));
  }
  void attest(const token::EarClaims& claims) {
    book.put_attestation(
        attestation_object("n1", {{signer.jwk().verifier, ear_of(claims, signer)}}), kNow);
  }

  TestSigner signer;
  admission::Book book;
};

}  // namespace seaworthy::testing

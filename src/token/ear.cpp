#include "token/ear.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "codec/base64.h"
#include "codec/fields.h"
#include "codec/json.h"

namespace seaworthy::token {
namespace {

using codec::Fields;
using codec::Json;

// ---- Names ---------------------------------------------------------------------------

// What stands under two names, that of 2023 and that of 2026; both values are the same but for the
// policy, which became a list.
constexpr std::string_view kVerifierId = "ear.verifier-id";
constexpr std::string_view kVerifierId26 = "ear_verifier_id";
constexpr std::string_view kStatus = "ear.status";
constexpr std::string_view kStatus26 = "ear_status";
constexpr std::string_view kVector = "ear.trustworthiness-vector";
constexpr std::string_view kVector26 = "ear_trustworthiness_vector";
constexpr std::string_view kPolicyId = "ear.appraisal-policy-id";
constexpr std::string_view kPolicyIds26 = "ear_appraisal_policy_ids";
constexpr std::string_view kKeyAttestation = "ear.veraison.key-attestation";
constexpr std::string_view kKeyAttestation26 = "ear_veraison_key_attestation";
// Our own claims have one name.
constexpr std::string_view kNode = "seaworthy.dev/node";
constexpr std::string_view kResult = "seaworthy.dev/result";

constexpr std::string_view kDeveloper = "https://seaworthy.dev";

// ---- Bounds --------------------------------------------------------------------------

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxId = 128;
constexpr std::size_t kMaxBuild = 128;
constexpr std::size_t kMaxAkName = 2 * (2 + 64);
constexpr std::size_t kMaxSpki = 1024;
constexpr std::int64_t kMaxUnixSeconds = 253'402'300'799;  // the end of year 9999
constexpr codec::JsonLimits kPayloadLimits = {
    .max_bytes = kMaxJwsBytes, .max_depth = 12, .max_values = 20'000};

std::int64_t unix_seconds(Time time) {
  return time.unix_seconds().count();
}

// ---- Verdicts as the draft says them ---------------------------------------------------

// "none" is not good: it says that there is no answer.
std::string_view status_of(api::Verdict verdict) {
  switch (verdict) {
    case api::Verdict::kTrusted:
      return "affirming";
    case api::Verdict::kViolated:
      return "contraindicated";
    case api::Verdict::kStale:
    case api::Verdict::kUnknown:
      break;
  }
  return "none";
}

// The worst of all submodules.
std::string_view overall_status(const std::vector<PolicyResult>& policies) {
  std::string_view worst = "affirming";
  for (const PolicyResult& policy : policies) {
    const std::string_view status = status_of(policy.verdict);
    if (status == "contraindicated" || (status == "none" && worst == "affirming")) {
      worst = status;
    }
  }
  return worst;
}

// AR4SI. The only claim made of every appraised node is that it is the instance enrolled; which
// other one a violation contradicts, the findings say better.
Json vector_of(api::Verdict verdict) {
  const bool appraised = verdict == api::Verdict::kTrusted || verdict == api::Verdict::kViolated;
  return {{"instance-identity", appraised ? 2 : 0}};
}

std::string policy_id(const PolicyResult& policy) {
  return "urn:seaworthy:policy:" + policy.policy.str() + ":" + policy.policy_uid + ":" +
         std::to_string(policy.policy_generation);
}

// ---- Writing -------------------------------------------------------------------------

// The same value under both names.
void put(Json& object, std::string_view name, std::string_view name26, const Json& value) {
  object[std::string(name)] = value;
  object[std::string(name26)] = value;
}

Json to_json(const PolicyResult& policy, const EarClaims& claims) {
  Json out = Json::object();
  put(out, kStatus, kStatus26, std::string(status_of(policy.verdict)));
  put(out, kVector, kVector26, vector_of(policy.verdict));
  out[std::string(kPolicyId)] = policy_id(policy);
  out[std::string(kPolicyIds26)] = Json::array({policy_id(policy)});
  put(out, kKeyAttestation, kKeyAttestation26, {{"akpub", codec::to_base64url(claims.ak_spki)}});

  Json result = {{"verdict", std::string(api::name(policy.verdict))},
                 {"policyUID", policy.policy_uid},
                 {"policyGeneration", policy.policy_generation}};
  if (policy.expires) {
    result["expires"] = unix_seconds(*policy.expires);
  }
  if (!policy.boot_set.empty()) {
    result["referenceValues"] = policy.boot_set;
  }
  const std::size_t shown = std::min(policy.findings.size(), api::kMaxFindingsShown);
  if (shown > 0) {
    Json findings = Json::array();
    for (std::size_t i = 0; i < shown; ++i) {
      findings.push_back(api::to_json(policy.findings[i]));
    }
    result["findings"] = std::move(findings);
  }
  out[std::string(kResult)] = std::move(result);
  return out;
}

Json to_json(const EarClaims& claims) {
  Json out = {{"eat_profile", std::string(kEarProfile)},
              {"iss", std::string(kEarIssuerPrefix) + claims.verifier},
              {"iat", unix_seconds(claims.issued)},
              {"exp", unix_seconds(claims.expires)},
              {"jti", claims.id},
              {std::string(kStatus26), std::string(overall_status(claims.policies))}};
  put(out, kVerifierId, kVerifierId26,
      {{"build", claims.build}, {"developer", std::string(kDeveloper)}});
  out[std::string(kNode)] = {
      {"name", claims.node.str()}, {"uid", claims.node_uid.str()}, {"akName", claims.ak_name}};
  Json submods = Json::object();
  for (const PolicyResult& policy : claims.policies) {
    submods[policy.policy.str()] = to_json(policy, claims);
  }
  out["submods"] = std::move(submods);
  return out;
}

bool fits(const std::string& text, std::size_t max) {
  return !text.empty() && text.size() <= max;
}

// What holds for claims of ours, written or read.
Result<void> check(const EarClaims& claims) {
  const auto wrong = [](std::string_view why) { return malformed("EAR: " + std::string(why)); };
  if (!fits(claims.verifier, kMaxName) || !fits(claims.build, kMaxBuild) ||
      !fits(claims.id, kMaxId) || !fits(claims.node.str(), kMaxName) ||
      !fits(claims.node_uid.str(), kMaxId) || !fits(claims.ak_name, kMaxAkName) ||
      claims.ak_spki.empty() || claims.ak_spki.size() > kMaxSpki) {
    return wrong("verifier, build, id, node, node UID, AK name or AK is empty or too long");
  }
  if (unix_seconds(claims.expires) <= unix_seconds(claims.issued)) {
    return wrong("it would expire before it is issued");
  }
  if (claims.policies.empty() || claims.policies.size() > kMaxPoliciesPerEar) {
    return wrong("expected results for 1 to 32 policies");
  }
  std::set<PolicyName> seen;
  for (const PolicyResult& policy : claims.policies) {
    if (!fits(policy.policy.str(), kMaxName) || !fits(policy.policy_uid, kMaxId) ||
        policy.policy_generation < 0 || !seen.insert(policy.policy).second) {
      return wrong("a policy has no name or no UID, or is there twice");
    }
    if (policy.verdict == api::Verdict::kTrusted && !policy.expires) {
      return wrong("a Trusted verdict without expiry would hold for ever");
    }
  }
  return {};
}

// ---- Reading -------------------------------------------------------------------------

Error denied(std::string message) {
  return {ErrorCode::kDenied, std::move(message)};
}

// the claim under both names, or an error if they are not there or differ.
Result<const Json*> twice(const Fields& fields, std::string_view name, std::string_view name26) {
  const auto first = fields.json().find(name);
  const auto second = fields.json().find(name26);
  if (first == fields.json().end() || second == fields.json().end()) {
    return fields.malformed_at(first == fields.json().end() ? name : name26, "is missing");
  }
  if (*first != *second) {
    return denied(fields.path_of(name) + " and " + fields.path_of(name26) +
                  " contradict each other");
  }
  return &*first;
}

Result<void> expect_text(const Json& value, std::string_view expected, const std::string& where) {
  if (!value.is_string() || value.get_ref<const std::string&>() != expected) {
    return denied(where + " contradicts the verdict in " + std::string(kResult));
  }
  return {};
}

Result<Time> read_time(Fields& fields, std::string_view name) {
  return Time::from_unix(seconds(TRY(fields.integer(name, 0, kMaxUnixSeconds))));
}

Result<PolicyResult> read_result(Fields& submod, const std::string& label) {
  Fields fields = TRY(submod.object(kResult));
  PolicyResult out;
  out.policy = PolicyName(label);
  const std::string verdict = TRY(fields.text("verdict", 16));
  const auto known = api::verdict_named(verdict);
  if (!known) {
    return fields.malformed_at("verdict", "is none of Trusted, Violated, Stale, Unknown");
  }
  out.verdict = *known;
  out.policy_uid = TRY(fields.text("policyUID", kMaxId));
  out.policy_generation =
      TRY(fields.integer("policyGeneration", 0, std::numeric_limits<std::int64_t>::max()));
  if (fields.has("expires")) {
    out.expires = TRY(read_time(fields, "expires"));
  }
  out.boot_set = TRY(fields.maybe_text("referenceValues", kMaxName)).value_or("");
  for (Fields& finding : TRY(fields.objects("findings", api::kMaxFindingsShown))) {
    out.findings.push_back(TRY(api::parse_finding(finding)));
  }
  return out;
}

// What the draft's names say has to be what our own claims say.
Result<PolicyResult> read_submod(Fields& submod, const std::string& label, Bytes& ak_spki) {
  PolicyResult out = TRY(read_result(submod, label));
  const Json* const status = TRY(twice(submod, kStatus, kStatus26));
  TRY(expect_text(*status, status_of(out.verdict), submod.path_of(kStatus)));
  TRY(twice(submod, kVector, kVector26));

  const auto id = submod.json().find(kPolicyId);
  const auto ids = submod.json().find(kPolicyIds26);
  if (id == submod.json().end() || *id != policy_id(out) || ids == submod.json().end() ||
      *ids != Json::array({policy_id(out)})) {
    return denied(submod.path_of(kPolicyId) + " or " + submod.path_of(kPolicyIds26) +
                  " contradicts " + std::string(kResult));
  }

  TRY(twice(submod, kKeyAttestation, kKeyAttestation26));
  Fields key = TRY(submod.object(kKeyAttestation));
  const std::string encoded = TRY(key.text("akpub", 2 * kMaxSpki));
  const Bytes spki = TRY(codec::from_base64url(encoded));
  if (!ak_spki.empty() && ak_spki != spki) {
    return denied(key.path_of("akpub") + " is another key than that of another submodule");
  }
  ak_spki = spki;
  return out;
}

Result<EarClaims> read_claims(std::string_view payload) {
  const Json json = TRY(codec::parse_json(payload, kPayloadLimits));
  Fields fields = TRY(Fields::of(json, ""));
  if (TRY(fields.text("eat_profile", 128)) != kEarProfile) {
    return fields.malformed_at("eat_profile", "is not " + std::string(kEarProfile));
  }
  // A token with an audience is a credential for somebody, and not a result.
  if (fields.has("aud")) {
    return fields.malformed_at("aud", "has no place in an attestation result");
  }
  EarClaims out;
  const std::string issuer = TRY(fields.text("iss", kEarIssuerPrefix.size() + kMaxName));
  if (issuer.rfind(kEarIssuerPrefix, 0) != 0) {
    return fields.malformed_at("iss", "does not begin with " + std::string(kEarIssuerPrefix));
  }
  out.verifier = issuer.substr(kEarIssuerPrefix.size());
  out.issued = TRY(read_time(fields, "iat"));
  out.expires = TRY(read_time(fields, "exp"));  // required: A-157
  out.id = TRY(fields.text("jti", kMaxId));
  TRY(twice(fields, kVerifierId, kVerifierId26));
  Fields verifier = TRY(fields.object(kVerifierId));
  out.build = TRY(verifier.text("build", kMaxBuild));
  Fields node = TRY(fields.object(kNode));
  out.node = NodeName(TRY(node.text("name", kMaxName)));
  out.node_uid = NodeUid(TRY(node.text("uid", kMaxId)));
  out.ak_name = TRY(node.text("akName", kMaxAkName));

  const Fields submods = TRY(fields.object("submods"));
  if (submods.json().size() > kMaxPoliciesPerEar) {
    return fields.malformed_at("submods", "has more than 32 members");
  }
  for (const auto& [label, submod] : submods.json().items()) {
    Fields at = TRY(Fields::of(submod, submods.path_of(label)));
    out.policies.push_back(TRY(read_submod(at, label, out.ak_spki)));
  }
  TRY(check(out));
  const auto overall = json.find(kStatus26);
  if (overall == json.end()) {
    return fields.malformed_at(kStatus26, "is missing");
  }
  TRY(expect_text(*overall, overall_status(out.policies), std::string(kStatus26)));
  return out;
}

}  // namespace

Result<std::string> sign_ear(const EarClaims& claims, const Signer& signer) {
  TRY(check(claims));
  return sign_jws(signer, kEarType, as_bytes(codec::to_json_text(to_json(claims))));
}

const PolicyResult* VerifiedEar::find(const PolicyName& policy) const {
  const auto found =
      std::find_if(claims_.policies.begin(), claims_.policies.end(),
                   [&](const PolicyResult& result) { return result.policy == policy; });
  return found == claims_.policies.end() ? nullptr : &*found;
}

Result<VerifiedEar> verify_ear(std::string_view text, const KeySet& keys, Time now) {
  const VerifiedJws jws = TRY(verify_jws(text, kEarType, keys));
  if (jws.key.not_after && now > *jws.key.not_after) {
    return denied("EAR: its key " + jws.key.key_id + " was to be believed until " +
                  jws.key.not_after->rfc3339());
  }
  auto claims = read_claims(as_text(jws.payload));
  if (!claims) {
    return std::move(claims).error().in("EAR");
  }
  if (claims->verifier != jws.key.verifier) {
    return denied("EAR: says it is by " + claims->verifier + ", and the key belongs to " +
                  (jws.key.verifier.empty() ? "nobody" : jws.key.verifier));
  }
  if (claims->issued > now + kMaxClockSkew) {
    return denied("EAR: issued at " + claims->issued.rfc3339() + ", and it is " + now.rfc3339() +
                  ": check the clocks");
  }
  if (claims->expires <= now) {
    return denied("EAR: expired at " + claims->expires.rfc3339());
  }
  return VerifiedEar(*std::move(claims), jws.key.key_id);
}

Result<EarClaims> untrusted_ear(std::string_view text) {
  const UntrustedJws jws = TRY(untrusted_jws(text));
  if (jws.type != kEarType) {
    return malformed("EAR: a token of type \"" + jws.type + "\", not \"" + std::string(kEarType) +
                     "\"");
  }
  auto claims = read_claims(as_text(jws.payload));
  if (!claims) {
    return std::move(claims).error().in("EAR");
  }
  return claims;
}

}  // namespace seaworthy::token

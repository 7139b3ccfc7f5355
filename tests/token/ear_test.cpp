#include "token/ear.h"

#include <gtest/gtest.h>

#include <functional>

#include "codec/base64.h"
#include "codec/json.h"
#include "token/test_signer.h"

namespace seaworthy::token {
namespace {

using codec::Json;
using testing::TestSigner;

const Time kNow = Time::from_unix(seconds(1'800'000'000));

const TestSigner& signer() {
  static const TestSigner made;
  return made;
}

EarClaims claims() {
  EarClaims out;
  out.verifier = "seaworthy-operator";
  out.build = "seaworthy 0.1.0";
  out.id = "b0c7f1e2";
  out.issued = kNow;
  out.expires = kNow + seconds(120);
  out.node = NodeName("n1");
  out.node_uid = NodeUid("8f5f0c9e-7a0e-4b43-9d57-6f1f0e1f7c11");
  out.ak_name = "000b" + std::string(64, 'a');
  out.ak_spki = signer().jwk().key.to_spki_der();
  out.policies = {{PolicyName("edge"),
                   "uid-edge",
                   7,
                   api::Verdict::kViolated,
                   kNow + seconds(60),
                   {{"FileUnknown", "/usr/bin/nc", "is in no reference set"}}},
                  {PolicyName("production"),
                   "uid-production",
                   3,
                   api::Verdict::kTrusted,
                   kNow + seconds(120),
                   {}}};
  return out;
}

Json payload_of(const std::string& token) {
  const std::size_t first = token.find('.') + 1;
  const Bytes bytes =
      *codec::from_base64url(std::string_view(token).substr(first, token.rfind('.') - first));
  return *codec::parse_json(as_text(bytes), {.max_bytes = kMaxJwsBytes});
}
Json good_payload() {
  return payload_of(*sign_ear(claims(), signer()));
}

Result<VerifiedEar> verify_payload(const Json& payload, std::string_view type = kEarType) {
  const auto token = sign_jws(signer(), type, as_bytes(codec::to_json_text(payload)));
  return verify_ear(*token, signer().as_set(), kNow);
}

TEST(Ear, SaysWhatWasSigned) {
  const auto token = sign_ear(claims(), signer());
  ASSERT_TRUE(token) << token.error().message();
  const auto ear = verify_ear(*token, signer().as_set(), kNow);
  ASSERT_TRUE(ear) << ear.error().message();
  EXPECT_EQ(ear->claims(), claims());
  EXPECT_EQ(ear->key_id(), signer().key_id());
  ASSERT_NE(ear->find(PolicyName("production")), nullptr);
  EXPECT_EQ(ear->find(PolicyName("production"))->verdict, api::Verdict::kTrusted);
  EXPECT_EQ(ear->find(PolicyName("other")), nullptr);
}

// Form B of the table of libraries that were tried: the profile of 2023, both sets of names.
TEST(Ear, WritesTheNamesOf2023AndOf2026) {
  const Json p = good_payload();
  EXPECT_EQ(p["eat_profile"], "tag:github.com,2023:veraison/ear");
  EXPECT_EQ(p["iss"], "seaworthy.dev/verifiers/seaworthy-operator");
  EXPECT_EQ(p["ear.verifier-id"], p["ear_verifier_id"]);
  EXPECT_EQ(p["ear.verifier-id"]["build"], "seaworthy 0.1.0");
  EXPECT_EQ(p["ear_status"], "contraindicated");
  const Json& edge = p["submods"]["edge"];
  EXPECT_EQ(edge["ear.status"], "contraindicated");
  EXPECT_EQ(edge["ear_status"], "contraindicated");
  EXPECT_EQ(edge["ear.appraisal-policy-id"], "urn:seaworthy:policy:edge:uid-edge:7");
  EXPECT_EQ(edge["ear_appraisal_policy_ids"], Json::array({edge["ear.appraisal-policy-id"]}));
  const Json& production = p["submods"]["production"];
  EXPECT_EQ(production["ear.status"], "affirming");
  EXPECT_EQ(production["ear.trustworthiness-vector"], production["ear_trustworthiness_vector"]);
  EXPECT_EQ(production["ear.veraison.key-attestation"]["akpub"],
            codec::to_base64url(claims().ak_spki));
}

TEST(Ear, StaleAndUnknownAreNoAnswerAndNeverAffirming) {
  EarClaims c = claims();
  c.policies.resize(1);
  for (const api::Verdict verdict : {api::Verdict::kStale, api::Verdict::kUnknown}) {
    c.policies[0].verdict = verdict;
    const auto token = sign_ear(c, signer());
    ASSERT_TRUE(token);
    EXPECT_EQ(payload_of(*token)["ear_status"], "none");
    EXPECT_EQ(payload_of(*token)["submods"]["edge"]["ear.status"], "none");
    EXPECT_TRUE(verify_ear(*token, signer().as_set(), kNow));
  }
}

TEST(Ear, A160_CarriesNoAudienceAndATypeOfItsOwn) {
  EXPECT_FALSE(good_payload().contains("aud"));
  const std::string token = *sign_ear(claims(), signer());
  const Bytes header = *codec::from_base64url(token.substr(0, token.find('.')));
  EXPECT_NE(as_text(header).find(R"("typ":"eat+jwt")"), std::string_view::npos);
}

TEST(Ear, ALongFindingIsCutAndOnlySixteenAreWritten) {
  EarClaims c = claims();
  c.policies[0].findings.assign(40,
                                {"FileUnknown", std::string(2000, 'p'), std::string(5000, 'm')});
  const auto token = sign_ear(c, signer());
  ASSERT_TRUE(token) << token.error().message();
  const auto ear = verify_ear(*token, signer().as_set(), kNow);
  ASSERT_TRUE(ear) << ear.error().message();
  EXPECT_EQ(ear->claims().policies[0].findings.size(), api::kMaxFindingsShown);
  EXPECT_EQ(ear->claims().policies[0].findings[0].message.size(), 1024u);
}

TEST(Ear, FractionsOfSecondsAreCutAndNeverLengthenIt) {
  EarClaims c = claims();
  c.expires = kNow + milliseconds(1'999);
  const auto token = sign_ear(c, signer());
  ASSERT_TRUE(token);
  EXPECT_EQ(payload_of(*token)["exp"], (kNow + seconds(1)).unix_seconds().count());
  EXPECT_FALSE(verify_ear(*token, signer().as_set(), kNow + seconds(1)));
}

TEST(Ear, ExpiresAndIsNotOfTheFuture) {
  const std::string token = *sign_ear(claims(), signer());
  const KeySet keys = signer().as_set();
  EXPECT_TRUE(verify_ear(token, keys, kNow + milliseconds(119'999)));
  const auto late = verify_ear(token, keys, kNow + seconds(120));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kDenied);
  EXPECT_NE(late.error().message().find("expired"), std::string::npos);
  EXPECT_TRUE(verify_ear(token, keys, kNow - kMaxClockSkew));
  EXPECT_FALSE(verify_ear(token, keys, kNow - kMaxClockSkew - milliseconds(1)));
}

TEST(Ear, AKeyIsBelievedUntilItsOwnExpiryAndForItsOwnVerifier) {
  const std::string token = *sign_ear(claims(), signer());
  Jwk key = signer().jwk();
  const auto keys = [](const Jwk& only) {
    KeySet set;
    EXPECT_TRUE(set.add(only));
    return set;
  };
  key.not_after = kNow;
  EXPECT_TRUE(verify_ear(token, keys(key), kNow));
  EXPECT_FALSE(verify_ear(token, keys(key), kNow + milliseconds(1)));
  key.not_after.reset();
  for (const char* verifier : {"another-operator", ""}) {
    key.verifier = verifier;
    const auto outcome = verify_ear(token, keys(key), kNow);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kDenied);
  }
}

TEST(Ear, RefusesToSignClaimsThatAreNoAnswer) {
  const std::function<void(EarClaims&)> changes[] = {
      [](EarClaims& c) { c.policies.clear(); },
      [](EarClaims& c) { c.policies.push_back(c.policies[0]); },
      [](EarClaims& c) { c.policies.resize(kMaxPoliciesPerEar + 1, c.policies[0]); },
      [](EarClaims& c) { c.policies[1].expires.reset(); },
      [](EarClaims& c) { c.policies[1].policy_uid.clear(); },
      [](EarClaims& c) { c.policies[1].policy_generation = -1; },
      [](EarClaims& c) { c.expires = c.issued; },
      [](EarClaims& c) { c.node = NodeName(); },
      [](EarClaims& c) { c.node_uid = NodeUid(); },
      [](EarClaims& c) { c.verifier.clear(); },
      [](EarClaims& c) { c.id = std::string(129, 'i'); },
      [](EarClaims& c) { c.ak_name.clear(); },
      [](EarClaims& c) { c.ak_spki.clear(); },
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    EarClaims c = claims();
    changes[i](c);
    EXPECT_FALSE(sign_ear(c, signer())) << i;
  }
  EarClaims most = claims();
  most.policies.clear();
  for (std::size_t i = 0; i < kMaxPoliciesPerEar; ++i) {
    most.policies.push_back(claims().policies[1]);
    most.policies.back().policy = PolicyName("p" + std::to_string(i));
  }
  EXPECT_TRUE(sign_ear(most, signer()));
}

// Payloads that a trusted key signed and that are refused all the same.
struct Lie {
  const char* name;
  std::function<void(Json&)> change;
  ErrorCode expected;
};
void PrintTo(const Lie& lie, std::ostream* out) {
  *out << lie.name;
}

class EarLies : public ::testing::TestWithParam<Lie> {};

TEST_P(EarLies, AreRefused) {
  Json payload = good_payload();
  GetParam().change(payload);
  const auto outcome = verify_payload(payload);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), GetParam().expected) << outcome.error().message();
}

Json& edge(Json& p) {
  return p["submods"]["edge"];
}

const Lie kLies[] = {
    {"A157_WithoutExp", [](Json& p) { p.erase("exp"); }, ErrorCode::kMalformed},
    {"A157_ExpIsNull", [](Json& p) { p["exp"] = Json(); }, ErrorCode::kMalformed},
    {"A157_ExpIsText", [](Json& p) { p["exp"] = "1800000120"; }, ErrorCode::kMalformed},
    {"A157_ExpIsAFraction", [](Json& p) { p["exp"] = 1800000120.5; }, ErrorCode::kMalformed},
    {"A157_ExpIsHuge", [](Json& p) { p["exp"] = 1ULL << 63; }, ErrorCode::kMalformed},
    {"A157_ExpIsNegative", [](Json& p) { p["exp"] = -1; }, ErrorCode::kMalformed},
    {"A157_TrustedWithoutExpiry",
     [](Json& p) { p["submods"]["production"]["seaworthy.dev/result"].erase("expires"); },
     ErrorCode::kMalformed},
    {"WithoutIat", [](Json& p) { p.erase("iat"); }, ErrorCode::kMalformed},
    {"A160_WithAudience", [](Json& p) { p["aud"] = "vault"; }, ErrorCode::kMalformed},
    {"A160_IssuerOfOidc", [](Json& p) { p["iss"] = "https://oidc.example"; },
     ErrorCode::kMalformed},
    {"IssuerOfAnotherVerifier", [](Json& p) { p["iss"] = "seaworthy.dev/verifiers/other"; },
     ErrorCode::kDenied},
    {"AnotherProfile", [](Json& p) { p["eat_profile"] = "tag:ietf.org,2026:rats/ear#03"; },
     ErrorCode::kMalformed},
    {"A161_OldStatusSaysAffirming", [](Json& p) { edge(p)["ear.status"] = "affirming"; },
     ErrorCode::kDenied},
    {"A161_NewStatusSaysAffirming", [](Json& p) { edge(p)["ear_status"] = "affirming"; },
     ErrorCode::kDenied},
    {"A161_BothStatusesContradictTheVerdict",
     [](Json& p) { edge(p)["ear.status"] = edge(p)["ear_status"] = "affirming"; },
     ErrorCode::kDenied},
    {"A161_TheVerdictContradictsBothStatuses",
     [](Json& p) { edge(p)["seaworthy.dev/result"]["verdict"] = "Trusted"; }, ErrorCode::kDenied},
    {"A161_OverallStatusIsBetterThanTheWorst", [](Json& p) { p["ear_status"] = "affirming"; },
     ErrorCode::kDenied},
    {"A161_OverallStatusIsMissing", [](Json& p) { p.erase("ear_status"); }, ErrorCode::kMalformed},
    {"A161_OldStatusIsMissing", [](Json& p) { edge(p).erase("ear.status"); },
     ErrorCode::kMalformed},
    {"A161_NewStatusIsMissing", [](Json& p) { edge(p).erase("ear_status"); },
     ErrorCode::kMalformed},
    {"A161_VectorsDiffer",
     [](Json& p) { edge(p)["ear_trustworthiness_vector"]["instance-identity"] = 3; },
     ErrorCode::kDenied},
    {"A161_PolicyIdsDiffer",
     [](Json& p) { edge(p)["ear_appraisal_policy_ids"] = Json::array({"urn:other"}); },
     ErrorCode::kDenied},
    {"A161_TwoPolicyIds",
     [](Json& p) { edge(p)["ear_appraisal_policy_ids"].push_back("urn:other"); },
     ErrorCode::kDenied},
    {"A161_PolicyIdIsOfAnotherGeneration",
     [](Json& p) { edge(p)["seaworthy.dev/result"]["policyGeneration"] = 8; }, ErrorCode::kDenied},
    {"A161_VerifiersDiffer", [](Json& p) { p["ear_verifier_id"]["build"] = "other"; },
     ErrorCode::kDenied},
    {"A161_KeysDiffer", [](Json& p) { edge(p)["ear_veraison_key_attestation"]["akpub"] = "AAAA"; },
     ErrorCode::kDenied},
    {"A161_KeysOfSubmodulesDiffer",
     [](Json& p) {
       edge(p)["ear_veraison_key_attestation"]["akpub"] =
           edge(p)["ear.veraison.key-attestation"]["akpub"] = "AAAA";
     },
     ErrorCode::kDenied},
    {"UnknownVerdict", [](Json& p) { edge(p)["seaworthy.dev/result"]["verdict"] = "Fine"; },
     ErrorCode::kMalformed},
    {"NoSubmodules", [](Json& p) { p["submods"] = Json::object(); }, ErrorCode::kMalformed},
    {"SubmodulesAreAList", [](Json& p) { p["submods"] = Json::array(); }, ErrorCode::kMalformed},
    {"TooManySubmodules",
     [](Json& p) {
       for (int i = 0; i < 40; ++i) {
         p["submods"]["p" + std::to_string(i)] = edge(p);
       }
     },
     ErrorCode::kMalformed},
    {"TooManyFindings",
     [](Json& p) {
       Json& findings = edge(p)["seaworthy.dev/result"]["findings"];
       findings = Json(std::vector<Json>(17, findings[0]));
     },
     ErrorCode::kMalformed},
    {"WithoutNodeUid", [](Json& p) { p["seaworthy.dev/node"].erase("uid"); },
     ErrorCode::kMalformed},
    {"EmptyNodeUid", [](Json& p) { p["seaworthy.dev/node"]["uid"] = ""; }, ErrorCode::kMalformed},
    {"WithoutOurResult", [](Json& p) { edge(p).erase("seaworthy.dev/result"); },
     ErrorCode::kMalformed},
};

INSTANTIATE_TEST_SUITE_P(Table, EarLies, ::testing::ValuesIn(kLies),
                         [](const auto& at) { return std::string(at.param.name); });

TEST(Ear, IgnoresClaimsOfLaterVersions) {
  Json payload = good_payload();
  payload["seaworthy.dev/later"] = {{"a", 1}};
  edge(payload)["later"] = true;
  EXPECT_TRUE(verify_payload(payload));
}

TEST(Ear, A160_RefusesATokenOfAnotherType) {
  EXPECT_TRUE(verify_payload(good_payload()));
  EXPECT_FALSE(verify_payload(good_payload(), "JWT"));
  EXPECT_FALSE(verify_payload(good_payload(), "wit+jwt"));
}

TEST(Ear, RefusesDuplicateClaims) {
  std::string text = codec::to_json_text(good_payload());
  text.insert(text.size() - 1, R"(,"exp":9999999999)");
  const auto token = sign_jws(signer(), kEarType, as_bytes(text));
  ASSERT_TRUE(token);
  EXPECT_FALSE(verify_ear(*token, signer().as_set(), kNow));
}

// For people who look at a token; nothing decides by it.
TEST(Ear, ItsClaimsCanBeShownWithoutKeysAndAreNotVerified) {
  const auto token = sign_ear(claims(), signer());
  const auto shown = untrusted_ear(*token);
  ASSERT_TRUE(shown) << shown.error().message();
  EXPECT_EQ(*shown, claims());
  EXPECT_EQ(untrusted_jws(*token)->key_id, signer().key_id());
  std::string unsigned_ = token->substr(0, token->rfind('.') + 1);
  EXPECT_EQ(*untrusted_ear(unsigned_), claims());
  EXPECT_FALSE(untrusted_ear(*sign_jws(signer(), "jwt", as_bytes("{}"))));
  EXPECT_FALSE(untrusted_ear("a.b"));
}

}  // namespace
}  // namespace seaworthy::token

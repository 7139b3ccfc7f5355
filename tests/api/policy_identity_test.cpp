#include "api/policy_identity.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

Result<AttestationPolicy::Identity> parsed(const std::string& text) {
  const Json json = json_of(text);
  codec::Fields fields = *codec::Fields::of(json, "spec.identity");
  return parse_identity(fields);
}

// The message of the refusal; empty if it is none.
std::string refusal(const std::string& text) {
  const auto identity = parsed(text);
  return identity ? "" : identity.error().message();
}

const std::string kRoots =
    R"("trustAnchors": [{"configMap": {"name": "roots", "key": "roots.pem"}}])";
const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(PolicyIdentity, ReadsEverythingThatCanBeSaid) {
  const auto identity = parsed(R"({"enrolment": "Manual", "ekCertificate": "Optional",
    "trustAnchors": [{"configMap": {"name": "new", "key": "a"}},
                     {"configMap": {"name": "old", "key": "b"},
                      "allow": ["SHA1", "ExpiredLeaf", "MissingUsage"]}],
    "revocationLists": [{"configMap": {"name": "crls", "key": "c"}}],
    "denied": {"ekHashes": [")" +
                               kDigest + R"("], "certificates": [")" + kDigest + R"("],
               "firmware": [{"manufacturer": "id:1", "version": "id:2"},
                            {"manufacturer": "id:3"}]}})");
  ASSERT_TRUE(identity) << identity.error().message();
  EXPECT_EQ(identity->enrolment, EnrolmentRule::kManual);
  EXPECT_EQ(identity->ek_certificate, Requirement::kOptional);
  EXPECT_EQ(identity->trust_anchors,
            (std::vector<TrustAnchorSource>{{{"new", "a"}, false, false, false},
                                            {{"old", "b"}, true, true, true}}));
  EXPECT_EQ(identity->revocation_lists, (std::vector<ConfigMapKey>{{"crls", "c"}}));
  EXPECT_EQ(identity->denied.ek_hashes, std::vector<std::string>{kDigest});
  EXPECT_EQ(identity->denied.certificates, std::vector<std::string>{kDigest});
  EXPECT_EQ(identity->denied.firmware,
            (std::vector<DeniedTpms::Firmware>{{"id:1", "id:2"}, {"id:3", ""}}));
}

TEST(PolicyIdentity, A26_NoAnchorsAreAMistakeUnlessKeysArePinned) {
  EXPECT_NE(refusal("{}"), "");
  EXPECT_NE(refusal(R"({"trustAnchors": []})"), "");
  EXPECT_EQ(refusal(R"({"ekCertificate": "Optional"})"), "");
  EXPECT_NE(refusal(R"({"ekCertificate": "Optional", "enrolment": "CertifiedTPM"})"), "")
      << "nobody would vouch for the key";
}

TEST(PolicyIdentity, A26_RefusesWhatCannotBeMeant) {
  for (const std::string& also :
       {std::string(R"("ekCertificate": "Never")"), std::string(R"("denied": {"keys": []})"),
        std::string(R"("denied": {"ekHashes": ["aa"]})"),
        R"("denied": {"certificates": ["SHA256:)" + std::string(64, 'a') + R"("]})",
        std::string(R"("denied": {"firmware": [{"version": "id:1"}]})"),
        std::string(R"("denied": {"firmware": [{"manufacturer": ""}]})"),
        std::string(R"("revocationLists": [{"configMap": {"name": "crls"}}])"),
        std::string(R"("revocationLists": [{"url": "http://crl"}])")}) {
    EXPECT_NE(refusal("{" + kRoots + ", " + also + "}"), "") << also;
  }
  EXPECT_NE(refusal(R"({"trustAnchors": [{"configMap": {"name": "r", "key": "k"},
                                          "allow": ["MD5"]}]})"),
            "");
  EXPECT_NE(refusal(R"({"trustAnchors": [{"configMap": {"name": "R", "key": "k"}}]})"), "");
}

TEST(PolicyIdentity, HoldsTheBoundsOfTheSchema) {
  const auto many = [](const std::string& item, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      out += (out.empty() ? "" : ", ") + item;
    }
    return "[" + out + "]";
  };
  const std::string map = R"({"configMap": {"name": "r", "key": "k"}})";
  const auto with = [](const std::string& more) { return "{" + kRoots + ", " + more + "}"; };
  EXPECT_EQ(refusal(R"({"trustAnchors": )" + many(map, 32) + "}"), "");
  EXPECT_NE(refusal(R"({"trustAnchors": )" + many(map, 33) + "}"), "");
  EXPECT_NE(refusal(with(R"("revocationLists": )" + many(map, 33))), "");
  const std::string digest = "\"" + kDigest + "\"";
  EXPECT_EQ(refusal(with(R"("denied": {"ekHashes": )" + many(digest, 256) + "}")), "");
  EXPECT_NE(refusal(with(R"("denied": {"ekHashes": )" + many(digest, 257) + "}")), "");
  EXPECT_NE(refusal(with(R"("denied": {"certificates": )" + many(digest, 257) + "}")), "");
  EXPECT_NE(
      refusal(with(R"("denied": {"firmware": )" + many(R"({"manufacturer": "m"})", 65) + "}")), "");
}

}  // namespace
}  // namespace seaworthy::api

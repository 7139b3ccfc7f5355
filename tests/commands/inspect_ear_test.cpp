#include "commands/inspect_ear.h"

#include <gtest/gtest.h>

#include "token/ear.h"
#include "token/test_signer.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using testing::TestSigner;

const Time kNow = Time::from_unix(seconds(1'800'000'000));
const Output kText{};
const Output kJson{.format = Format::kJson};

const TestSigner& signer() {
  static const TestSigner made;
  return made;
}

std::string token() {
  token::EarClaims claims;
  claims.verifier = "seaworthy-operator";
  claims.build = "seaworthy 0.1.0";
  claims.id = "b0c7f1e2";
  claims.issued = kNow;
  claims.expires = kNow + seconds(120);
  claims.node = NodeName("n1");
  claims.node_uid = NodeUid("uid-n1");
  claims.ak_name = "000b" + std::string(64, 'a');
  claims.ak_spki = signer().jwk().key.to_spki_der();
  claims.policies = {{PolicyName("edge"),
                      "uid-edge",
                      7,
                      api::Verdict::kViolated,
                      kNow + seconds(60),
                      {{"UnknownFile", "/usr/bin/nc", "is in no reference set"}}}};
  return *token::sign_ear(claims, signer());
}

Json read_json(std::string_view text, std::optional<std::string_view> keys, Time now = kNow) {
  const auto read = inspect_ear(text, keys, now, kJson);
  EXPECT_TRUE(read) << read.error().message();
  const auto json = codec::parse_json(read ? read->text : "{}", {.max_bytes = 1 << 20});
  return json ? *json : Json();
}

TEST(InspectEar, ShowsWhatATokenSaysAndThatNobodyCheckedIt) {
  const Json json = read_json(token() + "\n", std::nullopt);
  EXPECT_EQ(json["verdict"], "NotChecked");
  EXPECT_EQ(json["keyId"], signer().key_id());
  EXPECT_EQ(json["verifier"], "seaworthy-operator");
  EXPECT_EQ(json["node"]["name"], "n1");
  EXPECT_EQ(json["policies"][0]["policy"], "edge");
  EXPECT_EQ(json["policies"][0]["verdict"], "Violated");
  EXPECT_EQ(json["policies"][0]["findings"][0]["reason"], "UnknownFile");
  EXPECT_EQ(json["findings"], Json::array());
  EXPECT_EQ(json.size(), 10u);
}

TEST(InspectEar, VerifiesWithTheKeysOfTheVerifiers) {
  const std::string keys = signer().as_set().to_text();
  EXPECT_EQ(read_json(token(), keys)["verdict"], "Accepted");
  const std::string others = TestSigner().as_set().to_text();
  const Json refused = read_json(token(), others);
  EXPECT_EQ(refused["verdict"], "Refused");
  EXPECT_EQ(refused["findings"][0]["reason"], "EarRefused");
}

TEST(InspectEar, A157_RefusesAnExpiredToken) {
  const Time later = kNow + seconds(120);
  EXPECT_EQ(read_json(token(), std::nullopt, later)["verdict"], "Refused");
  EXPECT_EQ(read_json(token(), signer().as_set().to_text(), later)["verdict"], "Refused");
}

TEST(InspectEar, CannotReadWhatIsNoEar) {
  EXPECT_FALSE(inspect_ear("", std::nullopt, kNow, kText));
  EXPECT_FALSE(inspect_ear("a.b.c", std::nullopt, kNow, kText));
  EXPECT_FALSE(inspect_ear(token(), "{}", kNow, kText));
  const auto other_type = token::sign_jws(signer(), "jwt", as_bytes("{}"));
  EXPECT_FALSE(inspect_ear(*other_type, std::nullopt, kNow, kText));
}

TEST(InspectEar, TextSaysThatTheSignatureWasNotLookedAt) {
  const auto read = inspect_ear(token(), std::nullopt, kNow, kText);
  ASSERT_TRUE(read);
  EXPECT_NE(read->text.find("not checked"), std::string::npos);
  EXPECT_NE(read->text.find("edge"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::commands

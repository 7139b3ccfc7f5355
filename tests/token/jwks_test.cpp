#include "token/jwks.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "token/test_signer.h"

namespace seaworthy::token {
namespace {

using codec::Json;
using testing::TestSigner;

// The key of RFC 7515 A.3.1; its thumbprint computed with another implementation.
constexpr const char* kRfcKey =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",)"
    R"("kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"})";

Json json_of(const std::string& text) {
  return *codec::parse_json(text, {.max_bytes = kMaxJwksBytes});
}

TEST(Jwk, HasTheThumbprintOfRfc7638) {
  const auto key = parse_jwk(kRfcKey);
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(key->key_id, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  EXPECT_EQ(thumbprint(key->key), key->key_id);
}

TEST(Jwk, GoesThereAndBack) {
  const Jwk key = Jwk::of(TestSigner().jwk().key, "seaworthy-operator",
                          Time::from_unix(seconds(1'800'000'000)));
  const auto again = parse_jwk(to_jwk_text(key));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->key_id, key.key_id);
  EXPECT_TRUE(again->key.same_key(key.key));
  EXPECT_EQ(again->verifier, "seaworthy-operator");
  EXPECT_EQ(again->not_after, key.not_after);
  EXPECT_EQ(to_jwk_text(*again), to_jwk_text(key));
}

// A-159: nobody can publish his key under the id of another.
TEST(Jwk, A159_TheKeyIdIsTheThumbprintAndNothingElse) {
  Json other = json_of(to_jwk_text(TestSigner().jwk()));
  for (const Json& id : {Json("x"), Json("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"), Json(""),
                         Json("../../etc/passwd"), Json("' OR 1=1"), Json(7), Json()}) {
    other["kid"] = id;
    EXPECT_FALSE(parse_jwk(codec::to_json_text(other))) << id;
  }
}

TEST(Jwk, RefusesOtherKeysAndBrokenOnes) {
  const Json good = json_of(kRfcKey);
  const struct {
    const char* member;
    Json value;
  } changes[] = {
      {"kty", "RSA"},
      {"kty", "oct"},
      {"kty", Json()},
      {"crv", "P-384"},
      {"crv", Json()},
      {"alg", "HS256"},
      {"alg", "none"},
      {"alg", "ES384"},
      {"use", "enc"},
      {"d", "AAAA"},
      {"x", "AAAA"},
      {"x", Json()},
      {"x", std::string(43, 'A')},
      {"y", "!"},
      {"notAfter", "soon"},
      {"notAfter", 1.5},
      {"notAfter", -1},
      {"verifier", std::string(254, 'v')},
  };
  for (const auto& change : changes) {
    Json bad = good;
    bad[change.member] = change.value;
    EXPECT_FALSE(parse_jwk(codec::to_json_text(bad))) << change.member << change.value;
  }
  EXPECT_FALSE(parse_jwk(""));
  EXPECT_FALSE(parse_jwk("[]"));
  EXPECT_FALSE(parse_jwk(std::string(kMaxJwkBytes + 1, ' ') + kRfcKey));
  Json extra = good;
  extra["ext"] = true;
  EXPECT_TRUE(parse_jwk(codec::to_json_text(extra)));
}

TEST(KeySet, GoesThereAndBack) {
  KeySet set;
  const TestSigner a;
  const TestSigner b("other");
  ASSERT_TRUE(set.add(a.jwk()));
  ASSERT_TRUE(set.add(b.jwk()));
  EXPECT_EQ(set.add(a.jwk()).error().code(), ErrorCode::kConflict);
  const auto again = KeySet::parse(set.to_text());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->size(), 2u);
  ASSERT_NE(again->find(b.key_id()), nullptr);
  EXPECT_EQ(again->find(b.key_id())->verifier, "other");
  EXPECT_EQ(again->find("x"), nullptr);
  EXPECT_EQ(again->to_text(), set.to_text());
}

TEST(KeySet, A159_IsBoundedAndWholeOrNothing) {
  KeySet set;
  for (std::size_t i = 0; i < kMaxKeys; ++i) {
    ASSERT_TRUE(set.add(TestSigner().jwk()));
  }
  EXPECT_FALSE(set.add(TestSigner().jwk()));
  EXPECT_TRUE(KeySet::parse(set.to_text()));
  Json more = json_of(set.to_text());
  more["keys"].push_back(json_of(to_jwk_text(TestSigner().jwk())));
  EXPECT_FALSE(KeySet::parse(codec::to_json_text(more)));
  Json broken = json_of(TestSigner().as_set().to_text());
  broken["keys"].push_back({{"kty", "EC"}});
  EXPECT_FALSE(KeySet::parse(codec::to_json_text(broken)));
  Json twice = json_of(TestSigner().as_set().to_text());
  twice["keys"].push_back(twice["keys"][0]);
  EXPECT_FALSE(KeySet::parse(codec::to_json_text(twice)));
  EXPECT_FALSE(KeySet::parse(std::string(kMaxJwksBytes + 1, ' ')));
  EXPECT_FALSE(KeySet::parse("{}"));
  EXPECT_TRUE(KeySet::parse(R"({"keys":[]})"));
}

}  // namespace
}  // namespace seaworthy::token

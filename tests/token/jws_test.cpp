#include "token/jws.h"

#include <gtest/gtest.h>

#include <functional>

#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "token/test_signer.h"

namespace seaworthy::token {
namespace {

using codec::Json;
using codec::to_base64url;
using testing::TestSigner;

const TestSigner& signer() {
  static const TestSigner made;
  return made;
}

constexpr std::string_view kType = "test+jwt";
const ByteSpan kPayload = as_bytes(R"({"a":1})");

std::string good() {
  return *sign_jws(signer(), kType, kPayload);
}

// A token with any header, signed by the right key.
std::string signed_with(const std::string& header_text, ByteSpan payload = kPayload) {
  const std::string text = to_base64url(as_bytes(header_text)) + "." + to_base64url(payload);
  return text + "." + to_base64url(signer().key().sign(as_bytes(text)));
}
std::string header(const std::function<void(Json&)>& change) {
  Json h = {{"alg", "ES256"}, {"kid", signer().key_id()}, {"typ", std::string(kType)}};
  change(h);
  return codec::to_json_text(h);
}

ErrorCode refused(const std::string& text) {
  const auto outcome = verify_jws(text, kType, signer().as_set());
  EXPECT_FALSE(outcome) << text;
  return outcome ? ErrorCode::kInternal : outcome.error().code();
}

TEST(Jws, VerifiesWhatItSigned) {
  const auto verified = verify_jws(good(), kType, signer().as_set());
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(as_text(verified->payload), R"({"a":1})");
  EXPECT_EQ(verified->key.key_id, signer().key_id());
  EXPECT_TRUE(verify_jws(signed_with(header([](Json&) {})), kType, signer().as_set()));
}

// RFC 7515 A.3: made by others. Refused only because its header has neither kid nor typ.
TEST(Jws, RefusesTheTokenOfRfc7515ForItsHeaderOnly) {
  const auto outcome = verify_jws(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5dj"
      "xLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      kType, signer().as_set());
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message().find("kid"), std::string::npos) << outcome.error().message();
}

struct Lie {
  const char* name;
  std::function<std::string()> token;
  ErrorCode expected;
};
void PrintTo(const Lie& lie, std::ostream* out) {
  *out << lie.name;
}

class JwsLies : public ::testing::TestWithParam<Lie> {};

TEST_P(JwsLies, AreRefused) {
  EXPECT_EQ(refused(GetParam().token()), GetParam().expected);
}

// HMAC with the bytes of the public key for a secret, as a confused library would verify it.
std::string hs256(ByteSpan secret) {
  const std::string text = to_base64url(as_bytes(header([](Json& h) { h["alg"] = "HS256"; }))) +
                           "." + to_base64url(kPayload);
  const crypto::Digest mac = crypto::hmac(crypto::HashAlg::kSha256, secret, {as_bytes(text)});
  return text + "." + to_base64url(mac.bytes());
}

std::string with_member(const char* member, const Json& value) {
  return signed_with(header([&](Json& h) { h[member] = value; }));
}

// A token by another key, which it brings along.
std::string by_own_key(const char* member) {
  const TestSigner own;
  Json h = {{"alg", "ES256"}, {"kid", signer().key_id()}, {"typ", std::string(kType)}};
  h[member] = *codec::parse_json(to_jwk_text(own.jwk()), {.max_bytes = kMaxJwkBytes});
  const std::string text =
      to_base64url(as_bytes(codec::to_json_text(h))) + "." + to_base64url(kPayload);
  return text + "." + to_base64url(own.key().sign(as_bytes(text)));
}

const Lie kLies[] = {
    {"A158_AlgNoneWithoutSignature",
     [] {
       return to_base64url(as_bytes(header([](Json& h) { h["alg"] = "none"; }))) + "." +
              to_base64url(kPayload) + ".";
     },
     ErrorCode::kDenied},
    {"A158_AlgNoneWithAGoodSignature", [] { return with_member("alg", "none"); },
     ErrorCode::kDenied},
    {"A158_AlgNoneInCapitals", [] { return with_member("alg", "NONE"); }, ErrorCode::kDenied},
    {"A158_Hs256WithThePublicKeyAsDer", [] { return hs256(signer().jwk().key.to_spki_der()); },
     ErrorCode::kDenied},
    {"A158_Hs256WithThePublicKeyAsPem", [] { return hs256(as_bytes(signer().jwk().key.to_pem())); },
     ErrorCode::kDenied},
    {"A158_Hs256WithTheJwk", [] { return hs256(as_bytes(to_jwk_text(signer().jwk()))); },
     ErrorCode::kDenied},
    {"A158_Es384", [] { return with_member("alg", "ES384"); }, ErrorCode::kDenied},
    {"A158_Rs256", [] { return with_member("alg", "RS256"); }, ErrorCode::kDenied},
    {"A158_AlgIsAList", [] { return with_member("alg", Json::array({"ES256"})); },
     ErrorCode::kMalformed},
    {"A158_EmbeddedJwk", [] { return by_own_key("jwk"); }, ErrorCode::kMalformed},
    {"A158_EmbeddedJwkBesideAGoodSignature", [] { return with_member("jwk", Json::object()); },
     ErrorCode::kMalformed},
    {"A158_Jku", [] { return with_member("jku", "https://evil.example/keys"); },
     ErrorCode::kMalformed},
    {"A158_X5u", [] { return with_member("x5u", "https://evil.example/c"); },
     ErrorCode::kMalformed},
    {"A158_X5c", [] { return with_member("x5c", Json::array({"MAA="})); }, ErrorCode::kMalformed},
    {"A158_Crit", [] { return with_member("crit", Json::array({"exp"})); }, ErrorCode::kMalformed},
    {"A158_UnencodedPayload", [] { return with_member("b64", false); }, ErrorCode::kMalformed},
    {"A158_Compressed", [] { return with_member("zip", "DEF"); }, ErrorCode::kMalformed},
    {"A158_TwoAlgs",
     [] {
       return signed_with(R"({"alg":"none","alg":"ES256","kid":")" + signer().key_id() +
                          R"(","typ":"test+jwt"})");
     },
     ErrorCode::kMalformed},
    {"A159_KidOfNobody", [] { return with_member("kid", "somebody"); }, ErrorCode::kDenied},
    {"A159_KidIsAPath", [] { return with_member("kid", "../../../dev/null"); }, ErrorCode::kDenied},
    {"A159_KidIsAUrl", [] { return with_member("kid", "https://evil.example/key"); },
     ErrorCode::kDenied},
    {"A159_KidIsSql", [] { return with_member("kid", "x' UNION SELECT 'key"); },
     ErrorCode::kDenied},
    {"A159_KidWithNul", [] { return with_member("kid", signer().key_id() + std::string(1, '\0')); },
     ErrorCode::kDenied},
    {"A159_KidTooLong", [] { return with_member("kid", std::string(129, 'k')); },
     ErrorCode::kMalformed},
    {"A159_KidIsANumber", [] { return with_member("kid", 0); }, ErrorCode::kMalformed},
    {"A159_KidIsMissing", [] { return signed_with(header([](Json& h) { h.erase("kid"); })); },
     ErrorCode::kMalformed},
    {"A160_AnotherType", [] { return with_member("typ", "JWT"); }, ErrorCode::kDenied},
    {"A160_TypeInCapitals", [] { return with_member("typ", "TEST+JWT"); }, ErrorCode::kDenied},
    {"A160_TypeIsMissing", [] { return signed_with(header([](Json& h) { h.erase("typ"); })); },
     ErrorCode::kMalformed},
    {"AnotherPayload",
     [] {
       const std::string token = good();
       const std::size_t first = token.find('.');
       return token.substr(0, first) + "." + to_base64url(as_bytes(R"({"a":2})")) +
              token.substr(token.rfind('.'));
     },
     ErrorCode::kDenied},
    {"SignatureOfAllZeros",
     [] {
       const std::string token = good();
       return token.substr(0, token.rfind('.') + 1) + to_base64url(Bytes(64, 0));
     },
     ErrorCode::kDenied},
    {"SignatureAsDer",
     [] {
       const std::string token = good();
       return token.substr(0, token.rfind('.') + 1) + to_base64url(Bytes(71, 0x30));
     },
     ErrorCode::kDenied},
    {"SignatureWithPadding", [] { return good() + "=="; }, ErrorCode::kMalformed},
    {"WhiteSpace", [] { return good() + "\n"; }, ErrorCode::kMalformed},
    {"FourParts", [] { return good() + ".e30"; }, ErrorCode::kMalformed},
    {"TwoParts", [] { return good().substr(0, good().rfind('.')); }, ErrorCode::kMalformed},
    {"Empty", [] { return std::string(); }, ErrorCode::kMalformed},
    {"OnlyDots", [] { return std::string(".."); }, ErrorCode::kMalformed},
    {"JsonSerialisation", [] { return std::string(R"({"payload":"","signatures":[]})"); },
     ErrorCode::kMalformed},
    {"HeaderTooLong", [] { return signed_with(header([](Json&) {}) + std::string(512, ' ')); },
     ErrorCode::kMalformed},
    {"TooLong", [] { return std::string(kMaxJwsBytes + 1, 'A'); }, ErrorCode::kMalformed},
};

INSTANTIATE_TEST_SUITE_P(Table, JwsLies, ::testing::ValuesIn(kLies),
                         [](const auto& at) { return std::string(at.param.name); });

TEST(Jws, RefusesEveryChangedCharacter) {
  std::string token = good();
  const KeySet keys = signer().as_set();
  for (char& c : token) {
    const char before = c;
    c = before == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_jws(token, kType, keys)) << token;
    c = before;
  }
}

TEST(Jws, RefusesTheKeyOfAnother) {
  EXPECT_FALSE(verify_jws(good(), kType, TestSigner().as_set()));
  EXPECT_FALSE(verify_jws(good(), kType, KeySet()));
}

TEST(Jws, RefusesToMakeATokenThatNobodyWouldRead) {
  const Bytes payload(kMaxJwsBytes, 'x');
  EXPECT_FALSE(sign_jws(signer(), kType, payload));
}

}  // namespace
}  // namespace seaworthy::token

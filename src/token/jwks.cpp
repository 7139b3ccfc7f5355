#include "token/jwks.h"

#include <utility>

#include "codec/base64.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "crypto/digest.h"

namespace seaworthy::token {
namespace {

using codec::Fields;
using codec::Json;

constexpr std::size_t kCoordinateBytes = 32;
constexpr std::int64_t kMaxUnixSeconds = 253'402'300'799;  // the end of year 9999

Json to_json(const Jwk& key) {
  Json out = {{"kty", "EC"},
              {"crv", "P-256"},
              {"x", codec::to_base64url(key.key.ec_x())},
              {"y", codec::to_base64url(key.key.ec_y())},
              {"alg", "ES256"},
              {"use", "sig"},
              {"kid", key.key_id}};
  if (!key.verifier.empty()) {
    out["verifier"] = key.verifier;
  }
  if (key.not_after) {
    out["notAfter"] = key.not_after->unix_seconds().count();
  }
  return out;
}

Result<void> expect(Fields& fields, std::string_view member, std::string_view only, bool required) {
  const auto got = TRY(fields.maybe_text(member, 64));
  if (!got && !required) {
    return {};
  }
  if (!got || *got != only) {
    return unsupported("JWK: " + fields.path_of(member) + " is not \"" + std::string(only) +
                       "\": only ES256 keys on P-256 are accepted");
  }
  return {};
}

Result<Bytes> coordinate(Fields& fields, std::string_view member) {
  const std::string text = TRY(fields.text(member, 64));
  auto decoded = codec::from_base64url(text);
  // RFC 7518 §6.2.1.2: full width, leading zeros included.
  if (!decoded || decoded->size() != kCoordinateBytes) {
    return fields.malformed_at(member, "expected 32 bytes in base64url without padding");
  }
  return *std::move(decoded);
}

Result<Jwk> read_jwk(Fields& fields) {
  TRY(expect(fields, "kty", "EC", true));
  TRY(expect(fields, "crv", "P-256", true));
  TRY(expect(fields, "alg", "ES256", false));
  TRY(expect(fields, "use", "sig", false));
  if (fields.has("d")) {
    return fields.malformed_at("d", "is a private key: it is no secret any more, replace it");
  }
  const Bytes x = TRY(coordinate(fields, "x"));
  const Bytes y = TRY(coordinate(fields, "y"));
  const crypto::PublicKey key = TRY(crypto::PublicKey::from_ec(crypto::Curve::kP256, x, y));
  const auto seconds_after = TRY(fields.maybe_integer("notAfter", 0, kMaxUnixSeconds));
  Jwk out = Jwk::of(key, TRY(fields.maybe_text("verifier", 253)).value_or(""));
  if (seconds_after) {
    out.not_after = Time::from_unix(seconds(*seconds_after));
  }
  if (TRY(fields.text("kid", 128)) != out.key_id) {
    return fields.malformed_at(
        "kid", "is not the thumbprint (RFC 7638) of the key, which is " + out.key_id);
  }
  return out;
}

}  // namespace

std::string thumbprint(const crypto::PublicKey& key) {
  SEAWORTHY_CHECK(key.curve() == crypto::Curve::kP256);
  // RFC 7638 §3: the required members, in this order, without white space.
  const std::string canonical = R"({"crv":"P-256","kty":"EC","x":")" +
                                codec::to_base64url(key.ec_x()) + R"(","y":")" +
                                codec::to_base64url(key.ec_y()) + R"("})";
  return codec::to_base64url(crypto::sha256(as_bytes(canonical)).bytes());
}

Jwk Jwk::of(const crypto::PublicKey& key, std::string verifier, std::optional<Time> not_after) {
  return {thumbprint(key), key, std::move(verifier), not_after};
}

std::string to_jwk_text(const Jwk& key) {
  return codec::to_json_text(to_json(key));
}

Result<Jwk> parse_jwk(std::string_view text) {
  const Json json = TRY(codec::parse_json(text, {.max_bytes = kMaxJwkBytes, .max_depth = 4}));
  Fields fields = TRY(Fields::of(json, ""));
  return read_jwk(fields);
}

Result<KeySet> KeySet::parse(std::string_view text) {
  const Json json = TRY(codec::parse_json(text, {.max_bytes = kMaxJwksBytes, .max_depth = 8}));
  Fields fields = TRY(Fields::of(json, ""));
  if (!fields.has("keys")) {
    return fields.malformed_at("keys", "is missing: not a JWK Set");
  }
  KeySet out;
  for (Fields& entry : TRY(fields.objects("keys", kMaxKeys))) {
    Jwk key = TRY(read_jwk(entry));
    TRY(out.add(std::move(key)));
  }
  return out;
}

std::string KeySet::to_text() const {
  Json keys = Json::array();
  for (const auto& [id, key] : keys_) {
    keys.push_back(to_json(key));
  }
  return codec::to_json_text({{"keys", std::move(keys)}});
}

Result<void> KeySet::add(Jwk key) {
  if (keys_.size() == kMaxKeys) {
    return malformed("JWK Set: at most " + std::to_string(kMaxKeys) + " keys are accepted");
  }
  std::string id = key.key_id;
  if (!keys_.emplace(id, std::move(key)).second) {
    return Error(ErrorCode::kConflict, "JWK Set: the key " + id + " is there twice");
  }
  return {};
}

const Jwk* KeySet::find(std::string_view key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace seaworthy::token

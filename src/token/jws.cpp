#include "token/jws.h"

#include <utility>

#include "codec/base64.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "crypto/signature.h"

namespace seaworthy::token {
namespace {

using codec::Fields;
using codec::Json;

constexpr std::size_t kMaxHeaderBytes = 512;
constexpr std::size_t kSignatureBytes = 64;

Error denied(std::string message) {
  return {ErrorCode::kDenied, std::move(message)};
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header.payload
};

Result<Parts> split(std::string_view text) {
  if (text.size() > kMaxJwsBytes) {
    return malformed("JWS: " + std::to_string(text.size()) + " bytes, at most " +
                     std::to_string(kMaxJwsBytes) + " are accepted");
  }
  const std::size_t first = text.find('.');
  const std::size_t second = first == text.npos ? first : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) {
    return malformed("JWS: is not three parts with a dot between each two");
  }
  return Parts{text.substr(0, first), text.substr(first + 1, second - first - 1),
               text.substr(second + 1), text.substr(0, second)};
}

struct Header {
  std::string alg;
  std::string kid;
  std::string typ;
};

// Exactly alg, kid and typ. What else a header may carry either brings a key along (jwk, jku, x5u,
// x5c), changes the meaning of the rest (crit, b64, zip), or is not needed.
Result<Header> read_header(std::string_view encoded) {
  const Bytes bytes = TRY(codec::from_base64url(encoded));
  const Json json =
      TRY(codec::parse_json(as_text(bytes), {.max_bytes = kMaxHeaderBytes, .max_depth = 2}));
  Fields fields = TRY(Fields::of(json, ""));
  Header out;
  out.alg = TRY(fields.text("alg", 16));
  out.kid = TRY(fields.text("kid", kMaxKeyIdBytes));
  out.typ = TRY(fields.text("typ", 64));
  TRY(fields.expect_no_more(codec::Unknown::kRefuse));
  return out;
}

Result<VerifiedJws> verify(const Parts& parts, std::string_view type, const KeySet& keys) {
  const Header header = TRY(read_header(parts.header));
  if (header.typ != type) {
    return denied("a token of type \"" + header.typ + "\" is not one of type \"" +
                  std::string(type) + "\"");
  }
  const Jwk* const key = keys.find(header.kid);
  if (key == nullptr) {
    return denied("no trusted key has the id \"" + header.kid + "\"");
  }
  // Every key here is for ES256 (jwks.h); the header's word only has to agree.
  if (header.alg != "ES256") {
    return denied("the algorithm \"" + header.alg + "\" is not that of the key, ES256");
  }
  const Bytes signature = TRY(codec::from_base64url(parts.signature));
  if (signature.size() != kSignatureBytes) {
    return denied("the signature has " + std::to_string(signature.size()) + " bytes, not 64");
  }
  const ByteSpan rs(signature);
  if (!crypto::verify(key->key, {crypto::SignatureAlg::kEcdsa, crypto::HashAlg::kSha256},
                      as_bytes(parts.signed_text),
                      crypto::EcdsaSignature{rs.first(32), rs.last(32)})) {
    return denied("the signature is not by the key that the token names");
  }
  Bytes payload = TRY(codec::from_base64url(parts.payload));
  return VerifiedJws{*key, std::move(payload)};
}

}  // namespace

Result<std::string> sign_jws(const Signer& signer, std::string_view type, ByteSpan payload) {
  const Json header = {{"alg", "ES256"}, {"kid", signer.key_id()}, {"typ", std::string(type)}};
  std::string out = codec::to_base64url(as_bytes(codec::to_json_text(header))) + "." +
                    codec::to_base64url(payload);
  const Bytes signature = TRY(signer.sign(as_bytes(out)));
  if (signature.size() != kSignatureBytes) {
    return internal_error("JWS: the signer gave " + std::to_string(signature.size()) +
                          " bytes, not 64");
  }
  out += "." + codec::to_base64url(signature);
  if (out.size() > kMaxJwsBytes) {
    return malformed("JWS: would have " + std::to_string(out.size()) + " bytes, at most " +
                     std::to_string(kMaxJwsBytes) + " are allowed");
  }
  return out;
}

Result<UntrustedJws> untrusted_jws(std::string_view text) {
  const Parts parts = TRY(split(text));
  Header header = TRY(read_header(parts.header));
  Bytes payload = TRY(codec::from_base64url(parts.payload));
  return UntrustedJws{std::move(header.alg), std::move(header.kid), std::move(header.typ),
                      std::move(payload)};
}

Result<VerifiedJws> verify_jws(std::string_view text, std::string_view type, const KeySet& keys) {
  auto verified = [&]() -> Result<VerifiedJws> {
    const Parts parts = TRY(split(text));
    return verify(parts, type, keys);
  }();
  if (!verified) {
    return std::move(verified).error().in("token");
  }
  return verified;
}

}  // namespace seaworthy::token

#include "verifier/signer.h"

#include "api/meta.h"
#include "token/jwks.h"

namespace seaworthy::verifier {

ResultSigner::ResultSigner(std::string verifier, Random& random)
    : verifier_(std::move(verifier)),
      key_(crypto::EcPrivateKey::generate(random)),
      key_id_(token::thumbprint(key_.public_key())) {}

Result<Bytes> ResultSigner::sign(ByteSpan message) const {
  const ByteArray<64> signature = key_.sign(message);
  return Bytes(signature.begin(), signature.end());
}

std::string ResultSigner::public_entry(Time not_after) const {
  return token::to_jwk_text(token::Jwk::of(key_.public_key(), verifier_, not_after));
}

Result<void> ResultSigner::publish(kube::Client& client, const std::string& namespace_, Time now,
                                   const kube::Call& call) const {
  codec::Json object = api::object_header("v1", "ConfigMap", kKeysConfigMap, namespace_);
  object["data"] = {{key_id_, public_entry(now + kKeyLife)}};
  TRY(client.apply(kube::kConfigMaps, object,
                   {.field_manager = "seaworthy-key-" + key_id_.substr(0, 16)}, call));
  return {};
}

}  // namespace seaworthy::verifier

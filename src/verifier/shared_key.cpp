#include "verifier/shared_key.h"

#include "api/meta.h"
#include "codec/base64.h"
#include "codec/fields.h"

namespace seaworthy::verifier {
namespace {

constexpr const char* kDataKey = "hmac";

Result<crypto::SealKey> key_in(const codec::Json& secret, const std::string& where) {
  auto fields = TRY(codec::Fields::of(secret, where));
  auto data = TRY(fields.object("data"));
  return crypto::SealKey::from_bytes(TRY(data.base64(kDataKey, 32)));
}

}  // namespace

Result<crypto::SealKey> shared_key(kube::Client& client, const std::string& namespace_,
                                   Random& random, const kube::Call& call) {
  const kube::ObjectKey key{namespace_, kSharedKeySecret};
  const std::string where = "Secret " + key.str();
  auto existing = client.get(kube::kSecrets, key, call);
  if (existing) {
    return key_in(*existing, where);
  }
  if (existing.error().code() != ErrorCode::kNotFound) {
    return std::move(existing).error().in(where);
  }
  codec::Json secret = api::object_header("v1", "Secret", kSharedKeySecret, namespace_);
  secret["type"] = "Opaque";
  secret["data"] = {{kDataKey, codec::to_base64(crypto::SealKey::generate(random).bytes())}};
  auto created = client.create(kube::kSecrets, secret, call);
  if (created) {
    return key_in(*created, where);
  }
  if (created.error().code() != ErrorCode::kConflict) {
    return std::move(created).error().in(where);
  }
  return key_in(TRY(client.get(kube::kSecrets, key, call)), where);
}

}  // namespace seaworthy::verifier

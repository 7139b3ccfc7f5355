#include "attester/enrol.h"

#include <utility>

#include "crypto/digest.h"

namespace seaworthy::attester {

Bytes activation_proof(ByteSpan secret, ByteSpan session) {
  const crypto::Digest mac =
      crypto::hmac(crypto::HashAlg::kSha256, secret, {as_bytes("seaworthy/activate/v1"), session});
  return to_bytes(mac.bytes());
}

Answer<api::ChallengeMessage> enrol(Device& device, const Identity& identity,
                                    const VerifierClient& verifier, std::string_view token,
                                    std::stop_token stop) {
  const api::EnrolRequest request{.ek_certificates = identity.ek_certificates,
                                  .ek_public = identity.ek_public,
                                  .ak_public = identity.ak_public,
                                  .ak_certificates = identity.ak_certificates};
  auto offered = verifier.enrol(request, token, stop);
  if (auto* wait = std::get_if<Wait>(&offered)) {
    return std::move(*wait);
  }
  const auto& credential = std::get<api::EnrolResponse>(offered);
  const auto secret = device.activate(credential.credential_blob, credential.encrypted_secret);
  if (!secret) {
    return Wait{.why = secret.error(), .whose = Whose::kDevice};
  }
  auto answered = verifier.activate({.session = credential.session,
                                     .proof = activation_proof(*secret, credential.session),
                                     .enrol = request},
                                    token, std::move(stop));
  if (auto* wait = std::get_if<Wait>(&answered)) {
    return std::move(*wait);
  }
  auto& outcome = std::get<api::ActivateResponse>(answered);
  if (outcome.state == "Enrolled" && outcome.challenge) {
    return *std::move(outcome.challenge);
  }
  return Wait{.why = unavailable(outcome.state + ": " + outcome.message),
              .at_least = std::chrono::seconds(outcome.retry_seconds),
              .whose = Whose::kPerson};
}

}  // namespace seaworthy::attester

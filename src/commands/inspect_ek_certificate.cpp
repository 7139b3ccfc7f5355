#include "commands/inspect_ek_certificate.h"

#include "crypto/ek_profile.h"
#include "verify/findings.h"
#include "verify/identity.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using crypto::Certificate;
using verify::Reason;

Reason reason_of(crypto::ChainFailure failure) {
  switch (failure) {
    case crypto::ChainFailure::kWeakKey:
      return Reason::kEkCertificateWeak;
    case crypto::ChainFailure::kWrongUsage:
      return Reason::kEkCertificateWrongUsage;
    default:  // the others of check_profile() break the profile
      return Reason::kEkCertificateMalformed;
  }
}

verify::Findings check(const Certificate& certificate, Time now) {
  verify::Findings found;
  for (const crypto::ChainProblem& problem :
       crypto::check_profile(certificate, crypto::LeafKind::kEndorsementKey, false)) {
    found.push_back({reason_of(problem.failure), problem.about, problem.message});
  }
  if (now < certificate.not_before()) {
    found.push_back({Reason::kEkCertificateNotYetValid, "EK certificate",
                     "from " + certificate.not_before().rfc3339()});
  }
  if (now > certificate.not_after()) {
    found.push_back({Reason::kEkCertificateExpired, "EK certificate",
                     "at " + certificate.not_after().rfc3339()});
  }
  return found;
}

std::string key_text(const crypto::PublicKey& key) {
  const auto curve = key.curve();
  return curve ? "ECC " + std::string(crypto::name(*curve)) : "RSA " + std::to_string(key.bits());
}

Json key_json(const crypto::PublicKey& key) {
  const auto curve = key.curve();
  return {{"type", curve ? "ecc" : "rsa"},
          {"bits", key.bits()},
          {"curve", curve ? Json(crypto::name(*curve)) : Json()}};
}

}  // namespace

Result<Inspection> inspect_ek_certificate(ByteSpan file, Time now, const Output& output) {
  const bool pem = as_text(file).find("-----BEGIN") != std::string_view::npos;
  const Certificate certificate =
      TRY(pem ? Certificate::parse_pem(as_text(file)) : Certificate::parse_tpm_nv(file));
  const auto key = certificate.public_key();
  const crypto::TpmClaims claims = certificate.tpm_claims();
  const std::string ek_hash = key ? verify::ek_hash(*key) : "";
  const auto findings = verify::views(check(certificate, now));
  if (output.for_programs()) {
    return inspection({{"subject", certificate.subject()},
                       {"issuer", certificate.issuer()},
                       {"serial", certificate.serial_hex()},
                       {"notBefore", certificate.not_before().rfc3339()},
                       {"notAfter", certificate.not_after().rfc3339()},
                       {"isCA", certificate.is_ca()},
                       {"fingerprint", "sha256:" + hex(certificate.fingerprint().bytes())},
                       {"key", key ? key_json(*key) : Json()},
                       {"ekHash", ek_hash},
                       {"manufacturer", claims.manufacturer},
                       {"model", claims.model},
                       {"firmware", claims.version}},
                      {}, findings, output);
  }
  const std::string text =
      facts_text(
          {{"Subject", printable(certificate.subject())},
           {"Issuer", printable(certificate.issuer())},
           {"Serial", certificate.serial_hex()},
           {"Valid",
            certificate.not_before().rfc3339() + " to " + certificate.not_after().rfc3339()},
           {"Key", key ? key_text(*key) : "none that is known here"},
           {"TPM", printable(claims.manufacturer + " " + claims.model + " " + claims.version)},
           {"Fingerprint", "sha256:" + hex(certificate.fingerprint().bytes())},
           {"EK hash", ek_hash}}) +
      "\nWhether a maker of TPMs issued it, only the policy's trustAnchors can tell. To pin this "
      "TPM to a node:\n  kubectl seaworthy approve NODE --ek-hash " +
      ek_hash + "\n";
  return inspection({}, text, findings, output);
}

}  // namespace seaworthy::commands

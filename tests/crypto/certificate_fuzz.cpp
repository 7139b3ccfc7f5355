// Parses bytes as a certificate, as a TPM's NV area and as PEM, and judges the profile.
#include "crypto/certificate.h"
#include "crypto/ek_profile.h"

void fuzz(seaworthy::ByteSpan bytes) {
  using namespace seaworthy::crypto;
  for (const auto& parsed : {Certificate::parse(bytes), Certificate::parse_tpm_nv(bytes)}) {
    if (parsed) {
      (void)check_profile(*parsed, LeafKind::kEndorsementKey, false);
      (void)check_profile(*parsed, LeafKind::kAttestationKey, false);
      (void)parsed->tpm_claims();
      (void)parsed->dns_names();
      (void)parsed->issuer();
      (void)parsed->serial_hex();
    }
  }
  (void)parse_pem_bundle(seaworthy::as_text(bytes));
}

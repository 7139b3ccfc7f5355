// What whoever owns a node can make its TPM do beside honest quotes. All of it are genuine
// commands: the TPM is not broken, it is misused. Spec: TPM 2.0 Library, Part 3: Commands, r1.59.
#pragma once

#include <string>
#include <vector>

#include "attester/device.h"
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "tpm/pcr.h"

namespace seaworthy::liar {

class Abuse {
 public:
  explicit Abuse(std::string tcti) : tcti_(std::move(tcti)) {}

  // The real AK signs any bytes that do not begin with TPM_GENERATED (§20.2 TPM2_Sign).
  Result<attester::SignedQuote> sign(ByteSpan bytes);
  // Other structures that TPMs attest (§18.2 TPM2_Certify, §18.7 TPM2_GetTime, §31.16
  // TPM2_NV_Certify), signed by the real AK over `qualifying_data`. certify_nv() makes an NV index
  // with this content for it, and removes it.
  Result<attester::SignedQuote> certify(ByteSpan qualifying_data);
  Result<attester::SignedQuote> get_time(ByteSpan qualifying_data);
  Result<attester::SignedQuote> certify_nv(ByteSpan content, ByteSpan qualifying_data);

  // Another restricted key of the same hierarchy, as good as the AK, but not the one enrolled.
  Result<Bytes> other_ak();
  Result<attester::SignedQuote> quote_by_other_ak(const std::vector<tpm::PcrSelection>& selection,
                                                  ByteSpan qualifying_data);
  // A key that signs anything.
  Result<Bytes> unrestricted_key();

  // PCR 23, which everybody may reset (§22.8), extended with these SHA-256 digests.
  Result<void> fill_pcr23(const std::vector<crypto::Digest>& digests);

 private:
  std::string tcti_;
};

}  // namespace seaworthy::liar

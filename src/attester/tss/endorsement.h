// Which endorsement key this TPM enrols with. Private to attester/tss/.
// Spec: TCG EK Credential Profile 2.5, §2.2.1.4 and §2.2.1.5 (NV indexes), Annex B.3 (templates).
#pragma once

#include <vector>

#include "attester/tss/connection.h"
#include "crypto/certificate.h"

namespace seaworthy::attester::tss {

struct Endorsement {
  Bytes ek_template;                // TPMT_PUBLIC to make the EK from
  std::vector<Bytes> certificates;  // as found, that of the EK first; may be empty
};

// The first that has a certificate of: P-256 (template L-2, then H-2), P-384 (H-3), RSA-2048 (L-1,
// then H-1), P-521 (H-4), RSA-3072 (H-6), RSA-4096 (H-7); discrete TPMs need seconds for RSA keys.
// Without any, RSA-2048 of the low range. A template or a nonce that the maker stored for a
// low-range key is honoured. With it, what the maker stored of the chain above.
//
// `configured`: certificates that somebody got elsewhere. Where the TPM has none for an EK, the
// first of them that is not a CA's says by its key which EK is meant, in the low range if there is
// one; those of CAs always come last.
Result<Endorsement> find_endorsement(const Connection& tpm,
                                     const std::vector<crypto::Certificate>& configured);

}  // namespace seaworthy::attester::tss

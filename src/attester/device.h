// The TPM of this node, as far as attestation needs it. Implemented on tpm2-tss in attester/tss/.
// Spec: TPM 2.0 Library, Part 3: Commands, r1.59; TCG EK Credential Profile 2.5.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "tpm/pcr.h"

namespace seaworthy::attester {

// What this TPM is enrolled with.
struct Identity {
  // NV contents as found: headers and padding included, because the verifier judges the original
  // bytes. That of the EK below first, then whatever certificates the maker stored; may be
  // empty, because some makers store none.
  std::vector<Bytes> ek_certificates;
  Bytes ek_public;  // TPMT_PUBLIC: of the first kind that has a certificate, else RSA-2048
  // TPMT_PUBLIC: restricted ECDSA P-256 with SHA-256, primary, endorsement; or, where the EK has no
  // certificate and the TPM came with a certified AK (cloud vTPMs), that one.
  Bytes ak_public;
  std::vector<Bytes> ak_certificates = {};  // of that one, NV contents as found; else empty

  bool operator==(const Identity&) const = default;
};

struct SignedQuote {
  Bytes attested;   // TPMS_ATTEST as signed
  Bytes signature;  // TPMT_SIGNATURE
};

// Values by PCR index, for one bank.
using PcrValues = std::map<std::uint8_t, Bytes>;

// Thread-safe; operations wait for one another. Every operation opens the TPM and gives it back,
// and leaves nothing in it: no session, no object.
//
// Errors: kUnavailable (no TPM, busy, starting, out of memory, locked out: none of it is evidence
// against the node), kDenied (the TPM refused what was put before it), kConflict (the AK is not the
// one of the last identity(): the TPM was cleared or exchanged; ask for the identity again),
// kUnsupported (a TPM without what we need).
class Device {
 public:
  virtual ~Device() = default;

  // Takes seconds on discrete TPMs: it creates the keys. They come from the TPM's seed, so they are
  // the same after every restart until somebody clears the TPM.
  virtual Result<Identity> identity() = 0;

  // TPM2_ActivateCredential (Part 3 §12.5) for the keys of the last identity(). Both arguments are
  // contents with their 16-bit size in front, as the verifier sends them. The secret crosses the
  // bus encrypted. kDenied if the credential is for other keys.
  virtual Result<Bytes> activate(ByteSpan credential_blob, ByteSpan encrypted_secret) = 0;

  // TPM2_Quote (§18.4) by the AK of the last identity(), signed as the AK's scheme says.
  virtual Result<SignedQuote> quote(const std::vector<tpm::PcrSelection>& selection,
                                    ByteSpan qualifying_data) = 0;

  // TPM2_PCR_Read (§22.4) of all selected PCRs of one bank. Not one instant: a PCR may move between
  // two reads. kUnsupported if the bank is not allocated.
  virtual Result<PcrValues> read_pcrs(const tpm::PcrSelection& selection) = 0;
};

}  // namespace seaworthy::attester

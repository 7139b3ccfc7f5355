// The TPM of a software machine, seen from its firmware: starts it, extends PCRs, writes NV.
// Spec: TPM 2.0 Library, Part 3: Commands, r1.59.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

struct ESYS_CONTEXT;
struct TSS2_TCTI_OPAQUE_CONTEXT_BLOB;

namespace seaworthy::machine {

enum class EkKind { kRsa2048, kP256 };

// The values a PCR is extended with, one per bank.
struct BankDigests {
  crypto::Digest sha1{crypto::HashAlg::kSha1};
  crypto::Digest sha256{crypto::HashAlg::kSha256};
};
BankDigests digests_of(ByteSpan content);

// One connection. swtpm serves one at a time: hold it briefly.
class Tpm {
 public:
  static Result<Tpm> connect(const std::string& socket_path);
  ~Tpm();
  Tpm(Tpm&&) noexcept;
  Tpm& operator=(Tpm&&) = delete;

  // TPM2_Startup(CLEAR) from a locality; 3 is what a dynamic S-CRTM would use, and what several
  // laptops do (their PCR 0 starts at 0…03).
  Result<void> startup(std::uint8_t locality);
  Result<void> shutdown();  // TPM2_Shutdown(CLEAR): the next start is an orderly one
  Result<void> extend(std::uint32_t pcr, const BankDigests& digests);
  Result<crypto::Digest> read_pcr(crypto::HashAlg bank, std::uint32_t pcr);

  // Creates the EK of a TCG template (L-1 or L-2) from its seed and drops it again: the
  // TPMT_PUBLIC.
  Result<Bytes> ek_public(EkKind kind);
  // Defines a platform NV index that everybody may read, and writes it once.
  Result<void> write_nv(std::uint32_t index, ByteSpan content);

  struct Counters {
    std::uint64_t clock = 0;
    std::uint32_t reset_count = 0;
    std::uint32_t restart_count = 0;
    bool safe = false;
  };
  Result<Counters> read_clock();

 private:
  Tpm() = default;
  TSS2_TCTI_OPAQUE_CONTEXT_BLOB* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
};

}  // namespace seaworthy::machine

// What is stored in a TPM: certificates in NV memory, handles. Private to attester/tss/.
#pragma once

#include <vector>

#include "attester/tss/connection.h"

namespace seaworthy::attester::tss {

// Where makers put the chain above it.
inline constexpr TPM2_HANDLE kChainFirst = 0x01C00100;
inline constexpr TPM2_HANDLE kChainLast = 0x01C001FF;

inline constexpr std::size_t kMaxNvBytes = 16 * 1024;  // largest real one: below 2 KiB
inline constexpr std::size_t kMaxChain = 7;            // with the leaf: what the protocol takes

// Handles (NV indexes, persistent objects) that exist in [first, last], ascending, at most `max`.
Result<std::vector<TPM2_HANDLE>> existing_handles(const Connection& tpm, TPM2_HANDLE first,
                                                  TPM2_HANDLE last, std::size_t max);
// Empty if there is no such index (0 is none), or nothing in it.
Result<Bytes> read_nv_if_there(const Connection& tpm, TPM2_HANDLE index);
// The whole content as it is; empty if the index was never written.
Result<Bytes> read_nv(const Connection& tpm, TPM2_HANDLE index);

}  // namespace seaworthy::attester::tss

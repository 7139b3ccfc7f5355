// What systemd measures after the firmware handed over: /run/log/systemd/tpm2-measure.log.
// Spec: systemd.io/TPM2_PCR_MEASUREMENTS; the file is an RFC 7464 sequence of records close to
// TCG CEL-JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace seaworthy::eventlog {

inline constexpr std::size_t kMaxUserspaceLogBytes = 256 * 1024;  // real ones: 3 to 10 KB
inline constexpr std::size_t kMaxUserspaceRecords = 1024;         // real ones: 5 to 20
inline constexpr std::size_t kMaxUserspaceRecordBytes = 16 * 1024;

// One record, as the log claims it.
struct UserspaceEvent {
  std::uint8_t pcr = 0;                 // below kPcrCount
  std::vector<crypto::Digest> digests;  // of known algorithms, each at most once
  std::string description;              // "phase enter-initrd": nothing authenticates it

  const crypto::Digest* digest(crypto::HashAlg bank) const;  // null if there is none
  bool operator==(const UserspaceEvent&) const = default;
};

// Parses a whole log; an empty one has no records. Records of NV indexes ("NvPCRs") are not PCRs
// and are left out: they can be redefined and replayed.
//
// kMalformed names record and field: bytes outside a record, a record that is no JSON object or
// does not end, a PCR above 23, an unknown digest size, an algorithm twice, too many or too large
// records.
Result<std::vector<UserspaceEvent>> parse_userspace_log(ByteSpan in);

// As systemd would write it. For software machines and tests.
Bytes write_userspace_log(const std::vector<UserspaceEvent>& events);

}  // namespace seaworthy::eventlog

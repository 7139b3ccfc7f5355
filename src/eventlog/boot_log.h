// The firmware's log of a measured boot (binary_bios_measurements), as bytes from a peer.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §10.2 (structures), §10.4.5.1 (Spec ID
// event). Integers are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "eventlog/event.h"

namespace seaworthy::eventlog {

inline constexpr std::size_t kMaxBootLogBytes = 1 << 20;  // largest real content: 73 KB
inline constexpr std::size_t kMaxBootEvents = 8192;       // largest real log: 203
inline constexpr std::size_t kMaxAlgorithms = 16;         // largest real list: 4

// A log that is well-formed. Owns its bytes.
//
// Establishes nothing about the machine: whoever sends the log can rename, insert and reorder.
// replay.h says which PCR values it leads to; only if those are the quoted ones are the digests
// of its events facts.
struct BootLog {
  bool crypto_agile = false;           // false: SHA-1 digests only
  std::vector<crypto::HashAlg> banks;  // of the Spec ID event, the known ones, in its order
  std::vector<std::uint16_t> unknown_banks =
      {};                         // TPM_ALG_IDs of the others: their digests are skipped
  std::vector<BootEvent> events;  // without the Spec ID event; EV_NO_ACTION included
  // EV_NO_ACTION events of no PCR (index 0xFFFFFFFF; Windows writes one): counted, not kept.
  std::size_t unbound_events = 0;
  std::size_t padding_bytes = 0;  // 0x00 or 0xFF after the last event: some firmware
                                  // hands out its whole buffer

  bool operator==(const BootLog&) const = default;
};

// Parses a whole log, in the SHA-1 or the crypto-agile format.
//
// Allocates at most a small multiple of in.size(). kMalformed names structure and offset: an empty,
// truncated or over-long log, more than kMaxBootEvents, a PCR index above 23 (but
// see unbound_events), a Spec ID event that
// lists no, too many or repeated algorithms or a wrong digest size, an event with digests of
// algorithms that are not listed or with one twice, trailing bytes that are not padding.
// Algorithms that are listed and that this build does not know are skipped; an event may lack
// digests of listed algorithms (its PCR is then not usable in that bank).
Result<BootLog> parse_boot_log(ByteSpan in);

// The log as firmware would write it, crypto-agile, with a plain Spec ID event. For software
// machines and tests. parse_boot_log(write_boot_log(x)) == x for crypto-agile logs.
Bytes write_boot_log(const BootLog& log);

}  // namespace seaworthy::eventlog

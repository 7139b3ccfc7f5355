#include "eventlog/boot_log.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "codec/reader.h"
#include "codec/writer.h"

namespace seaworthy::eventlog {
namespace {

constexpr std::string_view kSpecIdSignature{"Spec ID Event03\0", 16};
constexpr std::size_t kMaxUnknownDigest = 64;
constexpr std::uint32_t kNoPcr = 0xFFFFFFFF;

// Digest sizes of TCG Algorithm Registry 1.34, Table 3, for algorithms that crypto does not know.
std::optional<std::size_t> registered_size(std::uint16_t alg) {
  if (const auto known = crypto::hash_alg(alg)) {
    return crypto::digest_size(*known);
  }
  switch (alg) {
    case 0x0012:
      return 32;  // TPM_ALG_SM3_256
    case 0x0027:
      return 32;  // TPM_ALG_SHA3_256
    case 0x0028:
      return 48;  // TPM_ALG_SHA3_384
    case 0x0029:
      return 64;  // TPM_ALG_SHA3_512
    default:
      return std::nullopt;
  }
}

struct Algorithm {
  std::uint16_t id;
  std::size_t size;
};

const Algorithm* find(const std::vector<Algorithm>& listed, std::uint16_t id) {
  const auto found =
      std::find_if(listed.begin(), listed.end(), [id](const Algorithm& a) { return a.id == id; });
  return found == listed.end() ? nullptr : &*found;
}

// Reads the index and the type. False: an event of no PCR, which only EV_NO_ACTION may be.
Result<bool> parse_pcr_and_type(codec::Reader& reader, BootEvent& event) {
  const std::uint32_t pcr = TRY(reader.u32le());
  event.type = TRY(reader.u32le());
  if (pcr == kNoPcr && event.type == kNoAction) {
    return false;
  }
  if (pcr >= kPcrCount) {
    return reader.malformed("PCR index " + std::to_string(pcr) + ", the last is 23");
  }
  event.pcr = static_cast<std::uint8_t>(pcr);
  return true;
}

// TCG_PCClientPCREvent (§10.2.1): the SHA-1 format, and the first event of every log.
Result<std::optional<BootEvent>> parse_sha1_event(codec::Reader& reader) {
  BootEvent event;
  const bool bound = TRY(parse_pcr_and_type(reader, event));
  event.digests.emplace_back(crypto::HashAlg::kSha1, TRY(reader.take(20)));
  event.data = to_bytes(TRY(reader.sized32le(kMaxBootLogBytes)));
  return bound ? std::optional(std::move(event)) : std::nullopt;
}

// TCG_PCR_EVENT2 (§10.2.2).
Result<std::optional<BootEvent>> parse_event2(codec::Reader& reader,
                                              const std::vector<Algorithm>& listed) {
  BootEvent event;
  const bool bound = TRY(parse_pcr_and_type(reader, event));
  const std::size_t count = TRY(reader.count32le(listed.size(), 3));
  std::vector<std::uint16_t> seen;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t id = TRY(reader.u16le());
    const Algorithm* algorithm = find(listed, id);
    if (algorithm == nullptr) {
      return reader.malformed("a digest of algorithm " + std::to_string(id) +
                              ", which the Spec ID event does not list");
    }
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) {
      return reader.malformed("two digests of algorithm " + std::to_string(id));
    }
    seen.push_back(id);
    const ByteSpan digest = TRY(reader.take(algorithm->size));
    if (const auto known = crypto::hash_alg(id)) {
      event.digests.emplace_back(*known, digest);
    }
  }
  event.data = to_bytes(TRY(reader.sized32le(kMaxBootLogBytes)));
  return bound ? std::optional(std::move(event)) : std::nullopt;
}

// TCG_EfiSpecIDEvent (§10.4.5.1): which digests the events of this log carry. Platform class,
// versions and the size of UINTN vary in the field and mean nothing to us.
Result<std::vector<Algorithm>> parse_spec_id(ByteSpan data) {
  codec::Reader reader("Spec ID event", data);
  TRY(reader.take(kSpecIdSignature.size()));
  TRY(reader.take(4 + 1 + 1 + 1 + 1));
  const std::size_t count = TRY(reader.count32le(kMaxAlgorithms, 4));
  if (count == 0) {
    return reader.malformed("it lists no algorithm");
  }
  std::vector<Algorithm> listed;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t id = TRY(reader.u16le());
    const std::size_t size = TRY(reader.u16le());
    if (find(listed, id) != nullptr) {
      return reader.malformed("algorithm " + std::to_string(id) + " is listed twice");
    }
    const auto registered = registered_size(id);
    if (registered ? size != *registered : size == 0 || size > kMaxUnknownDigest) {
      return reader.malformed("algorithm " + std::to_string(id) + " with digests of " +
                              std::to_string(size) + " bytes");
    }
    listed.push_back({id, size});
  }
  const std::uint8_t vendor_bytes = TRY(reader.u8());
  TRY(reader.take(vendor_bytes));
  TRY(reader.expect_end());
  return listed;
}

bool is_spec_id(const BootEvent& event) {
  return event.type == kNoAction &&
         as_text(event.data).substr(0, kSpecIdSignature.size()) == kSpecIdSignature;
}

// How many bytes at the end of the log are all 0x00 or all 0xFF.
std::size_t uniform_tail(ByteSpan in) {
  if (in.empty() || (in.back() != 0x00 && in.back() != 0xFF)) {
    return 0;
  }
  const auto other =
      std::find_if(in.rbegin(), in.rend(), [&](std::uint8_t byte) { return byte != in.back(); });
  return static_cast<std::size_t>(other - in.rbegin());
}

}  // namespace

Result<BootLog> parse_boot_log(ByteSpan in) {
  if (in.size() > kMaxBootLogBytes) {
    return malformed("boot log: " + std::to_string(in.size()) + " bytes, above the limit of " +
                     std::to_string(kMaxBootLogBytes));
  }
  codec::Reader reader("boot log", in);
  BootLog log;
  std::vector<Algorithm> listed;
  std::optional<BootEvent> first = TRY(parse_sha1_event(reader));
  if (!first) {
    return reader.malformed("the first event is of no PCR");
  }
  if (is_spec_id(*first)) {
    log.crypto_agile = true;
    listed = TRY(parse_spec_id(first->data));
    for (const Algorithm& algorithm : listed) {
      if (const auto known = crypto::hash_alg(algorithm.id)) {
        log.banks.push_back(*known);
      } else {
        log.unknown_banks.push_back(algorithm.id);
      }
    }
  } else {
    log.banks.push_back(crypto::HashAlg::kSha1);
    log.events.push_back(*std::move(first));
  }
  const std::size_t tail = uniform_tail(in);
  while (reader.remaining() > tail) {
    if (log.events.size() + log.unbound_events == kMaxBootEvents) {
      return reader.malformed("more than " + std::to_string(kMaxBootEvents) + " events");
    }
    auto event =
        log.crypto_agile ? TRY(parse_event2(reader, listed)) : TRY(parse_sha1_event(reader));
    if (event) {
      log.events.push_back(*std::move(event));
    } else {
      ++log.unbound_events;
    }
  }
  log.padding_bytes = reader.remaining();
  return log;
}

Bytes write_boot_log(const BootLog& log) {
  codec::Writer spec_id;
  spec_id.raw(as_bytes(kSpecIdSignature));
  spec_id.u32le(0).u8(0).u8(2).u8(0).u8(2);  // platform class client, version 2.00, errata, UINTN
  spec_id.u32le(static_cast<std::uint32_t>(log.banks.size()));
  for (const crypto::HashAlg bank : log.banks) {
    spec_id.u16le(static_cast<std::uint16_t>(bank));
    spec_id.u16le(static_cast<std::uint16_t>(crypto::digest_size(bank)));
  }
  spec_id.u8(0);  // no vendor information

  codec::Writer writer;
  writer.u32le(0).u32le(kNoAction).raw(Bytes(20)).sized32le(spec_id.bytes());
  for (const BootEvent& event : log.events) {
    writer.u32le(event.pcr).u32le(event.type);
    writer.u32le(static_cast<std::uint32_t>(event.digests.size()));
    for (const crypto::Digest& digest : event.digests) {
      writer.u16le(static_cast<std::uint16_t>(digest.alg())).raw(digest.bytes());
    }
    writer.sized32le(event.data);
  }
  return std::move(writer.raw(Bytes(log.padding_bytes, 0xFF))).bytes();
}

}  // namespace seaworthy::eventlog

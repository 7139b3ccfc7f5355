#include "tpm/attest.h"

#include "codec/hex.h"
#include "codec/reader.h"
#include "codec/writer.h"
#include "tpm/algorithms.h"

namespace seaworthy::tpm {
namespace {

// The largest of each: a name is an algorithm and a digest, extraData holds at most a TPMT_HA.
constexpr std::size_t kMaxName = 2 + 64;
constexpr std::size_t kMaxExtraData = 2 + 64;
constexpr std::size_t kMaxDigest = 64;

std::string hex16(std::uint16_t value) {
  return codec::to_hex(codec::Writer().u16be(value).bytes());
}
std::string hex32(std::uint32_t value) {
  return codec::to_hex(codec::Writer().u32be(value).bytes());
}

Result<ClockInfo> parse_clock_info(codec::Reader& reader) {
  ClockInfo clock;
  clock.clock = TRY(reader.u64be());
  clock.reset_count = TRY(reader.u32be());
  clock.restart_count = TRY(reader.u32be());
  const std::uint8_t safe = TRY(reader.u8());  // TPMI_YES_NO (§9.2)
  if (safe > 1) {
    return reader.malformed("safe is " + std::to_string(safe) + ", neither NO nor YES");
  }
  clock.safe = safe == 1;
  return clock;
}

Result<AttestHeader> parse_header(codec::Reader& reader) {
  AttestHeader header;
  header.magic = TRY(reader.u32be());
  header.type = TRY(reader.u16be());
  header.qualified_signer = to_bytes(TRY(reader.sized16be(kMaxName)));
  header.extra_data = to_bytes(TRY(reader.sized16be(kMaxExtraData)));
  header.clock = TRY(parse_clock_info(reader));
  header.firmware_version = TRY(reader.u64be());
  return header;
}

}  // namespace

Result<AttestHeader> parse_attest_header(ByteSpan in) {
  codec::Reader reader("TPMS_ATTEST", in);
  return parse_header(reader);
}

Result<Quote> parse_quote(ByteSpan in) {
  codec::Reader reader("TPMS_ATTEST", in);
  const std::uint32_t magic = TRY(reader.u32be());
  if (magic != kGeneratedValue) {
    return reader.unsupported("magic is 0x" + hex32(magic) +
                              ", not TPM_GENERATED_VALUE 0xff544347: not made by a TPM");
  }
  const std::uint16_t type = TRY(reader.u16be());
  if (type != kAttestQuote) {
    return reader.unsupported("type is 0x" + hex16(type) + ", not TPM_ST_ATTEST_QUOTE 0x8018");
  }
  Quote quote;
  quote.qualified_signer = to_bytes(TRY(reader.sized16be(kMaxName)));
  quote.extra_data = to_bytes(TRY(reader.sized16be(kMaxExtraData)));
  quote.clock = TRY(parse_clock_info(reader));
  quote.firmware_version = TRY(reader.u64be());
  quote.pcrs = TRY(parse_pcr_selections(reader));
  quote.pcr_digest = to_bytes(TRY(reader.sized16be(kMaxDigest)));
  TRY(reader.expect_end());
  return quote;
}

Bytes write_quote(const Quote& quote) {
  codec::Writer writer;
  writer.u32be(kGeneratedValue)
      .u16be(kAttestQuote)
      .sized16be(quote.qualified_signer)
      .sized16be(quote.extra_data)
      .u64be(quote.clock.clock)
      .u32be(quote.clock.reset_count)
      .u32be(quote.clock.restart_count)
      .u8(quote.clock.safe ? 1 : 0)
      .u64be(quote.firmware_version);
  write_pcr_selections(writer, quote.pcrs);
  writer.sized16be(quote.pcr_digest);
  return std::move(writer).bytes();
}

}  // namespace seaworthy::tpm

#include "tpm/attest.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/json.h"
#include "codec/writer.h"
#include "support/vectors.h"

namespace seaworthy::tpm {
namespace {

using seaworthy::testing::vector_file;

Quote some_quote() {
  return {
      .qualified_signer = Bytes(34, 0x11),
      .extra_data = Bytes(32, 0x22),
      .clock = {.clock = 0x0102030405060708, .reset_count = 7, .restart_count = 1, .safe = true},
      .firmware_version = 0x2019102300163636,
      .pcrs = {{crypto::HashAlg::kSha256, PcrMask::range<0, 10>()}},
      .pcr_digest = Bytes(32, 0x33)};
}

TEST(Attest, ParsesWhatItWrites) {
  const auto parsed = parse_quote(write_quote(some_quote()));
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed, some_quote());
}

TEST(Attest, R6_RefusesEveryStrictPrefix) {
  const Bytes bytes = write_quote(some_quote());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(parse_quote(ByteSpan(bytes).first(n))) << n;
  }
}

TEST(Attest, A44_RefusesTrailingBytes) {
  Bytes bytes = write_quote(some_quote());
  bytes.push_back(0);
  EXPECT_EQ(parse_quote(bytes).error().message(), "TPMS_ATTEST at byte 145: 1 bytes too many");
}

TEST(Attest, A44_RefusesInnerSizesThatDisagree) {
  const Bytes good = write_quote(some_quote());
  for (const std::size_t at : {6u, 7u, 42u, 43u, 111u}) {  // sizes of the three buffers
    for (const std::uint8_t size : Bytes{0x00, 0x01, 0x7F, 0xFF}) {
      Bytes bad = good;
      if (bad[at] == size) {
        continue;
      }
      bad[at] = size;
      const auto parsed = parse_quote(bad);
      EXPECT_TRUE(!parsed || write_quote(*parsed) == bad) << at;
    }
  }
  Bytes bad = good;
  bad[7] = 67;  // a name longer than any
  EXPECT_NE(parse_quote(bad).error().message().find("above the limit of 66"), std::string::npos);
}

TEST(Attest, A29_RefusesWrongMagic) {
  Bytes bytes = write_quote(some_quote());
  bytes[0] = 0x00;
  EXPECT_EQ(parse_quote(bytes).error().code(), ErrorCode::kUnsupported);
}

TEST(Attest, ReadsTheHeaderOfAnyAttestationForShowingIt) {
  Bytes bytes = write_quote(some_quote());
  bytes[0] = 0x00;
  bytes[5] = 0x17;
  const auto header = parse_attest_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, (AttestHeader{.magic = 0x00544347,
                                   .type = 0x8017,
                                   .qualified_signer = some_quote().qualified_signer,
                                   .extra_data = some_quote().extra_data,
                                   .clock = some_quote().clock,
                                   .firmware_version = some_quote().firmware_version}));
  for (std::size_t n = 0; n < 101; ++n) {  // what ends behind firmwareVersion
    EXPECT_FALSE(parse_attest_header(ByteSpan(bytes).first(n))) << n;
  }
}

TEST(Attest, A30_RefusesEveryOtherTypeOfAttestation) {
  Bytes bytes = write_quote(some_quote());
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{
           0x8014, 0x8016, 0x8017, 0x8019, 0x801A, 0x801C, 0x0018}) {
    bytes[4] = static_cast<std::uint8_t>(type >> 8);
    bytes[5] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(parse_quote(bytes).error().code(), ErrorCode::kUnsupported) << type;
  }
}

TEST(Attest, RefusesASafeThatIsNeitherYesNorNo) {
  Bytes bytes = write_quote(some_quote());
  const std::size_t safe = 6 + 2 + 34 + 2 + 32 + 8 + 4 + 4;
  ASSERT_EQ(bytes[safe], 1);
  bytes[safe] = 2;
  EXPECT_FALSE(parse_quote(bytes));
}

// Every attestation that a real TPM signed for the generated vectors, with the facts stated there.
TEST(Attest, AgreesWithTheGeneratedVectors) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes text = vector_file("expected/generated-swtpm.json");
  const auto expected = codec::parse_json(as_text(text), {.max_bytes = 1 << 20});
  ASSERT_TRUE(expected);
  for (const auto& [name, facts] : expected->items()) {
    SCOPED_TRACE(name);
    const Bytes bytes = vector_file(name + "/attest.bin");
    const auto quote = parse_quote(bytes);
    const bool is_quote = facts["magic"] == "0xff544347" && facts["type"] == "0x8018";
    ASSERT_EQ(quote.has_value(), is_quote);
    if (!is_quote) {
      EXPECT_EQ(quote.error().code(), ErrorCode::kUnsupported);
      continue;
    }
    EXPECT_EQ(write_quote(*quote), bytes);
    EXPECT_EQ(quote->clock.reset_count, facts["reset"].get<std::uint32_t>());
    EXPECT_EQ(quote->clock.restart_count, facts["restart"].get<std::uint32_t>());
    EXPECT_EQ(quote->clock.safe, facts["safe"] == 1);
    EXPECT_EQ(quote->extra_data == vector_file(name + "/nonce.bin"),
              facts["nonce_matches"].get<bool>());
    ASSERT_EQ(quote->pcrs.size(), facts["sel"].size());
    for (std::size_t i = 0; i < quote->pcrs.size(); ++i) {
      EXPECT_EQ(static_cast<int>(quote->pcrs[i].bank), facts["sel"][i][0].get<int>());
      std::vector<std::size_t> indexes;
      for (const PcrIndex pcr : quote->pcrs[i].pcrs.indexes()) {
        indexes.push_back(pcr.value());
      }
      EXPECT_EQ(indexes, facts["sel"][i][1].get<std::vector<std::size_t>>());
    }
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(parse_quote(ByteSpan(bytes).first(n))) << n;
    }
  }
}

TEST(Attest, ParsesAQuoteOfAnotherSimulator) {
  SEAWORTHY_NEEDS_VECTORS();
  const auto quote = parse_quote(vector_file("keylime+keylime/test-data/files/quote.out"));
  ASSERT_TRUE(quote) << quote.error().message();
  EXPECT_EQ(text(quote->pcrs), "sha256:15,16,22");
  EXPECT_EQ(codec::to_hex(quote->extra_data), "db1db298db6d60e6385b7231743e9c3056a18003");
}

}  // namespace
}  // namespace seaworthy::tpm

#include "commands/pcr_file.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/writer.h"

namespace seaworthy::commands {
namespace {

using crypto::HashAlg;
using tpm::PcrIndex;
using tpm::PcrMask;
using tpm::PcrSelection;

const std::vector<PcrSelection> kTwoPcrs = {
    {HashAlg::kSha256, PcrMask{PcrIndex::at<0>(), PcrIndex::at<7>()}}};

TEST(PcrFile, ReadsSelectionsAsPeopleWriteThem) {
  EXPECT_EQ(*parse_selection("sha256:0,7"), kTwoPcrs);
  const std::vector<PcrSelection> two_banks = {{HashAlg::kSha1, PcrMask::range<0, 23>()},
                                               {HashAlg::kSha384, PcrMask::range<2, 4>()}};
  EXPECT_EQ(*parse_selection("sha1:all+sha384:2-4"), two_banks);
}

TEST(PcrFile, RefusesSelectionsThatNameNoBankOrNoPcr) {
  for (const char* text :
       {"", "sha256", "sha256:", "md5:0", "sha256:24", "sha256:-1", "sha256:0,,1", "sha256:0+",
        "sha256:0 ", "0,1", "sha256:1-99999999999"}) {
    EXPECT_FALSE(parse_selection(text)) << text;
  }
}

TEST(PcrFile, ReadsTheValuesOfTheSelectionOrOfWholeBanks) {
  Bytes selected(32, 0xA0);
  append(selected, Bytes(32, 0xA7));
  EXPECT_EQ((*parse_pcr_file(selected, kTwoPcrs))[1], Bytes(32, 0xA7));
  Bytes all;
  for (std::uint8_t i = 0; i < 24; ++i) {
    append(all, Bytes(32, i));
  }
  const auto values = parse_pcr_file(all, kTwoPcrs);
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (std::vector<Bytes>{Bytes(32, 0), Bytes(32, 7)}));
}

// What tpm2_quote -o writes: structures of tpm2-tss as they lie in memory.
Bytes in_memory(std::uint8_t bits, std::uint32_t lists, std::uint32_t count) {
  codec::Writer writer;
  writer.u32le(1).u16le(0x000B).u8(3).raw(Bytes{bits, 0, 0, 0xEE, 0});
  writer.raw(Bytes(15 * 8));
  writer.u32le(lists).u32le(count);
  for (std::uint8_t i = 0; i < 8; ++i) {
    writer.u16le(32).raw(Bytes(32, i)).raw(Bytes(32));
  }
  return writer.bytes();
}

TEST(PcrFile, ReadsWhatTpm2QuoteWritesForThisVerySelection) {
  const auto values = parse_pcr_file(in_memory(0x81, 1, 2), kTwoPcrs);
  ASSERT_TRUE(values) << values.error().message();
  EXPECT_EQ(*values, (std::vector<Bytes>{Bytes(32, 0), Bytes(32, 1)}));
  EXPECT_FALSE(parse_pcr_file(in_memory(0x80, 1, 2), kTwoPcrs));
  EXPECT_FALSE(parse_pcr_file(in_memory(0x81, 2, 2), kTwoPcrs));
  EXPECT_FALSE(parse_pcr_file(in_memory(0x81, 1, 9), kTwoPcrs));
  EXPECT_FALSE(parse_pcr_file(in_memory(0x81, 0xFFFFFFFF, 2), kTwoPcrs));
}

TEST(PcrFile, SaysWhichSizesItExpects) {
  const auto values = parse_pcr_file(Bytes(63), kTwoPcrs);
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().message(),
            "63 bytes; the values of sha256:0,7 are 64, of whole banks 768");
}

std::string lines_of(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += codec::to_hex(Bytes(32, static_cast<std::uint8_t>(i))) + "\n";
  }
  return text;
}

TEST(PcrValues, ReadsWhatToolsAndTheKernelWrite) {
  Bytes raw;
  for (std::uint8_t i = 0; i < 24; ++i) {
    append(raw, Bytes(32, i));
  }
  const Bytes sixteen(raw.begin(), raw.begin() + 16 * 32);
  const std::string lines = lines_of(16);
  const std::string all = lines_of(24);
  for (const ByteSpan file : {ByteSpan(raw), ByteSpan(sixteen), as_bytes(lines), as_bytes(all)}) {
    const auto values = parse_pcr_values(file);
    ASSERT_TRUE(values) << values.error().message();
    ASSERT_EQ(values->size(), 16u);
    for (std::uint8_t i = 0; i < 16; ++i) {
      EXPECT_EQ(values->at(i), crypto::Digest(crypto::HashAlg::kSha256, Bytes(32, i)));
    }
  }
}

TEST(PcrValues, RefusesOtherFiles) {
  std::string text = lines_of(16);
  text[65 * 2] = 'g';
  EXPECT_EQ(parse_pcr_values(as_bytes(text)).error().message(),
            "line 3: expected 64 hexadecimal digits");
  text = lines_of(16);
  text[65 * 2 - 1] = ' ';
  EXPECT_FALSE(parse_pcr_values(as_bytes(text)));
  EXPECT_FALSE(parse_pcr_values(as_bytes(lines_of(15))));
  EXPECT_FALSE(parse_pcr_values({}));
}

}  // namespace
}  // namespace seaworthy::commands

#include "eventlog/pe_image.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "support/pe_image.h"

namespace seaworthy::eventlog {
namespace {

using seaworthy::testing::pe_image;
using seaworthy::testing::PeKind;

const std::vector<std::pair<std::string, std::string>> kSections = {
    {".text", "code"}, {".cmdline", "root=/dev/vda2 ro"}, {".linux", std::string(600, 'k')}};

std::string authenticode(ByteSpan image) {
  const auto read = parse_pe_image(image);
  EXPECT_TRUE(read) << read.error().message();
  return read ? codec::to_hex(read->authenticode.bytes()) : "";
}

// `pesign -h -d sha256` of these very bytes (pesign 0.112-6).
TEST(PeImage, HasTheDigestThatPesignComputes) {
  EXPECT_EQ(authenticode(pe_image(kSections)),
            "0f90940100192f017e607c613256f9066b010f66dd7fede6c0f90da358c9dbf5");
  EXPECT_EQ(authenticode(pe_image(kSections, "", PeKind::k32)),
            "3f74a44ec4666b3cf519dd7dd68ce52a38ee4075829cfd269efdde82340c7d5e");
}

TEST(PeImage, HasTheSameDigestWhetherSignedOrNot) {
  EXPECT_EQ(authenticode(pe_image(kSections, std::string(64, 's'))),
            authenticode(pe_image(kSections)));
}

TEST(PeImage, EveryOtherByteCounts) {
  const Bytes image = pe_image(kSections, std::string(64, 's'));
  const std::string digest = authenticode(image);
  const std::size_t checksum = 64 + 24 + 64;
  const std::size_t entry = 64 + 24 + 112 + 32;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const bool left_out = (i >= checksum && i < checksum + 4) || (i >= entry && i < entry + 4) ||
                          i >= image.size() - 64;
    if (i >= entry + 4 && i < entry + 8) {
      continue;  // how long the signatures are
    }
    Bytes other = image;
    other[i] ^= 1;
    const auto read = parse_pe_image(other);
    if (read) {
      EXPECT_EQ(codec::to_hex(read->authenticode.bytes()) == digest, left_out) << i;
    } else {
      EXPECT_FALSE(left_out) << i;
    }
  }
}

TEST(PeImage, WhatFollowsTheSectionsCounts) {
  Bytes image = pe_image(kSections);
  const std::string digest = authenticode(image);
  append(image, as_bytes("appended"));
  EXPECT_NE(authenticode(image), digest);
}

TEST(PeImage, SectionsAreHashedByTheirPlaceInTheFile) {
  const Bytes image = pe_image(kSections);
  Bytes turned = image;  // the first two entries of the table change places
  const auto table = static_cast<std::ptrdiff_t>(64 + 24 + 240);
  std::swap_ranges(turned.begin() + table, turned.begin() + table + 40,
                   turned.begin() + table + 40);
  crypto::Hasher expected(crypto::HashAlg::kSha256);
  expected.update(ByteSpan(turned).first(64 + 24 + 64));
  expected.update(ByteSpan(turned).subspan(64 + 24 + 68, 112 + 32 - 68));
  expected.update(ByteSpan(turned).subspan(64 + 24 + 112 + 40));
  EXPECT_EQ(authenticode(turned), codec::to_hex(expected.finish().bytes()));
}

TEST(PeImage, GivesSectionsWithoutTheirPadding) {
  const Bytes image = pe_image(kSections);
  const auto read = parse_pe_image(image);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->sections.size(), 3u);
  EXPECT_TRUE(read->is_unified_kernel());
  EXPECT_EQ(as_text(read->section(".cmdline")->data), "root=/dev/vda2 ro");
  EXPECT_EQ(read->section(".initrd"), nullptr);
  const Bytes plain = pe_image({{".text", "x"}});
  EXPECT_FALSE(parse_pe_image(plain)->is_unified_kernel());
}

TEST(PeImage, RefusesEveryPrefix) {
  const Bytes image = pe_image(kSections);
  for (std::size_t size = 0; size < image.size(); ++size) {
    const auto read = parse_pe_image(ByteSpan(image).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_NE(read.error().message().find(" at byte "), std::string::npos);
  }
}

struct Broken {
  const char* name;
  std::size_t offset;
  Bytes bytes;
  const char* message;
};
class RefusesAPeImage : public ::testing::TestWithParam<Broken> {};

TEST_P(RefusesAPeImage, AndSaysWhere) {
  Bytes image = pe_image(kSections);
  std::copy(GetParam().bytes.begin(), GetParam().bytes.end(),
            image.begin() + static_cast<std::ptrdiff_t>(GetParam().offset));
  const auto read = parse_pe_image(image);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find(GetParam().message), std::string::npos)
      << read.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesAPeImage,
    ::testing::Values(
        Broken{"OfAnotherFormat", 0, {'E'}, "does not begin with MZ"},
        Broken{"WhosePeHeaderLiesOutside", 0x3C, {0xFF, 0xFF, 0xFF, 0xFF}, "PE image at byte 0"},
        Broken{"WithoutPeSignature", 64, {'N'}, "no PE signature"},
        Broken{"OfAnUnknownMagic", 64 + 24, {0x07, 0x01}, "neither PE32 nor PE32+"},
        Broken{"WithTooManySections", 64 + 6, {1, 1}, "more than 256 sections"},
        Broken{"WithASectionOutside",
               64 + 24 + 240 + 20,
               {0xFF, 0xFF, 0xFF, 0x7F},
               "PE image at byte 0"},
        Broken{"WithHeadersThatEndBeforeTheirEntries", 64 + 24 + 60, {10, 0}, "SizeOfHeaders"},
        Broken{"WithHeadersThatLieOutside", 64 + 24 + 60, {0, 0, 1}, "PE image at byte"}),
    [](const auto& row) { return row.param.name; });

TEST(PeImage, RefusesSignaturesThatOverlapWhatIsHashed) {
  Bytes image = pe_image(kSections, std::string(64, 's'));
  image[64 + 24 + 112 + 32 + 4] = 65;
  EXPECT_NE(parse_pe_image(image).error().message().find("overlap"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::eventlog

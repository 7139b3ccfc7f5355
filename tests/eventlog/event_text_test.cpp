#include "eventlog/event_text.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/writer.h"
#include "eventlog/uefi.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

// An event whose digest is of `hashed`, and which logs `data`.
BootEvent event(std::uint32_t type, ByteSpan data, ByteSpan hashed) {
  return {.pcr = 8, .type = type, .digests = {crypto::sha256(hashed)}, .data = to_bytes(data)};
}
BootEvent event(std::uint32_t type, std::string_view data, std::string_view hashed) {
  return event(type, as_bytes(data), as_bytes(hashed));
}
std::string proven(const BootEvent& e) {
  return describe(e, HashAlg::kSha256).proven;
}
std::string claimed(const BootEvent& e) {
  return describe(e, HashAlg::kSha256).claimed;
}

TEST(EventText, DataAreProvenWhereTheDigestIsTheirs) {
  EXPECT_EQ(proven(event(kEfiAction, "go", "go")), "go");
  EXPECT_EQ(claimed(event(kEfiAction, "go", "go")), "");
  EXPECT_EQ(proven(event(kEfiAction, "go", "stop")), "");
  EXPECT_EQ(claimed(event(kEfiAction, "go", "stop")), "go");
  EXPECT_EQ(describe(event(kEfiAction, "go", "go"), HashAlg::kSha384).proven, "");
}

TEST(EventText, A67_TheWordInFrontOfAGrubLineIsOnlyClaimed) {
  const BootEvent line = event(kIpl, {"kernel_cmdline: /vmlinuz ro\0", 28}, "/vmlinuz ro");
  EXPECT_EQ(proven(line), "/vmlinuz ro");
  EXPECT_EQ(claimed(line), "kernel_cmdline");
  const BootEvent with_nul = event(kIpl, {"grub_cmd set x\0", 15}, {"set x\0", 6});
  EXPECT_EQ(proven(with_nul), "set x");
  EXPECT_EQ(claimed(with_nul), "grub_cmd");
  EXPECT_FALSE(shown_bytes(event(kAction, "a: b", "b"), HashAlg::kSha256));  // of GRUB only
}

TEST(EventText, A83_AuthoritiesOfAnOldShimAreShownWithoutTheirLastByte) {
  EXPECT_EQ(shown_bytes(event(kVariableAuthority, "abcd", "abc"), HashAlg::kSha256)->size(), 3u);
  EXPECT_FALSE(shown_bytes(event(kVariableDriverConfig, "abcd", "abc"), HashAlg::kSha256));
}

TEST(EventText, TheNameOfABootVariableIsOnlyClaimedIfItsValueAloneWasHashed) {
  const Bytes value{2, 0, 1, 0};
  const Bytes data =
      write_uefi_variable({.guid = kEfiGlobalVariable, .name = "BootOrder", .data = value});
  EXPECT_EQ(proven(event(kVariableBoot, data, value)), "02000100");
  EXPECT_EQ(claimed(event(kVariableBoot, data, value)), "of variable BootOrder");
  EXPECT_EQ(proven(event(kVariableBoot, data, data)), "BootOrder = 02000100");
}

TEST(EventText, AProgramIsADigestAndItsFileAHint) {
  codec::Writer path;
  path.u8(4).u8(4).u16le(4 + 6).raw(Bytes{'\\', 0, 'g', 0, 0, 0});
  codec::Writer data;
  data.u64le(1).u64le(2).u64le(3).u64le(path.bytes().size()).raw(path.bytes());
  const BootEvent program = event(kBootApplication, data.bytes(), as_bytes("the image"));
  EXPECT_EQ(proven(program), "");
  EXPECT_EQ(claimed(program), "\\g");
}

TEST(EventText, AnEventThatIsNeverExtendedProvesNothing) {
  const std::string data("StartupLocality\0\3", 17);
  const BootEvent e = event(kNoAction, data, data);
  EXPECT_EQ(proven(e), "");
  EXPECT_EQ(claimed(e), "StartupLocality 3");
}

TEST(EventText, HoldsNoControlCharacters) {
  EXPECT_EQ(proven(event(kEfiAction, "a\x1b[2J", "a\x1b[2J")), "611b5b324a");
  const std::string long_text(5000, 'x');
  EXPECT_LT(proven(event(kEfiAction, long_text, long_text)).size(), 500u);
}

}  // namespace
}  // namespace seaworthy::eventlog

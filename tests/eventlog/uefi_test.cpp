#include "eventlog/uefi.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/writer.h"
#include "eventlog/boot_log.h"
#include "support/vectors.h"

namespace seaworthy::eventlog {
namespace {

Bytes signature_list(std::uint32_t list_size, std::uint32_t header_size,
                     std::uint32_t signature_size, ByteSpan body) {
  return codec::Writer()
      .raw(kCertSha256)
      .u32le(list_size)
      .u32le(header_size)
      .u32le(signature_size)
      .raw(body)
      .bytes();
}

TEST(UefiVariable, ParsesWhatItWrites) {
  const Bytes on{1};
  const Bytes bytes = write_uefi_variable({kEfiGlobalVariable, "SecureBoot", on});
  const auto variable = parse_uefi_variable(bytes);
  ASSERT_TRUE(variable) << variable.error().message();
  EXPECT_EQ(variable->name, "SecureBoot");
  EXPECT_EQ(text(variable->guid), "8be4df61-93ca-11d2-aa0d-00e098032b8c");
  EXPECT_EQ(to_bytes(variable->data), on);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(parse_uefi_variable(ByteSpan(bytes).first(n))) << n;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_uefi_variable(longer));
}

TEST(UefiVariable, RefusesSizesThatCannotBe) {
  const auto with = [](std::uint64_t name, std::uint64_t data) {
    return parse_uefi_variable(
        codec::Writer().raw(kEfiGlobalVariable).u64le(name).u64le(data).raw(Bytes(64)).bytes());
  };
  EXPECT_FALSE(with(0xFFFFFFFFFFFFFFFF, 0));
  EXPECT_FALSE(with(0x8000000000000001, 0));
  EXPECT_FALSE(with(kMaxVariableName + 1, 0));
  EXPECT_FALSE(with(0, 0xFFFFFFFFFFFFFFFF));
  EXPECT_TRUE(with(0, 64));
}

TEST(SignatureList, ParsesListsOneAfterTheOther) {
  const Bytes one = signature_list(28 + 2 * 48, 0, 48, Bytes(96, 0x77));
  Bytes two = one;
  append(two, one);
  const auto lists = parse_signature_lists(two);
  ASSERT_TRUE(lists) << lists.error().message();
  ASSERT_EQ(lists->size(), 2u);
  ASSERT_EQ((*lists)[1].signatures.size(), 2u);
  EXPECT_EQ((*lists)[1].type, kCertSha256);
  EXPECT_EQ((*lists)[1].signatures[0].data.size(), 32u);
  EXPECT_TRUE(parse_signature_lists({})->empty());
}

TEST(SignatureList, A76_RefusesASignatureSizeAboveTheList) {
  EXPECT_FALSE(parse_signature_lists(signature_list(28, 0xFFFFFFFF, 0xFFFFFFFF, {})));
  EXPECT_FALSE(parse_signature_lists(signature_list(28 + 48, 0, 0xFFFFFFFF, Bytes(48))));
  EXPECT_FALSE(parse_signature_lists(signature_list(28 + 48, 0, 0, Bytes(48))));
  EXPECT_FALSE(parse_signature_lists(signature_list(28 + 48, 0, 16, Bytes(48))));
  EXPECT_FALSE(parse_signature_lists(signature_list(28 + 48, 0, 47, Bytes(48))));
}

TEST(SignatureList, A77_RefusesAListSmallerThanItsHeader) {
  for (const std::uint32_t size : {0u, 1u, 27u}) {
    EXPECT_FALSE(parse_signature_lists(signature_list(size, 0, 48, Bytes(48)))) << size;
  }
  EXPECT_FALSE(parse_signature_lists(signature_list(29, 0, 48, {})));
}

TEST(SignatureList, A78_VendorHeaderBytesAreNotSignatures) {
  Bytes body(48, 0xEE);  // the header: looks like a signature, is not one
  append(body, Bytes(48, 0x77));
  const Bytes list = signature_list(28 + 96, 48, 48, body);
  const auto lists = parse_signature_lists(list);
  ASSERT_TRUE(lists);
  ASSERT_EQ((*lists)[0].signatures.size(), 1u);
  EXPECT_EQ((*lists)[0].signatures[0].data[0], 0x77);
}

TEST(ImageLoad, GivesTheFileAsAHint) {
  codec::Writer name;
  for (const char c : std::string_view("\\EFI\\debian\\shimx64.efi")) {
    name.u16le(static_cast<std::uint8_t>(c));
  }
  name.u16le(0);
  codec::Writer path;
  path.u8(4).u8(4).u16le(static_cast<std::uint16_t>(4 + name.bytes().size())).raw(name.bytes());
  path.raw(*codec::from_hex("7fff0400"));
  codec::Writer image;
  image.u64le(1).u64le(2).u64le(3).u64le(path.bytes().size()).raw(path.bytes());
  const auto parsed = parse_image_load(image.bytes());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(claimed_file(parsed->device_path), "\\EFI\\debian\\shimx64.efi");
  EXPECT_EQ(claimed_file(*codec::from_hex("0404030041")), "");  // a node shorter than its header
  EXPECT_EQ(claimed_file(*codec::from_hex("0404ffff41")), "");
  EXPECT_FALSE(parse_image_load(codec::Writer().u64le(1).u64le(2).u64le(3).u64le(~0ull).bytes()));
}

TEST(Utf16, RefusesWhatIsNotText) {
  EXPECT_EQ(*utf16le_to_utf8(*codec::from_hex("4100e900ac203dd800de0000")), "Aé€😀");
  EXPECT_FALSE(utf16le_to_utf8(*codec::from_hex("41")));
  EXPECT_FALSE(utf16le_to_utf8(*codec::from_hex("00d84100")));
  EXPECT_FALSE(utf16le_to_utf8(*codec::from_hex("00dc")));
  EXPECT_FALSE(utf16le_to_utf8(*codec::from_hex("410000004100")));
}

TEST(UefiVariable, ReadsTheKeyDatabasesOfRealMachines) {
  SEAWORTHY_NEEDS_VECTORS();
  const auto log = parse_boot_log(
      seaworthy::testing::vector_file("google+go-eventlog/testdata/eventlogs/tpm/rhel8-uefi.bin"));
  ASSERT_TRUE(log);
  std::size_t certificates = 0;
  for (const BootEvent& event : log->events) {
    if (event.type != kVariableDriverConfig) {
      continue;
    }
    EXPECT_TRUE(event.digest_is_of(crypto::HashAlg::kSha256, event.data));
    const auto variable = parse_uefi_variable(event.data);
    ASSERT_TRUE(variable) << variable.error().message();
    if (variable->name == "db" || variable->name == "dbx" || variable->name == "KEK") {
      const auto lists = parse_signature_lists(variable->data);
      ASSERT_TRUE(lists) << lists.error().message();
      for (const SignatureList& list : *lists) {
        certificates += list.type == kCertX509 ? list.signatures.size() : 0;
      }
    }
  }
  EXPECT_GE(certificates, 3u);
}

}  // namespace
}  // namespace seaworthy::eventlog

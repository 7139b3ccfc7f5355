#include "eventlog/evm.h"

#include <gtest/gtest.h>

#include "codec/writer.h"
#include "eventlog/ima_signature.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

// Attributes as the three lists of evm-sig carry them.
struct Attributes {
  Bytes names, lengths, values;
  ImaEntry::Inode inode() const { return {names, lengths, values, 1000, 50, 0100755}; }
};

Attributes attributes(const std::vector<std::pair<std::string, std::string>>& all) {
  Attributes out;
  codec::Writer lengths;
  for (const auto& [name, value] : all) {
    append(out.names, as_bytes(out.names.empty() ? name : "|" + name));
    lengths.u32le(static_cast<std::uint32_t>(value.size()));
    append(out.values, as_bytes(value));
  }
  out.names.push_back(0);
  out.lengths = lengths.bytes();
  return out;
}

std::optional<std::string> value(const Attributes& of, std::string_view name = kImaAttribute) {
  const auto found = attribute(of.inode(), name);
  return found ? std::optional(std::string(as_text(*found))) : std::nullopt;
}

TEST(Evm, FindsAnAttribute) {
  const Attributes three = attributes(
      {{"security.selinux", "label"}, {"security.ima", "digest"}, {"security.capability", ""}});
  EXPECT_EQ(value(three, "security.selinux"), "label");
  EXPECT_EQ(value(three), "digest");
  EXPECT_EQ(value(three, "security.capability"), "");
  EXPECT_EQ(value(three, "security.apparmor"), std::nullopt);
  EXPECT_EQ(value(three, "security"), std::nullopt);
  EXPECT_EQ(value({}), std::nullopt);
  Attributes without_nul = three;
  without_nul.names.pop_back();
  EXPECT_EQ(value(without_nul), "digest");
}

// Where a value begins must not be a matter of opinion: only the values are signed.
TEST(Evm, A103_ListsThatContradictEachOtherNameNothing) {
  const Attributes good = attributes({{"security.ima", "digest"}, {"security.capability", "cap"}});
  ASSERT_EQ(value(good), "digest");
  const auto broken = [&](auto change) {
    Attributes bad = good;
    change(bad);
    return value(bad);
  };
  EXPECT_EQ(broken([](auto& a) { a.names = to_bytes(as_bytes("security.ima")); }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { append(a.names, as_bytes("security.more")); }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.lengths.resize(4); }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.lengths.pop_back(); }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.lengths[4] += 1; }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.lengths[0] -= 1; }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.lengths[3] = 0xFF; }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.values.push_back(0); }), std::nullopt);
  EXPECT_EQ(broken([](auto& a) { a.values.pop_back(); }), std::nullopt);
  EXPECT_EQ(value(attributes({{"security.ima", "one"}, {"security.ima", "two"}})), std::nullopt);
}

TEST(Evm, ReadsTheDigestInSecurityIma) {
  const crypto::Digest content = crypto::sha256(as_bytes("content"));
  Bytes ima{4, 4};
  append(ima, content.bytes());
  EXPECT_EQ(said_digest(ima), content);
  for (std::size_t n = 0; n < ima.size(); ++n) {
    EXPECT_EQ(said_digest(ByteSpan(ima).first(n)), std::nullopt) << n;
  }
  Bytes longer = ima;
  longer.push_back(0);
  EXPECT_EQ(said_digest(longer), std::nullopt);
  for (const int type : {0, 1, 3, 5, 6}) {
    Bytes other = ima;
    other[0] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(said_digest(other), std::nullopt) << type;
  }
  Bytes sha1{4, 2};
  append(sha1, Bytes(20, 1));
  EXPECT_EQ(said_digest(sha1), std::nullopt) << "A-96";
}

TEST(Evm, HashesValuesOwnerAndMode) {
  const Attributes file = attributes({{"security.ima", "digest"}, {"security.capability", "cap"}});
  // "digestcap", inode number and generation 0, 1000, 50, 0100755, two bytes of alignment
  const Bytes hashed = codec::Writer()
                           .raw(as_bytes("digestcap"))
                           .raw(Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
                           .raw(Bytes{0xE8, 0x03, 0, 0, 0x32, 0, 0, 0, 0xED, 0x81, 0, 0})
                           .bytes();
  EXPECT_EQ(portable_digest(file.inode(), HashAlg::kSha256), crypto::sha256(hashed));
  EXPECT_EQ(portable_digest(file.inode(), HashAlg::kSha384),
            crypto::hash(HashAlg::kSha384, hashed));
  const auto changed = [&](auto change) {
    ImaEntry::Inode inode = file.inode();
    change(inode);
    return portable_digest(inode, HashAlg::kSha256);
  };
  const auto same = changed([](auto&) {});
  EXPECT_NE(changed([](auto& inode) { inode.uid = 0; }), same);
  EXPECT_NE(changed([](auto& inode) { inode.gid = 0; }), same);
  EXPECT_NE(changed([](auto& inode) { inode.mode = 0104755; }), same);
  EXPECT_EQ(changed([](auto& inode) { inode.uid.reset(); }), std::nullopt);
  EXPECT_EQ(changed([](auto& inode) { inode.gid.reset(); }), std::nullopt);
  EXPECT_EQ(changed([](auto& inode) { inode.mode.reset(); }), std::nullopt);
}

}  // namespace
}  // namespace seaworthy::eventlog

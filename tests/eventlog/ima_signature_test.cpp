#include "eventlog/ima_signature.h"

#include <gtest/gtest.h>

#include "eventlog/evm.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;
using Type = ImaSignature::Type;

const Bytes kSome{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02};

Bytes field(Type type = Type::kFile, std::uint8_t version = 2, std::uint8_t hash_id = 4) {
  return write_ima_signature(
      {.type = type, .version = version, .hash_id = hash_id, .key_id = 0xA1B2C3D4, .bytes = kSome});
}

TEST(ImaSignature, ParsesWhatItWrites) {
  const Bytes bytes = field();
  const auto signature = parse_ima_signature(bytes);
  ASSERT_TRUE(signature) << signature.error().message();
  EXPECT_EQ(signature->type, Type::kFile);
  EXPECT_EQ(signature->version, 2);
  EXPECT_EQ(signature->hash, HashAlg::kSha256);
  EXPECT_EQ(signature->key_id, 0xA1B2C3D4u);
  EXPECT_EQ(to_bytes(signature->bytes), kSome);
  EXPECT_EQ(write_ima_signature(*signature), bytes);
}

TEST(ImaSignature, A98_RefusesEveryStrictPrefixAndWhatFollows) {
  Bytes bytes = field();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(parse_ima_signature(ByteSpan(bytes).first(n))) << n;
  }
  bytes.push_back(0);
  EXPECT_FALSE(parse_ima_signature(bytes));
}

TEST(ImaSignature, RefusesTypesAndVersionsThatItDoesNotKnow) {
  for (const int type : {0, 1, 2, 4, 7, 255}) {
    Bytes bytes = field();
    bytes[0] = static_cast<std::uint8_t>(type);  // 1 and 4: a hash and no signature
    EXPECT_FALSE(parse_ima_signature(bytes)) << type;
  }
  for (const std::uint8_t version : Bytes{0, 1, 4}) {
    const Bytes bytes = field(Type::kFile, version);
    const auto refused = parse_ima_signature(bytes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  }
}

TEST(ImaSignature, RefusesOneLongerThanAnyKeyMakes) {
  const auto of = [](std::size_t size) {
    const Bytes bytes(size, 1);
    return write_ima_signature({.hash_id = 4, .bytes = bytes});
  };
  const Bytes longest = of(kMaxImaSignature), longer = of(kMaxImaSignature + 1);
  EXPECT_TRUE(parse_ima_signature(longest));
  EXPECT_FALSE(parse_ima_signature(longer));
}

TEST(ImaSignature, A96_KnowsOnlyHashesThatHold) {
  for (const auto& [id, known] : {std::pair{1, false},
                                  {2, false},
                                  {4, true},
                                  {5, true},
                                  {6, true},
                                  {7, false},
                                  {17, false},
                                  {255, false}}) {
    const Bytes bytes = field(Type::kFile, 2, static_cast<std::uint8_t>(id));
    EXPECT_EQ(parse_ima_signature(bytes)->hash.has_value(), known) << id;
  }
}

TEST(ImaSignature, Version2SignsTheDigestAndVersion3WhatItIsToo) {
  const crypto::Digest file = crypto::sha256(as_bytes("content"));
  const auto signed_by = [&](const Bytes& bytes, bool verity) {
    return parse_ima_signature(bytes)->signed_digest(file, verity);
  };
  EXPECT_EQ(signed_by(field(Type::kFile, 2), false), file);
  const Bytes file_id{0x03, 4}, tree_id{0x06, 4};
  EXPECT_EQ(signed_by(field(Type::kFile, 3), false),
            crypto::hash(HashAlg::kSha256, {file_id, file.bytes()}));
  EXPECT_EQ(signed_by(field(Type::kVerity, 3), true),
            crypto::hash(HashAlg::kSha256, {tree_id, file.bytes()}));
}

TEST(ImaSignature, A103_OneOverSomethingElseIsNone) {
  const crypto::Digest file = crypto::sha256(as_bytes("content"));
  const auto signed_by = [&](const Bytes& bytes, bool verity) {
    return parse_ima_signature(bytes)->signed_digest(file, verity).has_value();
  };
  EXPECT_FALSE(signed_by(field(Type::kVerity, 3), false));       // a tree's for a file
  EXPECT_FALSE(signed_by(field(Type::kFile, 3), true));          // a file's for a tree
  EXPECT_FALSE(signed_by(field(Type::kVerity, 2), true));        // a tree under version 2
  EXPECT_FALSE(signed_by(field(Type::kEvmPortable, 2), false));  // an inode's
  EXPECT_FALSE(signed_by(field(Type::kFile, 2, 5), false));      // over SHA-384
  EXPECT_FALSE(signed_by(field(Type::kFile, 2, 2), false));      // over SHA-1
}

TEST(ImaSignature, A103_OnlyAPortableOneIsOverAnInode) {
  const ImaEntry::Inode inode{{}, {}, kSome, 0, 0, 0100755};
  const auto signed_by = [&](const Bytes& bytes) {
    return parse_ima_signature(bytes)->signed_digest(inode);
  };
  const auto plain = portable_digest(inode, HashAlg::kSha256);
  const Bytes file_id{0x05, 4};
  EXPECT_EQ(signed_by(field(Type::kEvmPortable, 2)), plain);
  EXPECT_EQ(signed_by(field(Type::kEvmPortable, 3)),
            crypto::hash(HashAlg::kSha256, {file_id, plain->bytes()}));
  EXPECT_EQ(signed_by(field(Type::kEvmPortable, 2, 6)), portable_digest(inode, HashAlg::kSha512));
  EXPECT_EQ(signed_by(field(Type::kEvmPortable, 2, 2)), std::nullopt);  // over SHA-1
  EXPECT_EQ(signed_by(field(Type::kFile, 2)), std::nullopt);
  EXPECT_EQ(signed_by(field(Type::kVerity, 3)), std::nullopt);
  EXPECT_EQ(parse_ima_signature(field(Type::kEvmPortable))->signed_digest(ImaEntry::Inode{}),
            std::nullopt);
}

}  // namespace
}  // namespace seaworthy::eventlog

#include "eventlog/ima_signature.h"

#include <array>
#include <string>
#include <utility>

#include "codec/reader.h"
#include "codec/writer.h"
#include "eventlog/evm.h"

namespace seaworthy::eventlog {

using crypto::HashAlg;

namespace {

constexpr std::array<std::pair<std::uint8_t, HashAlg>, 3> kHashIds = {
    {{4, HashAlg::kSha256}, {5, HashAlg::kSha384}, {6, HashAlg::kSha512}}};

// struct ima_file_id.
crypto::Digest file_id(const ImaSignature& signature, const crypto::Digest& digest) {
  const ByteArray<2> head{static_cast<std::uint8_t>(signature.type), signature.hash_id};
  return crypto::hash(digest.alg(), {head, digest.bytes()});
}

}  // namespace

std::optional<HashAlg> hash_of_id(std::uint8_t id) {
  for (const auto& [known, alg] : kHashIds) {
    if (known == id) {
      return alg;
    }
  }
  return std::nullopt;
}

std::optional<crypto::Digest> ImaSignature::signed_digest(const crypto::Digest& file,
                                                          bool verity) const {
  if (hash != file.alg() || type != (verity ? Type::kVerity : Type::kFile)) {
    return std::nullopt;
  }
  if (version == 2) {
    // The kernel takes a tree's digest under version 3 only.
    return verity ? std::nullopt : std::optional(file);
  }
  return file_id(*this, file);
}

std::optional<crypto::Digest> ImaSignature::signed_digest(const ImaEntry::Inode& inode) const {
  if (!hash || type != Type::kEvmPortable) {
    return std::nullopt;
  }
  const auto digest = portable_digest(inode, *hash);
  return digest && version == 3 ? file_id(*this, *digest) : digest;
}

Result<ImaSignature> parse_ima_signature(ByteSpan field) {
  codec::Reader reader("IMA signature", field);
  ImaSignature out;
  const std::uint8_t type = TRY(reader.u8());
  if (type != 0x03 && type != 0x05 && type != 0x06) {
    return reader.malformed("type " + std::to_string(type) + " is not one of a signature");
  }
  out.type = static_cast<ImaSignature::Type>(type);
  out.version = TRY(reader.u8());
  if (out.version != 2 && out.version != 3) {
    return reader.unsupported("version " + std::to_string(out.version) + ", known are 2 and 3");
  }
  out.hash_id = TRY(reader.u8());
  out.hash = hash_of_id(out.hash_id);
  out.key_id = TRY(reader.u32be());
  out.bytes = TRY(reader.sized16be(kMaxImaSignature));
  TRY(reader.expect_end());
  return out;
}

Bytes write_ima_signature(const ImaSignature& signature) {
  codec::Writer writer;
  return writer.u8(static_cast<std::uint8_t>(signature.type))
      .u8(signature.version)
      .u8(signature.hash_id)
      .u32be(signature.key_id)
      .u16be(static_cast<std::uint16_t>(signature.bytes.size()))
      .raw(signature.bytes)
      .bytes();
}

}  // namespace seaworthy::eventlog

#include "eventlog/evm.h"

#include "codec/reader.h"
#include "codec/writer.h"
#include "eventlog/ima_signature.h"

namespace seaworthy::eventlog {

namespace {

constexpr std::uint8_t kDigestNg = 0x04;  // IMA_XATTR_DIGEST_NG

// "security.ima|security.capability" NUL: the first of them, which is taken off.
std::string_view take_name(std::string_view& names) {
  const std::size_t end = names.find_first_of(std::string_view("|\0", 2));
  const std::string_view name = names.substr(0, end);
  names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
  return name;
}

}  // namespace

std::optional<ByteSpan> attribute(const ImaEntry::Inode& inode, std::string_view name) {
  std::string_view names = as_text(inode.xattr_names);
  codec::Reader lengths("xattrlengths", inode.xattr_lengths);
  codec::Reader values("xattrvalues", inode.xattr_values);
  std::optional<ByteSpan> found;
  while (!names.empty()) {
    const std::string_view next = take_name(names);
    const auto length = lengths.u32le();
    const auto value = length ? values.take(*length) : length.error();
    if (!value || (next == name && found)) {
      return std::nullopt;
    }
    if (next == name) {
      found = *value;
    }
  }
  return lengths.at_end() && values.at_end() ? found : std::nullopt;
}

std::optional<crypto::Digest> said_digest(ByteSpan ima_attribute) {
  if (ima_attribute.size() < 2 || ima_attribute[0] != kDigestNg) {
    return std::nullopt;
  }
  const auto alg = hash_of_id(ima_attribute[1]);
  const ByteSpan digest = ima_attribute.subspan(2);
  if (!alg || digest.size() != crypto::digest_size(*alg)) {
    return std::nullopt;
  }
  return crypto::Digest(*alg, digest);
}

std::optional<crypto::Digest> portable_digest(const ImaEntry::Inode& inode, crypto::HashAlg alg) {
  if (!inode.uid || !inode.gid || !inode.mode) {
    return std::nullopt;
  }
  // struct h_misc: ino, generation, uid, gid, mode, and what its alignment adds.
  codec::Writer misc;
  misc.u64le(0).u32le(0).u32le(*inode.uid).u32le(*inode.gid).u16le(*inode.mode).u16le(0);
  return crypto::hash(alg, {inode.xattr_values, misc.bytes()});
}

}  // namespace seaworthy::eventlog

// The signature that the kernel found at a file, as ima-sig and its kin carry it.
// Spec: Linux 6.12, security/integrity/integrity.h (signature_v2_hdr, ima_file_id),
// include/uapi/linux/hash_info.h; version 3 of all types but fs-verity: Linux 7.1,
// security/integrity/digsig_asymmetric.c; integers are big-endian.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "eventlog/ima.h"

namespace seaworthy::eventlog {

inline constexpr std::size_t kMaxImaSignature = 1024;  // RSA-8192; usual ones have 70 to 512 bytes

// Of enum hash_algo, those whose digests decide something: not SHA-1, not MD5.
std::optional<crypto::HashAlg> hash_of_id(std::uint8_t id);

// Well-formed and no more: that it is in the list does not mean that the kernel, or anybody,
// checked it. Views point into the field that was parsed.
struct ImaSignature {
  enum class Type : std::uint8_t {
    kFile = 0x03,         // EVM_IMA_XATTR_DIGSIG: over a digest of the content
    kEvmPortable = 0x05,  // EVM_XATTR_PORTABLE_DIGSIG: over the inode and all its attributes
    kVerity = 0x06,       // IMA_VERITY_DIGSIG: over the root of a hash tree
  };
  Type type = Type::kFile;
  std::uint8_t version = 2;                  // 2: over the digest; 3: over ima_file_id
  std::uint8_t hash_id = 0;                  // enum hash_algo
  std::optional<crypto::HashAlg> hash = {};  // if this build knows it
  std::uint32_t key_id = 0;                  // the last four bytes of the key's identifier
  ByteSpan bytes = {};                       // PKCS#1 v1.5, or DER of ECDSA

  // What was signed if this is one over `file`, a digest of the content or, for fs-verity, of the
  // tree: version 2 signs it as it is, version 3 signs H(type || hash_id || digest), so that a
  // digest of one kind cannot stand for one of the other. Null if it cannot be over `file`: another
  // algorithm, another kind of digest, or a signature over something else (EVM).
  std::optional<crypto::Digest> signed_digest(const crypto::Digest& file, bool verity) const;
  // The same for what lies at a file, its attributes, owner and mode: only a portable signature is
  // over that. What it says of the content is in one of the attributes (eventlog/evm.h).
  std::optional<crypto::Digest> signed_digest(const ImaEntry::Inode& inode) const;
};

// kMalformed: cut off, longer than it says, a type or size that there is not. kUnsupported: version
// 1, which signs SHA-1, or one that is newer.
Result<ImaSignature> parse_ima_signature(ByteSpan field);

// As evmctl would write it: for tests.
Bytes write_ima_signature(const ImaSignature& signature);

}  // namespace seaworthy::eventlog

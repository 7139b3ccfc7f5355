// What EVM, the kernel's protection of attributes, signs of a file with a portable signature: its
// security attributes, owner and mode.
// Spec: Linux 6.12, security/integrity/evm/evm_crypto.c (hmac_add_misc, evm_calc_hmac_or_hash) and
// evm_main.c (evm_read_protected_xattrs), of a 64-bit kernel; integers are little-endian.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "eventlog/ima.h"

namespace seaworthy::eventlog {

inline constexpr std::string_view kImaAttribute = "security.ima";

// The value of this attribute. Null if there is none or two of it, or if names, lengths and values
// contradict each other: then nobody can say where a value begins.
std::optional<ByteSpan> attribute(const ImaEntry::Inode& inode, std::string_view name);

// The digest of the content that a value of security.ima says (IMA_XATTR_DIGEST_NG). Null if it
// says another thing, a signature for example, or uses an algorithm that this build does not know.
std::optional<crypto::Digest> said_digest(ByteSpan ima_attribute);

// What is hashed for a portable signature: the values one after the other, without their names,
// then owner and mode; no inode number, generation or file system. Null if owner or mode is not
// there, as with boot_aggregate.
std::optional<crypto::Digest> portable_digest(const ImaEntry::Inode& inode, crypto::HashAlg alg);

}  // namespace seaworthy::eventlog

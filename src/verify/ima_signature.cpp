#include "verify/ima_signature.h"

#include <algorithm>
#include <cstring>

#include "crypto/detached_signature.h"
#include "eventlog/evm.h"

namespace seaworthy::verify {

using crypto::Digest;
using crypto::HashAlg;

namespace {

// A good one; or of two that are none, what there is more to say of.
FileSignature better(FileSignature a, FileSignature b) {
  const bool good = a == FileSignature::kGood || b == FileSignature::kGood;
  return good ? FileSignature::kGood : std::max(a, b);
}

}  // namespace

std::size_t ImaKeyring::First::operator()(const Known& known) const {
  std::size_t first = 0;
  std::memcpy(&first, known.data(), sizeof(first));
  return first;
}

std::size_t ImaKeyring::computed() const {
  MutexLock lock(mutex_);
  return computed_;
}

bool ImaKeyring::remembered(const Known& known) const {
  return newer_.count(known) > 0 || older_.count(known) > 0;
}

void ImaKeyring::remember(const Known& known) const {
  if (newer_.size() >= kRemembered) {
    older_ = std::move(newer_);
    newer_.clear();
  }
  newer_.insert(known);
}

// What the key is decides how it signs; nothing is guessed.
bool ImaKeyring::good(const Key& key, const Digest& digest, ByteSpan signature) const {
  const crypto::PublicKey& by = key.key.key;
  Known known{};
  const Digest all = crypto::hash(HashAlg::kSha256, {by.to_spki_der(), digest.bytes(), signature});
  std::copy(all.bytes().begin(), all.bytes().end(), known.begin());
  {
    MutexLock lock(mutex_);
    if (remembered(known)) {
      return true;
    }
    ++computed_;
  }
  bool verified = false;
  if (by.kind() == crypto::KeyKind::kRsa) {
    verified = crypto::verify_digest(by, crypto::SignatureAlg::kRsaSsa, digest,
                                     crypto::RsaSignature{signature});
  } else if (const auto ecdsa = crypto::parse_ecdsa_signature(signature)) {
    verified = crypto::verify_digest(by, crypto::SignatureAlg::kEcdsa, digest, *ecdsa);
  }
  if (verified) {
    MutexLock lock(mutex_);
    remember(known);
  }
  return verified;
}

FileSignature ImaKeyring::check(const MeasuredFile& file) const {
  if (file.kind != MeasuredFile::Kind::kFile || file.digest.alg() != HashAlg::kSha256) {
    return FileSignature::kNone;
  }
  FileSignature found = check_attribute(file, file.signature);
  if (found != FileSignature::kGood) {
    found = better(found, check_inode(file));
  }
  if (found != FileSignature::kGood) {
    found = better(found, check_appended(file));
  }
  return found;
}

FileSignature ImaKeyring::check_appended(const MeasuredFile& file) const {
  if (file.appended.pkcs7.empty()) {
    return FileSignature::kNone;
  }
  const auto signature = crypto::parse_detached_signature(file.appended.pkcs7);
  if (!signature || crypto::hash_alg_named(file.appended.digest_alg) != signature->hash ||
      file.appended.digest.size() != crypto::digest_size(signature->hash)) {
    return FileSignature::kNone;
  }
  const Digest digest(signature->hash, file.appended.digest);
  FileSignature found = FileSignature::kUnknownKey;
  for (const Key& key : keys_) {
    if (!signature->names(key.key)) {
      continue;
    }
    if (key.minimum_version > 2) {
      found = std::max(found, FileSignature::kTooOld);
    } else if (good(key, digest, signature->bytes)) {
      return FileSignature::kGood;
    } else {
      found = FileSignature::kFalse;
    }
  }
  return found;
}

FileSignature ImaKeyring::check_attribute(const MeasuredFile& file, ByteSpan attribute) const {
  if (attribute.empty()) {
    return FileSignature::kNone;
  }
  const auto signature = eventlog::parse_ima_signature(attribute);
  const auto digest = signature ? signature->signed_digest(file.digest, file.verity) : std::nullopt;
  return digest ? check_by_id(*signature, digest) : FileSignature::kNone;
}

// Whoever may write attributes can put there those of another file with their signature: so
// what they say of the content is compared with what the kernel read.
FileSignature ImaKeyring::check_inode(const MeasuredFile& file) const {
  const auto ima = eventlog::attribute(file.inode, eventlog::kImaAttribute);
  if (!ima) {
    return FileSignature::kNone;
  }
  const auto said = eventlog::said_digest(*ima);
  if (!said) {
    return check_attribute(file, *ima);
  }
  const auto signature = eventlog::parse_ima_signature(file.signature);
  const auto signs = signature ? signature->signed_digest(file.inode) : std::nullopt;
  if (!signs || said->alg() != file.digest.alg() || file.verity) {
    return FileSignature::kNone;
  }
  return check_by_id(*signature, *said == file.digest ? signs : std::nullopt);
}

FileSignature ImaKeyring::check_by_id(const eventlog::ImaSignature& signature,
                                      const std::optional<Digest>& digest) const {
  FileSignature found = FileSignature::kUnknownKey;
  for (const Key& key : keys_) {
    if (key.key.id != signature.key_id) {
      continue;
    }
    // The one thing about its age that a signature says.
    if (signature.version < key.minimum_version) {
      found = std::max(found, FileSignature::kTooOld);
    } else if (digest && good(key, *digest, signature.bytes)) {
      return FileSignature::kGood;
    } else {
      found = FileSignature::kFalse;
    }
  }
  return found;
}

}  // namespace seaworthy::verify

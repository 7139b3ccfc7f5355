// Whether a file that the kernel measured was signed by somebody who is believed (2.7.4, A-103).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "crypto/key_id.h"
#include "crypto/signature.h"
#include "eventlog/ima_signature.h"
#include "verify/ima.h"

namespace seaworthy::verify {

// What a signature at a file is worth.
enum class FileSignature : std::uint8_t {
  kGood,
  kNone,        // there is none, or one of another kind (over another hash)
  kUnknownKey,  // by a key that is not in the ring
  kTooOld,      // of a version below the key's minimum
  kFalse,       // names a key of the ring, which did not make it
};

// Keys whose signatures over files are believed. What a signature proves is who published the
// content; not which version it is: keep a list of what was withdrawn, and another key for
// each release. Immutable but for what it remembers; safe from any thread.
class ImaKeyring {
 public:
  struct Key {
    std::string name;  // for people
    crypto::IdentifiedKey key;
    // 3: only signatures that say what they are over (ima_file_id).
    std::uint8_t minimum_version = 2;
  };
  explicit ImaKeyring(std::vector<Key> keys) : keys_(std::move(keys)) {}

  bool empty() const { return keys_.empty(); }
  // SHA-256 digests only: lists of withdrawn files have no others, so a file that was measured with
  // another hash could not be found in them.
  //
  // A good one is remembered by (digest, key, signature) and not computed again, for as long as
  // 65,536 later ones do not push it out; a node cannot push by what is not good.
  //
  // The signature in the file's attribute is over the digest that decides here. One appended to it
  // is over the file without it: that this digest and that one are of the same file is the kernel's
  // word, as everything in the list. It counts as one of version 2. One over the inode (EVM,
  // portable) is over attributes, owner and mode; of these security.ima has to say the digest that
  // decides here. A signature in security.ima itself counts as the one at the file does elsewhere.
  FileSignature check(const MeasuredFile& file) const;

  std::size_t computed() const;  // public key operations so far

 private:
  // SHA-256 over all that decides. The first bytes of a digest are as good as any hash of it.
  using Known = std::array<std::uint8_t, 32>;
  struct First {
    std::size_t operator()(const Known& known) const;
  };
  FileSignature check_attribute(const MeasuredFile& file, ByteSpan attribute) const;
  FileSignature check_inode(const MeasuredFile& file) const;
  FileSignature check_appended(const MeasuredFile& file) const;
  // `digest`: what it signs if it is over this file; null if it says that it is over another.
  FileSignature check_by_id(const eventlog::ImaSignature& signature,
                            const std::optional<crypto::Digest>& digest) const;
  bool good(const Key& key, const crypto::Digest& digest, ByteSpan signature) const;
  bool remembered(const Known& known) const REQUIRES(mutex_);
  void remember(const Known& known) const REQUIRES(mutex_);

  static constexpr std::size_t kRemembered = 32'768;  // twice: the newer ones and those before

  const std::vector<Key> keys_;
  mutable Mutex mutex_;
  mutable std::unordered_set<Known, First> newer_ GUARDED_BY(mutex_);
  mutable std::unordered_set<Known, First> older_ GUARDED_BY(mutex_);
  mutable std::size_t computed_ GUARDED_BY(mutex_) = 0;
};

}  // namespace seaworthy::verify

// The kernel's IMA measurement list, read as it grows.
// Spec: Linux kernel 6.12, security/integrity/ima/ima_fs.c (binary_runtime_measurements).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::attester {

// Counts entries and remembers where some of them begin, so that entries from n on can be sent
// without keeping the list: 8 bytes per 256 entries. What an entry says is the verifier's business;
// only its end is looked for here.
//
// Not thread-safe.
class ImaList {
 public:
  // Opens nothing yet. An empty path: there is no list, and poll() says kNotFound.
  explicit ImaList(std::string path) : path_(std::move(path)) {}
  ~ImaList();
  ImaList(const ImaList&) = delete;
  ImaList& operator=(const ImaList&) = delete;

  struct Growth {
    bool grew = false;          // whole entries were added, or the list began anew
    bool anew = false;          // counted from its beginning: other entries than before
    std::uint64_t entries = 0;  // in all
  };
  // Reads what was added since the last call. Cheap if nothing was: one stat and two reads.
  // securityfs tells neither size nor change, so there is nothing to wait for and this has to be
  // called every now and then. An entry that is not complete yet waits for the next call.
  //
  // A list that is another file, got shorter (a machine that booted anew under a program that did
  // not) or begins with another entry (a kernel that was made to forget the first ones) is counted
  // from its beginning. kNotFound if there never was one; kUnavailable if it
  // went away or cannot be read; kMalformed if its next entry cannot be one.
  Result<Growth> poll();

  struct Slice {
    std::uint64_t from = 0;
    Bytes entries;         // whole entries
    bool complete = true;  // false if max_bytes cut entries off that poll() has counted
  };
  // Entries from index `from` on, as counted by the last poll(), at most max_bytes of them. From 0
  // if there are fewer than `from`: then the caller speaks of another boot. Errors as poll().
  Result<Slice> read(std::uint64_t from, std::size_t max_bytes);

  std::uint64_t entries() const { return entries_; }
  std::uint64_t bytes() const { return end_; }  // of them

 private:
  Result<bool> reopen_if_changed();  // true if another list begins
  Result<bool> begins_otherwise();
  void restart();
  Result<void> count(ByteSpan bytes);

  static constexpr std::uint64_t kStride = 256;

  std::string path_;
  int fd_ = -1;
  bool seen_ = false;
  std::uint64_t entries_ = 0;
  std::uint64_t end_ = 0;               // where the entries counted end
  std::size_t partial_ = 0;             // bytes of an incomplete entry after it, last time
  std::vector<std::uint64_t> offsets_;  // of every kStride-th entry
  Bytes head_;                          // its first bytes
};

}  // namespace seaworthy::attester

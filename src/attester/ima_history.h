// The IMA list of this boot from its first entry on, also where the kernel was made to forget
// entries that it had shown. Attack A-106.
//
// What the kernel shows is appended to a file, and read from there once the kernel does not show it
// any more. Nobody believes that file: it leads to the quoted PCR 10 or it does not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attester/ima_list.h"
#include "tpm/attest.h"

namespace seaworthy::attester {

// Which PCR 10 a list belongs to.
struct ImaEpoch {
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool operator==(const ImaEpoch&) const = default;
};

// How many of the kernel's entries stand at the end of what is kept: the most that can. Entries by
// what they hash to.
std::size_t overlap(const std::vector<std::uint64_t>& kept,
                    const std::vector<std::uint64_t>& kernel);

// Not thread-safe.
class ImaHistory {
 public:
  struct Config {
    std::string list;  // the kernel's; empty: there is none
    // Where it is kept; empty: nowhere, and only the kernel's list counts. On tmpfs: files
    // elsewhere are measured when root reads them (ima_policy=tcb), so that each reading of the
    // list would make it longer.
    std::string folder = {};
  };
  explicit ImaHistory(Config config) : config_(std::move(config)), kernel_(config_.list) {}

  // Of the kernel's list, as ImaList::poll().
  Result<ImaList::Growth> poll();
  std::uint64_t entries() const { return kernel_.entries(); }

  // As ImaList::read(), after poll(); `from` counts from the first entry of the epoch. Costs as
  // much as was added; the whole list is read once per process and whenever the kernel's begins
  // anew. What is kept is read then, and where the kernel does not show what is asked for.
  //
  // If it cannot be kept, or the epoch is not known, this is what the kernel shows.
  Result<ImaList::Slice> read(const std::optional<ImaEpoch>& epoch, std::uint64_t from,
                              std::size_t max_bytes);

  // Why the last read() was of what the kernel shows only.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Result<void> keep(const ImaEpoch& epoch);
  Result<void> align(const ImaEpoch& epoch);
  Result<void> append_new();
  Result<bool> still_begins_the_same();
  Result<ImaList::Slice> read_whole(const ImaEpoch& epoch, std::uint64_t from,
                                    std::size_t max_bytes);

  Config config_;
  ImaList kernel_;
  bool anew_ = true;  // the kernel's list is not the one that what is kept was held against
  std::optional<ImaEpoch> epoch_;
  std::string path_;  // of what is kept
  std::optional<ImaList> kept_;
  std::uint64_t kept_entries_ = 0, kept_bytes_ = 0;
  std::uint64_t before_ = 0;          // entries kept that come before the kernel's first one
  std::optional<ImaEpoch> given_up_;  // a list that cannot be kept stays so
  std::optional<Error> trouble_;
};

}  // namespace seaworthy::attester

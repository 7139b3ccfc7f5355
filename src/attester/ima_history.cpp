#include "attester/ima_history.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "api/node_evidence.h"
#include "attester/files.h"
#include "crypto/digest.h"
#include "eventlog/ima.h"

namespace seaworthy::attester {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKept = api::kMaxImaInAll;
constexpr std::size_t kPortion = 1 << 20;
constexpr std::size_t kMaxBootId = 64;
constexpr std::string_view kPrefix = "ima-";

// One number per entry, of the whole list, and where the last boot_aggregate stands.
struct Fingerprints {
  std::vector<std::uint64_t> entries;
  std::size_t last_aggregate = 0;
};

std::uint64_t fingerprint(ByteSpan entry) {
  const crypto::Digest digest = crypto::sha256(entry);
  std::uint64_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof value);
  return value;
}

Result<Fingerprints> fingerprints(ImaList& list) {
  Fingerprints out;
  while (out.entries.size() < list.entries()) {
    const ImaList::Slice slice = TRY(list.read(out.entries.size(), kPortion));
    eventlog::ImaReader reader(slice.entries);
    std::size_t begin = 0;
    for (;;) {
      const auto entry = reader.next();
      if (!entry || !*entry) {
        break;
      }
      if ((*entry)->name == "boot_aggregate") {
        out.last_aggregate = out.entries.size();
      }
      const ByteSpan all = slice.entries;
      out.entries.push_back(fingerprint(all.subspan(begin, reader.consumed() - begin)));
      begin = reader.consumed();
    }
    if (begin == 0 && TRY(list.poll()).anew) {
      return unavailable("the IMA list began anew while it was read");
    }
    if (begin == 0) {
      return unsupported("an IMA entry of more than " + std::to_string(kPortion) + " bytes");
    }
  }
  return out;
}

Error failed(const std::string& what, const std::string& path) {
  return unavailable("cannot " + what + " " + path + ": " + std::strerror(errno));
}

Result<void> append_to(const std::string& path, ByteSpan bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return failed("open", path);
  }
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) {
      break;
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  // A kernel that is started after a crash does not know what was not on the disk.
  const bool good = done == bytes.size() && ::fdatasync(fd) == 0;
  const Error why = failed("write", path);
  ::close(fd);
  return good ? Result<void>() : why;
}

// Names the file; so it is made of what a boot_id is made of.
Result<std::string> read_boot_id(const std::string& path) {
  const Bytes content = TRY(read_bounded(path, kMaxBootId));
  std::string text(as_text(content));
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  if (text.empty() || text.find_first_not_of("0123456789abcdef-") != std::string::npos) {
    return malformed(path + " is no boot_id");
  }
  return text;
}

// The list kept under this prefix, if there is one; those of other epochs are removed.
Result<std::string> find_kept(const std::string& folder, const std::string& prefix) {
  std::string found;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(prefix) && found.empty()) {
      found = at->path().string();
    } else if (name.starts_with(kPrefix)) {
      std::error_code ignored;
      fs::remove(at->path(), ignored);
    }
  }
  if (failure) {
    return unavailable("cannot read " + folder + ": " + failure.message());
  }
  return found;
}

std::string prefix_of(const ImaEpoch& epoch) {
  return std::string(kPrefix) + std::to_string(epoch.reset_count) + "-" +
         std::to_string(epoch.restart_count) + "-";
}

}  // namespace

std::size_t overlap(const std::vector<std::uint64_t>& kept,
                    const std::vector<std::uint64_t>& kernel) {
  // Knuth, Morris and Pratt: after each entry that is kept, how many of the kernel's end there.
  std::vector<std::size_t> border(kernel.size() + 1, 0);
  for (std::size_t i = 1, n = 0; i < kernel.size(); ++i) {
    while (n > 0 && kernel[i] != kernel[n]) {
      n = border[n];
    }
    n += kernel[i] == kernel[n] ? 1 : 0;
    border[i + 1] = n;
  }
  std::size_t n = 0;
  for (const std::uint64_t entry : kept) {
    while (n > 0 && (n == kernel.size() || kernel[n] != entry)) {
      n = border[n];
    }
    n += n < kernel.size() && kernel[n] == entry ? 1 : 0;
  }
  return n;
}

Result<ImaList::Growth> ImaHistory::poll() {
  auto growth = kernel_.poll();
  anew_ = anew_ || !growth || growth->anew;
  return growth;
}

Result<ImaList::Slice> ImaHistory::read(const std::optional<ImaEpoch>& epoch, std::uint64_t from,
                                        std::size_t max_bytes) {
  trouble_.reset();
  if (config_.folder.empty() || !epoch || given_up_ == epoch) {
    return kernel_.read(from, max_bytes);
  }
  if (const auto kept = keep(*epoch); !kept) {
    trouble_ = kept.error();
    anew_ = true;
    if (kept.error().code() == ErrorCode::kUnsupported) {
      given_up_ = epoch;
      ::unlink(path_.c_str());
    }
    return kernel_.read(from, max_bytes);
  }
  return kept_->read(from, max_bytes);
}

Result<void> ImaHistory::keep(const ImaEpoch& epoch) {
  if (anew_ || epoch_ != epoch) {
    TRY(align(epoch));
    epoch_ = epoch;
    anew_ = false;
  }
  return append_new();
}

std::string ImaHistory::path_of(const ImaEpoch& epoch, const std::string& boot) const {
  return config_.folder + "/" + prefix_of(epoch) + boot;
}

// Finds what was kept of this epoch, and where in it the kernel's list begins.
Result<void> ImaHistory::align(const ImaEpoch& epoch) {
  const std::string boot = TRY(read_boot_id(config_.boot_id));
  const std::string found = TRY(find_kept(config_.folder, prefix_of(epoch)));
  path_ = path_of(epoch, boot);
  const bool another_kernel = !found.empty() && found != path_;
  // Before anything is appended: killed in between, the next process finds the new name and nothing
  // of the new list under it.
  if (another_kernel && ::rename(found.c_str(), path_.c_str()) != 0) {
    return failed("rename", found);
  }
  TRY(append_to(path_, {}));
  kept_.emplace(path_);
  TRY(kept_->poll());
  // What was being written when the machine or this program stopped.
  if (::truncate(path_.c_str(), static_cast<off_t>(kept_->bytes())) != 0) {
    return failed("cut", path_);
  }
  const Fingerprints kept = TRY(fingerprints(*kept_));
  const Fingerprints kernel = TRY(fingerprints(kernel_));
  std::size_t shared = overlap(kept.entries, kernel.entries);
  // A kernel that took the list over measures boot_aggregate after it. One that did not begins with
  // the same entries as the one before, and they were extended a second time.
  if (another_kernel && kernel.last_aggregate < std::max<std::size_t>(shared, 1)) {
    shared = 0;
  }
  before_ = kept_->entries() - shared;
  return {};
}

// Otherwise what was just read is of other places in it.
Result<bool> ImaHistory::still_begins_the_same() {
  return !TRY(kernel_.poll()).anew;
}

Result<void> ImaHistory::append_new() {
  while (kept_->entries() < before_ + kernel_.entries()) {
    const std::uint64_t have = kept_->entries();
    const ImaList::Slice slice = TRY(kernel_.read(have - before_, kPortion));
    if (!TRY(still_begins_the_same())) {
      return unavailable("the IMA list began anew while it was read");
    }
    if (kept_->bytes() + slice.entries.size() > kMaxKept) {
      return unsupported("the IMA list has more than " + std::to_string(kMaxKept) +
                         " bytes, which is what is kept at most");
    }
    TRY(append_to(path_, slice.entries));
    TRY(kept_->poll());
    if (kept_->entries() <= have) {
      return unavailable(path_ + " does not hold what was written");
    }
  }
  return {};
}

}  // namespace seaworthy::attester

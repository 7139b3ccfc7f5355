#include "attester/ima_history.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "api/node_evidence.h"
#include "crypto/digest.h"
#include "eventlog/ima.h"

namespace seaworthy::attester {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKept = api::kMaxImaInAll;
constexpr std::size_t kPortion = 1 << 20;
constexpr std::string_view kPrefix = "ima-";

std::uint64_t fingerprint(ByteSpan entry) {
  const crypto::Digest digest = crypto::sha256(entry);
  std::uint64_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof value);
  return value;
}

// One number per entry, of the whole list.
Result<std::vector<std::uint64_t>> fingerprints(ImaList& list) {
  std::vector<std::uint64_t> out;
  while (out.size() < list.entries()) {
    const ImaList::Slice slice = TRY(list.read(out.size(), kPortion));
    eventlog::ImaReader reader(slice.entries);
    std::size_t begin = 0;
    for (;;) {
      const auto entry = reader.next();
      if (!entry || !*entry) {
        break;
      }
      const ByteSpan all = slice.entries;
      out.push_back(fingerprint(all.subspan(begin, reader.consumed() - begin)));
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

Result<void> write_all(int fd, ByteSpan bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) {
      return unavailable(std::string("cannot write: ") + std::strerror(errno));
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return {};
}

// To a file that has as many bytes as was left there.
Result<void> append_to(const std::string& path, std::uint64_t size, ByteSpan bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    return failed("open", path);
  }
  struct stat about {};
  const bool ours = ::fstat(fd, &about) == 0 && static_cast<std::uint64_t>(about.st_size) == size;
  auto written = ours ? write_all(fd, bytes) : unavailable("changed by somebody else");
  ::close(fd);
  return written ? Result<void>() : std::move(written).error().in(path);
}

Result<void> create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return failed("open", path);
  }
  ::close(fd);
  return {};
}

std::size_t count(ByteSpan entries) {
  eventlog::ImaReader reader(entries);
  while (const auto entry = reader.next()) {
    if (!*entry) {
      break;
    }
  }
  return reader.entries();
}

Result<void> check_file_system(const std::string& folder) {
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) {
    return failed("read", folder);
  }
  if (about.f_type != TMPFS_MAGIC) {
    return unsupported(folder + " is not on tmpfs: the kernel would measure what is kept there");
  }
  return {};
}

// Lists of other epochs.
Result<void> remove_others(const std::string& folder, const std::string& name) {
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string other = at->path().filename().string();
    if (other.starts_with(kPrefix) && other != name) {
      std::error_code ignored;
      fs::remove(at->path(), ignored);
    }
  }
  return failure ? unavailable("cannot read " + folder + ": " + failure.message()) : Result<void>();
}

std::string name_of(const ImaEpoch& epoch) {
  return std::string(kPrefix) + std::to_string(epoch.reset_count) + "-" +
         std::to_string(epoch.restart_count);
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
  auto whole = read_whole(*epoch, from, max_bytes);
  if (whole) {
    return whole;
  }
  trouble_ = std::move(whole).error();
  anew_ = true;
  if (trouble_->code() == ErrorCode::kUnsupported) {
    given_up_ = epoch;
    ::unlink(path_.c_str());
  }
  return kernel_.read(from, max_bytes);
}

Result<ImaList::Slice> ImaHistory::read_whole(const ImaEpoch& epoch, std::uint64_t from,
                                              std::size_t max_bytes) {
  TRY(keep(epoch));
  const std::uint64_t begin = from <= kept_entries_ ? from : 0;
  if (begin >= before_) {
    auto slice = TRY(kernel_.read(begin - before_, max_bytes));
    if (TRY(still_begins_the_same())) {
      slice.from += before_;
      return slice;
    }
    anew_ = true;  // what was to be read has just been kept
  }
  TRY(kept_->poll());
  if (kept_->entries() != kept_entries_) {
    return unavailable(path_ + " was changed by somebody else");
  }
  return kept_->read(begin, max_bytes);
}

Result<void> ImaHistory::keep(const ImaEpoch& epoch) {
  if (anew_ || epoch_ != epoch) {
    TRY(align(epoch));
    epoch_ = epoch;
    anew_ = false;
  }
  return append_new();
}

// Finds what was kept of this epoch, and where in it the kernel's list begins.
Result<void> ImaHistory::align(const ImaEpoch& epoch) {
  TRY(check_file_system(config_.folder));
  TRY(remove_others(config_.folder, name_of(epoch)));
  path_ = config_.folder + "/" + name_of(epoch);
  TRY(create(path_));
  kept_.emplace(path_);
  TRY(kept_->poll());
  // What was being written when this program was killed.
  if (::truncate(path_.c_str(), static_cast<off_t>(kept_->bytes())) != 0) {
    return failed("cut", path_);
  }
  kept_entries_ = kept_->entries();
  kept_bytes_ = kept_->bytes();
  before_ = kept_entries_ - overlap(TRY(fingerprints(*kept_)), TRY(fingerprints(kernel_)));
  return {};
}

// Otherwise what was just read is of other places in it.
Result<bool> ImaHistory::still_begins_the_same() {
  return !TRY(kernel_.poll()).anew;
}

Result<void> ImaHistory::append_new() {
  while (kept_entries_ < before_ + kernel_.entries()) {
    const ImaList::Slice slice = TRY(kernel_.read(kept_entries_ - before_, kPortion));
    if (!TRY(still_begins_the_same())) {
      return unavailable("the IMA list began anew while it was read");
    }
    if (kept_bytes_ + slice.entries.size() > kMaxKept) {
      return unsupported("the IMA list has more than " + std::to_string(kMaxKept) +
                         " bytes, which is what is kept at most");
    }
    TRY(append_to(path_, kept_bytes_, slice.entries));
    kept_bytes_ += slice.entries.size();
    kept_entries_ += count(slice.entries);
  }
  return {};
}

}  // namespace seaworthy::attester

#include "attester/ima_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "eventlog/ima.h"

namespace seaworthy::attester {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kHeadBytes = 256;  // longer than boot_aggregate
// No entry is larger: seven fields at most, each below eventlog's limit; a real one has 300 bytes.
constexpr std::size_t kMaxEntryBytes = 8 << 20;

// Reads up to buffer.size() bytes at `offset`; fewer at the end of the file only.
Result<std::size_t> read_at(int fd, std::span<std::uint8_t> buffer, std::uint64_t offset,
                            const std::string& path) {
  std::size_t got = 0;
  while (got < buffer.size()) {
    const ssize_t n =
        ::pread(fd, buffer.data() + got, buffer.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return unavailable("cannot read " + path + ": " + std::strerror(errno));
    }
    if (n == 0) {
      break;
    }
    got += static_cast<std::size_t>(n);
  }
  return got;
}

}  // namespace

ImaList::~ImaList() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

void ImaList::restart() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
  entries_ = 0;
  end_ = 0;
  partial_ = 0;
  offsets_.clear();
  head_.clear();
}

// By another descriptor, so that the one of poll() stays at the end: securityfs walks the whole
// list to go back.
Result<bool> ImaList::begins_otherwise() {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return unavailable("cannot open the IMA list " + path_ + ": " + std::strerror(errno));
  }
  Bytes now(head_.size());
  const auto got = read_at(fd, now, 0, path_);
  ::close(fd);
  if (!got) {
    return got.error();
  }
  return now != head_ || *got != now.size();
}

Result<bool> ImaList::reopen_if_changed() {
  struct stat now {};
  if (path_.empty() || ::stat(path_.c_str(), &now) != 0) {
    const int why = path_.empty() ? ENOENT : errno;
    restart();
    const bool never = why == ENOENT && !seen_;
    return Error(never ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                 "no IMA list at " + path_ + ": " + std::strerror(why));
  }
  if (fd_ >= 0) {
    struct stat before {};
    const bool same =
        ::fstat(fd_, &before) == 0 && before.st_dev == now.st_dev && before.st_ino == now.st_ino;
    // securityfs says 0; an ordinary file shows that it was cut.
    const bool shorter = now.st_size != 0 && static_cast<std::uint64_t>(now.st_size) < end_;
    if (same && !shorter && !TRY(begins_otherwise())) {
      return false;
    }
    restart();
  }
  fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) {
    return unavailable("cannot open the IMA list " + path_ + ": " + std::strerror(errno));
  }
  seen_ = true;
  return true;
}

Result<ImaList::Growth> ImaList::poll() {
  const std::uint64_t entries_before = entries_;
  const bool anew = TRY(reopen_if_changed());
  Bytes buffer(kChunk);
  for (;;) {
    const std::size_t got = TRY(read_at(fd_, buffer, end_, path_));
    if (got == partial_) {
      break;  // at the end, or still the beginning of one entry
    }
    const std::uint64_t end_before = end_;
    TRY(count(ByteSpan(buffer).first(got)));
    if (end_ == end_before && got == buffer.size()) {
      if (buffer.size() >= kMaxEntryBytes) {
        return malformed("entry " + std::to_string(entries_) + " of " + path_ + ", at byte " +
                         std::to_string(end_) + ", is not an IMA entry");
      }
      buffer.resize(buffer.size() * 2);
      partial_ = 0;
    }
  }
  return Growth{.grew = anew || entries_ != entries_before, .anew = anew, .entries = entries_};
}

// Counts the whole entries in bytes that begin where the counted ones end.
Result<void> ImaList::count(ByteSpan bytes) {
  eventlog::ImaReader reader(bytes);
  std::size_t done = 0;
  for (;;) {
    const auto entry = reader.next();
    if (!entry || !*entry) {
      break;  // the end, or an entry that is not whole: not told apart here
    }
    if (entries_ % kStride == 0) {
      offsets_.push_back(end_ + done);
    }
    done = reader.consumed();
    ++entries_;
  }
  if (end_ == 0) {
    head_ = to_bytes(bytes.first(std::min(done, kHeadBytes)));
  }
  end_ += done;
  partial_ = bytes.size() - done;
  return {};
}

Result<ImaList::Slice> ImaList::read(std::uint64_t from, std::size_t max_bytes) {
  if (fd_ < 0) {
    return unavailable("no IMA list at " + path_);
  }
  Slice slice;
  slice.from = from <= entries_ ? from : 0;
  if (slice.from == entries_) {
    return slice;
  }
  // Another descriptor, for the same reason.
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return unavailable("cannot open the IMA list " + path_ + ": " + std::strerror(errno));
  }
  const std::uint64_t begin = offsets_[slice.from / kStride];
  const std::uint64_t skip = slice.from % kStride;
  const auto read_all = [&]() -> Result<void> {
    // Up to kStride entries more than asked for are read, to find the first one.
    const std::uint64_t span = end_ - begin;
    Bytes bytes(
        static_cast<std::size_t>(std::min<std::uint64_t>(span, max_bytes + kMaxEntryBytes)));
    bytes.resize(TRY(read_at(fd, bytes, begin, path_)));
    eventlog::ImaReader reader(bytes);
    std::size_t start = 0;
    std::size_t stop = 0;
    std::uint64_t index = slice.from - skip;
    for (;;) {
      const auto entry = reader.next();
      if (!entry || !*entry || index == entries_) {
        break;
      }
      ++index;
      if (index <= slice.from) {
        start = stop = reader.consumed();
        continue;
      }
      if (reader.consumed() - start > max_bytes) {
        --index;
        break;
      }
      stop = reader.consumed();
    }
    slice.complete = index == entries_;
    slice.entries.assign(bytes.begin() + static_cast<std::ptrdiff_t>(start),
                         bytes.begin() + static_cast<std::ptrdiff_t>(stop));
    return {};
  };
  const auto done = read_all();
  ::close(fd);
  if (!done) {
    return done.error();
  }
  return slice;
}

}  // namespace seaworthy::attester

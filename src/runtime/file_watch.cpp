#include "runtime/file_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace seaworthy::runtime {
namespace {

Error file_error(const std::string& path, int code) {
  const std::string message = path + ": " + std::generic_category().message(code);
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return not_found(message);
    case EACCES:
    case EPERM:
      return {ErrorCode::kDenied, message};
    default:
      return unavailable(message);
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return file_error(path, errno);
  }
  std::string out;
  std::array<char, 16 * 1024> buffer{};
  int failure = 0;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      failure = errno;
    }
    if (n <= 0 || out.size() > max_bytes) {
      break;
    }
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  if (failure != 0) {
    return file_error(path, failure);
  }
  if (out.size() > max_bytes) {
    return malformed(path + ": larger than " + std::to_string(max_bytes) + " bytes");
  }
  return out;
}

Result<FileWatch::Contents> FileWatch::read_all() const {
  Contents out;
  for (const std::string& path : options_.paths) {
    out.push_back(TRY(read_file(path, kMaxWatchedBytes)));
  }
  return out;
}

Result<void> FileWatch::look() {
  MutexLock lock(mutex_);
  auto contents = read_all();
  if (contents && !(seen_ && *contents == last_)) {
    auto again = read_all();
    if (!again) {
      contents = std::move(again);
    } else if (*again != *contents) {
      contents = unavailable(options_.paths.front() + ": changes while it is read");
    }
  }
  if (!contents) {
    if (contents.error().message() != last_problem_ && options_.on_problem) {
      options_.on_problem(contents.error());
    }
    last_problem_ = contents.error().message();
    return contents.error();
  }
  last_problem_.clear();
  if (!seen_ || *contents != last_) {
    seen_ = true;
    last_ = *std::move(contents);
    options_.on_change(last_);
  }
  return {};
}

void FileWatch::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!look()) {
        // Told by look(); the next one may succeed.
      }
      MutexLock lock(sleep_mutex_);
      sleep_.wait_for(sleep_mutex_, stop, options_.interval, [] { return false; });
    }
  });
}

void FileWatch::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

}  // namespace seaworthy::runtime

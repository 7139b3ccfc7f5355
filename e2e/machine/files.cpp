#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace seaworthy::machine {
namespace {

namespace fs = std::filesystem;

Error file_error(const char* what, const fs::path& path) {
  return unavailable(std::string("cannot ") + what + " " + path.string() + ": " +
                     std::strerror(errno));
}

Result<void> write_once(int fd, ByteSpan content, const fs::path& path) {
  const ssize_t written = ::write(fd, content.data(), content.size());
  if (written != static_cast<ssize_t>(content.size())) {
    return file_error("write", path);
  }
  return {};
}

}  // namespace

Result<Bytes> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return file_error("read", path);
  }
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

Result<void> write_file(const fs::path& path, ByteSpan content, mode_t mode) {
  const fs::path beside = path.string() + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) {
    return file_error("create", beside);
  }
  const auto written = write_once(fd, content, beside);
  ::close(fd);
  if (!written) {
    return written.error();
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    return file_error("rename to", path);
  }
  return {};
}

Result<void> append_file(const fs::path& path, ByteSpan content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) {
    return file_error("append to", path);
  }
  const auto written = write_once(fd, content, path);
  ::close(fd);
  return written;
}

}  // namespace seaworthy::machine

#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace seaworthy::cli {
namespace {

Error cannot(const std::string& what, const std::string& path, const std::string& why) {
  return {ErrorCode::kDenied, "cannot " + what + " " + path + ": " + why};
}

}  // namespace

Result<Bytes> read_input(const std::string& path, std::size_t max_bytes) {
  using File = std::unique_ptr<std::FILE, void (*)(std::FILE*)>;
  const bool standard_input = path == "-";
  const File file(standard_input ? stdin : std::fopen(path.c_str(), "rbe"), [](std::FILE* f) {
    if (f != stdin) {
      std::fclose(f);
    }
  });
  const std::string shown = standard_input ? "standard input" : path;
  if (!file) {
    return not_found("cannot open " + shown + ": " + std::strerror(errno));
  }
  Bytes bytes;
  std::array<std::uint8_t, 65536> part{};
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), file.get())) {
    append(bytes, ByteSpan(part).first(n));
    if (bytes.size() > max_bytes) {
      return malformed(shown + " at byte " + std::to_string(max_bytes) +
                       ": larger than the limit of " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return not_found("cannot read " + shown + ": " + std::strerror(errno));
  }
  return bytes;
}

Result<void> make_empty_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) {
    return {};
  }
  if (errno != EEXIST) {
    return cannot("make", path, std::strerror(errno));
  }
  std::error_code error;
  const bool empty = std::filesystem::is_directory(path, error) &&
                     std::filesystem::is_empty(path, error) && !error;
  return empty ? Result<void>() : cannot("write to", path, "name a folder that is new or empty");
}

Result<void> write_new(const std::string& path, ByteSpan content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return cannot("make", path, std::strerror(errno));
  }
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      const std::string why = std::strerror(errno);
      close(fd);
      return cannot("write", path, why);
    }
    content = content.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return close(fd) == 0 ? Result<void>() : cannot("write", path, std::strerror(errno));
}

}  // namespace seaworthy::cli

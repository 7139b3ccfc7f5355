#include "attester/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace seaworthy::attester {

Result<Bytes> read_bounded(const std::string& path, std::size_t max_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int why = errno;
    return Error(why == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                 "cannot open " + path + ": " + std::strerror(why));
  }
  Bytes out;
  Bytes buffer(64 * 1024);
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n <= 0) {
      const int why = errno;
      ::close(fd);
      if (n < 0) {
        return unavailable("cannot read " + path + ": " + std::strerror(why));
      }
      return out;
    }
    append(out, ByteSpan(buffer).first(static_cast<std::size_t>(n)));
    if (out.size() > max_bytes) {
      ::close(fd);
      return malformed(path + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

}  // namespace seaworthy::attester

#include "runtime/system_random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace seaworthy::runtime {

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    SEAWORTHY_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace seaworthy::runtime

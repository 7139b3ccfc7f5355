// Bytes that are in memory, as a source.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "image/entry.h"

namespace seaworthy::image {

// The bytes outlive it.
class Memory : public ByteSource {
 public:
  explicit Memory(ByteSpan bytes) : rest_(bytes) {}

  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    const std::size_t n = std::min(to.size(), rest_.size());
    std::copy_n(rest_.begin(), n, to.begin());
    rest_ = rest_.subspan(n);
    return n;
  }

 private:
  ByteSpan rest_;
};

}  // namespace seaworthy::image

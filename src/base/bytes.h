// Byte strings: owned and viewed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seaworthy {

using Bytes = std::vector<std::uint8_t>;         // owned
using ByteSpan = std::span<const std::uint8_t>;  // viewed; the owner outlives it

template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

// The bytes of a string, as a view.
inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Bytes that are known to be text, as a view.
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteSpan bytes) {
  return {bytes.begin(), bytes.end()};
}

inline void append(Bytes& to, ByteSpan more) {
  to.insert(to.end(), more.begin(), more.end());
}

// Same length and same bytes. Not for secrets: crypto::equal() takes constant time.
inline bool same_bytes(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace seaworthy

#include "codec/reader.h"

namespace seaworthy::codec {

Error Reader::malformed(std::string_view why) const {
  return {ErrorCode::kMalformed,
          std::string(what_) + " at byte " + std::to_string(offset_) + ": " + std::string(why)};
}

Error Reader::unsupported(std::string_view why) const {
  return {ErrorCode::kUnsupported,
          std::string(what_) + " at byte " + std::to_string(offset_) + ": " + std::string(why)};
}

Result<ByteSpan> Reader::take(std::size_t n) {
  if (n > rest_.size()) {
    return malformed("needs " + std::to_string(n - rest_.size()) + " more bytes, has " +
                     std::to_string(rest_.size()));
  }
  const ByteSpan taken = rest_.first(n);
  rest_ = rest_.subspan(n);
  offset_ += n;
  return taken;
}

template <class T>
Result<T> Reader::big_endian() {
  const ByteSpan bytes = TRY(take(sizeof(T)));
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) {
    value = value << 8 | byte;
  }
  return static_cast<T>(value);
}

template <class T>
Result<T> Reader::little_endian() {
  const ByteSpan bytes = TRY(take(sizeof(T)));
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | bytes[i - 1];
  }
  return static_cast<T>(value);
}

Result<std::uint8_t> Reader::u8() {
  return big_endian<std::uint8_t>();
}
Result<std::uint16_t> Reader::u16be() {
  return big_endian<std::uint16_t>();
}
Result<std::uint32_t> Reader::u32be() {
  return big_endian<std::uint32_t>();
}
Result<std::uint64_t> Reader::u64be() {
  return big_endian<std::uint64_t>();
}
Result<std::uint16_t> Reader::u16le() {
  return little_endian<std::uint16_t>();
}
Result<std::uint32_t> Reader::u32le() {
  return little_endian<std::uint32_t>();
}
Result<std::uint64_t> Reader::u64le() {
  return little_endian<std::uint64_t>();
}

Result<ByteSpan> Reader::sized16be(std::size_t max) {
  const std::size_t size = TRY(u16be());
  if (size > max) {
    return malformed("size " + std::to_string(size) + " is above the limit of " +
                     std::to_string(max));
  }
  return take(size);
}

Result<ByteSpan> Reader::sized32le(std::size_t max) {
  const std::size_t size = TRY(u32le());
  if (size > max) {
    return malformed("size " + std::to_string(size) + " is above the limit of " +
                     std::to_string(max));
  }
  return take(size);
}

Result<std::size_t> Reader::checked_count(std::uint32_t count, std::size_t max,
                                          std::size_t min_element_bytes) const {
  if (count > max) {
    return malformed("count " + std::to_string(count) + " is above the limit of " +
                     std::to_string(max));
  }
  if (min_element_bytes != 0 && count > rest_.size() / min_element_bytes) {
    return malformed("count " + std::to_string(count) + " cannot fit into " +
                     std::to_string(rest_.size()) + " bytes");
  }
  return std::size_t{count};
}

Result<std::size_t> Reader::count32be(std::size_t max, std::size_t min_element_bytes) {
  const std::uint32_t count = TRY(u32be());
  return checked_count(count, max, min_element_bytes);
}

Result<std::size_t> Reader::count32le(std::size_t max, std::size_t min_element_bytes) {
  const std::uint32_t count = TRY(u32le());
  return checked_count(count, max, min_element_bytes);
}

Result<Reader> Reader::sub(std::string_view what, std::size_t n) {
  const std::size_t start = offset_;
  const ByteSpan bytes = TRY(take(n));
  return Reader(what, bytes, start);
}

Result<void> Reader::expect_end() const {
  if (!rest_.empty()) {
    return malformed(std::to_string(rest_.size()) + " bytes too many");
  }
  return {};
}

}  // namespace seaworthy::codec

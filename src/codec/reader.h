// A forward-only cursor over bytes nobody has vouched for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::codec {

// Every read yields a value and advances, or fails and the caller stops. Byte order is in the
// name; there is no default. Lengths are compared, never added: nothing can overflow. Views point
// into the input. Errors are kMalformed and name the structure and the byte offset in the whole
// input: "TPMS_ATTEST at byte 52: needs 4 more bytes, has 0".
class Reader {
 public:
  // `what` names the structure in every error and outlives the reader (a literal).
  Reader(std::string_view what, ByteSpan bytes) : what_(what), rest_(bytes) {}

  Result<std::uint8_t> u8();
  Result<std::uint16_t> u16be();
  Result<std::uint32_t> u32be();
  Result<std::uint64_t> u64be();
  Result<std::uint16_t> u16le();
  Result<std::uint32_t> u32le();
  Result<std::uint64_t> u64le();

  Result<ByteSpan> take(std::size_t n);
  // A length and as many bytes; refused if the length is above `max`.
  Result<ByteSpan> sized16be(std::size_t max);  // TPM2B_*
  Result<ByteSpan> sized32le(std::size_t max);  // event data, IMA fields
  // A count of elements: refused if above `max` or if so many cannot fit into what is left.
  Result<std::size_t> count32be(std::size_t max, std::size_t min_element_bytes);
  Result<std::size_t> count32le(std::size_t max, std::size_t min_element_bytes);
  // A nested structure of exactly n bytes with bounds of its own; offsets stay those of the whole.
  Result<Reader> sub(std::string_view what, std::size_t n);

  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return rest_.size(); }
  bool at_end() const { return rest_.empty(); }
  ByteSpan rest() const { return rest_; }

  // Trailing bytes are an error.
  Result<void> expect_end() const;
  // An error of the caller's, with the structure and the place in front.
  Error malformed(std::string_view why) const;
  Error unsupported(std::string_view why) const;

 private:
  Reader(std::string_view what, ByteSpan bytes, std::size_t offset)
      : what_(what), rest_(bytes), offset_(offset) {}
  template <class T>
  Result<T> big_endian();
  template <class T>
  Result<T> little_endian();
  Result<std::size_t> checked_count(std::uint32_t count, std::size_t max,
                                    std::size_t min_element_bytes) const;

  std::string_view what_;
  ByteSpan rest_;
  std::size_t offset_ = 0;
};

}  // namespace seaworthy::codec

// Internal to src/crypto: DER taken apart and put together where OpenSSL does not do it, refuses
// what is to be mended, or takes longer than a verification. Spec: X.690 §8.1.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "base/bytes.h"

namespace seaworthy::crypto::internal {

inline constexpr std::uint8_t kDerInteger = 0x02;
inline constexpr std::uint8_t kDerBitString = 0x03;
inline constexpr std::uint8_t kDerObject = 0x06;
inline constexpr std::uint8_t kDerSequence = 0x30;

// What an element says of its length, which may be more than is there. Definite form, up to 2^24;
// more bytes of length than needed are read, as OpenSSL does. Null: there is none.
struct DerHeader {
  std::size_t size;    // of tag and length
  std::size_t length;  // of the content
};
std::optional<DerHeader> der_header(ByteSpan in);

// The whole element with this tag that `in` begins with, and what follows it; views.
struct DerElement {
  ByteSpan content;
  ByteSpan rest;
};
std::optional<DerElement> der_element(ByteSpan in, std::uint8_t tag);
// The same, with nothing after it: its content.
std::optional<ByteSpan> der_only(ByteSpan in, std::uint8_t tag);

// An element of these parts, together below 64 KiB.
Bytes der_of(std::uint8_t tag, std::initializer_list<ByteSpan> parts);
// An INTEGER above zero: big-endian, without leading zeros.
Bytes der_integer(ByteSpan value);

}  // namespace seaworthy::crypto::internal

#include "crypto/der.h"

#include "base/check.h"

namespace seaworthy::crypto::internal {

std::optional<DerHeader> der_header(ByteSpan in) {
  if (in.size() < 2) {
    return std::nullopt;
  }
  if (in[1] < 0x80) {
    return DerHeader{2, in[1]};
  }
  const std::size_t digits = in[1] & 0x7Fu;
  if (digits == 0 || digits > 3 || in.size() < 2 + digits) {
    return std::nullopt;
  }
  std::size_t length = 0;
  for (const std::uint8_t digit : in.subspan(2, digits)) {
    length = length << 8 | digit;
  }
  return DerHeader{2 + digits, length};
}

std::optional<DerElement> der_element(ByteSpan in, std::uint8_t tag) {
  const auto header = der_header(in);
  if (!header || in[0] != tag || header->length > in.size() - header->size) {
    return std::nullopt;
  }
  return DerElement{in.subspan(header->size, header->length),
                    in.subspan(header->size + header->length)};
}

std::optional<ByteSpan> der_only(ByteSpan in, std::uint8_t tag) {
  const auto element = der_element(in, tag);
  return element && element->rest.empty() ? std::optional(element->content) : std::nullopt;
}

Bytes der_of(std::uint8_t tag, std::initializer_list<ByteSpan> parts) {
  std::size_t size = 0;
  for (const ByteSpan part : parts) {
    size += part.size();
  }
  SEAWORTHY_CHECK(size <= 0xFFFF);
  Bytes out{tag};
  if (size > 0xFF) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(size >> 8));
  } else if (size > 0x7F) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(size));
  for (const ByteSpan part : parts) {
    append(out, part);
  }
  return out;
}

Bytes der_integer(ByteSpan value) {
  const Bytes sign(value[0] >= 0x80 ? 1 : 0);
  return der_of(kDerInteger, {sign, value});
}

}  // namespace seaworthy::crypto::internal

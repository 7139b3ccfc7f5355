#include "codec/base64.h"

namespace seaworthy::codec {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(ByteSpan bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? bytes[i + k] : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= have) {
        out.push_back(alphabet[group >> (18 - 6 * k) & 0x3F]);
      } else if (pad) {
        out.push_back('=');
      }
    }
  }
  return out;
}

// Decodes text without padding.
Result<Bytes> decode(std::string_view text, std::string_view alphabet) {
  if (text.size() % 4 == 1) {
    return malformed("base64 text of impossible length " + std::to_string(text.size()));
  }
  ByteArray<256> values{};
  values.fill(0xFF);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(text[i])];
    if (value == 0xFF) {
      return malformed("not a base64 character at offset " + std::to_string(i));
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count));
      bits &= (1u << count) - 1;
    }
  }
  if (bits != 0) {
    return malformed("base64 text has unused bits that are not zero at its end");
  }
  return out;
}

}  // namespace

std::string to_base64(ByteSpan bytes) {
  return encode(bytes, kStandard, true);
}

std::string to_base64url(ByteSpan bytes) {
  return encode(bytes, kUrl, false);
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return malformed("base64 text of " + std::to_string(text.size()) +
                     " characters: the length must be a multiple of 4");
  }
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
    text.remove_suffix(1);
  }
  return decode(text, kStandard);
}

Result<Bytes> from_base64url(std::string_view text) {
  return decode(text, kUrl);
}

}  // namespace seaworthy::codec

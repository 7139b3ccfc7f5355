// Archives as tar writes them, honest or not.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace seaworthy::testing {

struct TarEntry {
  std::string name;
  std::string content = {};
  char type = '0';  // '0' a file, '1' a hard link, '2' a link, '5' a folder, '6' a pipe
  unsigned mode = 0644;
  std::string target = {};
};

inline void put_octal(std::string& header, std::size_t at, int digits, std::size_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*zo", digits, value);
  header.replace(at, static_cast<std::size_t>(digits), text.data());
}

inline std::string tar_header(const TarEntry& entry) {
  std::string header(512, '\0');
  header.replace(0, entry.name.size(), entry.name);
  put_octal(header, 100, 7, entry.mode);
  put_octal(header, 108, 7, 0);
  put_octal(header, 116, 7, 0);
  put_octal(header, 124, 11, entry.content.size());
  put_octal(header, 136, 11, 0);
  header.replace(148, 8, "        ");
  header[156] = entry.type;
  header.replace(157, entry.target.size(), entry.target);
  header.replace(257, 8,
                 std::string("ustar\0"
                             "00",
                             8));
  std::size_t sum = 0;
  for (const char c : header) {
    sum += static_cast<std::uint8_t>(c);
  }
  put_octal(header, 148, 6, sum);
  header[154] = '\0';
  return header;
}

// Names of at most 100 bytes.
inline std::string tar(const std::vector<TarEntry>& entries) {
  std::string out;
  for (const TarEntry& entry : entries) {
    out += tar_header(entry) + entry.content;
    out.resize((out.size() + 511) / 512 * 512);
  }
  return out + std::string(1024, '\0');
}

}  // namespace seaworthy::testing

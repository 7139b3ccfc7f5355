// Archives as cpio writes them in the format newc, honest or not.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace seaworthy::testing {

struct CpioEntry {
  std::string name;
  std::string content = {};
  unsigned mode = 0100644;  // as stat(2) has it
  unsigned inode = 0, links = 1;
};

inline std::string cpio_entry(const CpioEntry& entry) {
  std::string out = "070701";
  const auto number = [&out](std::size_t value) {
    char text[9];
    std::snprintf(text, sizeof(text), "%08zX", value);
    out += text;
  };
  const auto align = [&out] { out.resize((out.size() + 3) / 4 * 4); };
  for (const std::size_t value :
       {std::size_t{entry.inode}, std::size_t{entry.mode}, std::size_t{0}, std::size_t{0},
        std::size_t{entry.links}, std::size_t{0}, entry.content.size(), std::size_t{0},
        std::size_t{0}, std::size_t{0}, std::size_t{0}, entry.name.size() + 1, std::size_t{0}}) {
    number(value);
  }
  out += entry.name + '\0';
  align();
  out += entry.content;
  align();
  return out;
}

inline std::string cpio(const std::vector<CpioEntry>& entries) {
  std::string out;
  for (const CpioEntry& entry : entries) {
    out += cpio_entry(entry);
  }
  return out + cpio_entry({.name = "TRAILER!!!", .mode = 0});
}

}  // namespace seaworthy::testing

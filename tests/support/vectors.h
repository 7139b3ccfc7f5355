// Test vectors made by others: real logs, quotes, certificates. They lie outside the tree
// (SEAWORTHY_VECTORS) and are never copied into it; tests that need them are skipped, with a
// message, when the folder is absent.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/bytes.h"

namespace seaworthy::testing {

inline bool have_vectors() {
  return std::filesystem::is_directory(SEAWORTHY_VECTORS);
}

#define SEAWORTHY_NEEDS_VECTORS()                                 \
  do {                                                            \
    if (!::seaworthy::testing::have_vectors()) {                  \
      GTEST_SKIP() << "no test vectors at " << SEAWORTHY_VECTORS; \
    }                                                             \
  } while (false)

inline Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline Bytes vector_file(const std::string& relative) {
  return read_file(std::string(SEAWORTHY_VECTORS) + "/" + relative);
}

}  // namespace seaworthy::testing

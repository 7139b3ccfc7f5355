// Without libFuzzer: replays a corpus directory, each file whole and cut at every eighth of it, so
// that ctest runs the same target with every compiler.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/bytes.h"

void fuzz(seaworthy::ByteSpan input);

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
    return 2;
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream in(entry.path(), std::ios::binary);
    const seaworthy::Bytes bytes{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t eighth = 0; eighth <= 8; ++eighth) {
      fuzz(seaworthy::ByteSpan(bytes).first(bytes.size() * eighth / 8));
    }
    ++files;
  }
  std::printf("%zu files replayed\n", files);
  return files == 0 ? 1 : 0;  // a target without a corpus is not tested
}

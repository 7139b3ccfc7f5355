// libFuzzer's entry: hands its input to the target's fuzz().
#include "base/bytes.h"

void fuzz(seaworthy::ByteSpan input);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({data, size});
  return 0;
}

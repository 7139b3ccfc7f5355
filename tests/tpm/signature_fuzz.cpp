#include "base/check.h"
#include "tpm/signature.h"

// Never crashes, and what is accepted is written back as it was.
void fuzz(seaworthy::ByteSpan input) {
  const auto parsed = seaworthy::tpm::parse_signature(input);
  if (parsed) {
    SEAWORTHY_CHECK(seaworthy::same_bytes(seaworthy::tpm::write_signature(*parsed), input));
  }
}

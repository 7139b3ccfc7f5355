#include "base/check.h"
#include "tpm/attest.h"

// Never crashes, and what is accepted is written back as it was.
void fuzz(seaworthy::ByteSpan input) {
  const auto parsed = seaworthy::tpm::parse_quote(input);
  if (parsed) {
    SEAWORTHY_CHECK(seaworthy::same_bytes(seaworthy::tpm::write_quote(*parsed), input));
  }
}

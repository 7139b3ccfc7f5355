#include "base/check.h"
#include "tpm/public_area.h"

// Never crashes, and what is accepted is written back as it was.
void fuzz(seaworthy::ByteSpan input) {
  const auto parsed = seaworthy::tpm::parse_public_area(input);
  if (parsed) {
    SEAWORTHY_CHECK(seaworthy::same_bytes(seaworthy::tpm::write_public_area(*parsed), input));
  }
}

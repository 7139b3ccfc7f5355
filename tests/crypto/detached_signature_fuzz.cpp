// Parses bytes as a signature that lies apart from its content.
#include "crypto/detached_signature.h"

void fuzz(seaworthy::ByteSpan bytes) {
  (void)seaworthy::crypto::parse_detached_signature(bytes);
}

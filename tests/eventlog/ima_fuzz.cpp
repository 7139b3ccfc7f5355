#include "base/check.h"
#include "eventlog/ima.h"

// Never crashes, always advances, and accounts for every byte of whole entries.
void fuzz(seaworthy::ByteSpan input) {
  namespace eventlog = seaworthy::eventlog;
  eventlog::ImaReader reader(input);
  std::size_t before = 0;
  while (true) {
    const auto entry = reader.next();
    if (!entry || !*entry) {
      SEAWORTHY_CHECK(entry.has_value() == (reader.consumed() == input.size()));
      return;
    }
    SEAWORTHY_CHECK(reader.consumed() > before);
    before = reader.consumed();
    (void)(*entry)->extend_value(seaworthy::crypto::HashAlg::kSha256);
    (void)(*entry)->template_digest_matches();
    (void)(*entry)->digest();
  }
}

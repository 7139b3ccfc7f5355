#include "base/check.h"
#include "eventlog/evm.h"
#include "eventlog/ima.h"
#include "eventlog/ima_signature.h"

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
    (void)(*entry)->extend_value(seaworthy::crypto::HashAlg::kSha256,
                                 eventlog::TemplateDigests::kSha1Padded);
    (void)(*entry)->template_digest_matches();
    const auto digest = (*entry)->digest();
    if (const auto ima = eventlog::attribute((*entry)->inode, eventlog::kImaAttribute)) {
      SEAWORTHY_CHECK(ima->size() <= (*entry)->inode.xattr_values.size());
      (void)eventlog::said_digest(*ima);
    }
    const auto signature = eventlog::parse_ima_signature((*entry)->signature);
    if (signature) {
      const auto again = eventlog::write_ima_signature(*signature);
      SEAWORTHY_CHECK(seaworthy::same_bytes(again, (*entry)->signature));
      if (digest) {
        (void)signature->signed_digest(*digest, (*entry)->verity);
      }
      (void)signature->signed_digest((*entry)->inode);
    }
  }
}

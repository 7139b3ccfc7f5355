// Parses bytes as revocation lists, and as the certificates of a maker's NV indexes, cut in two
// where the first byte says.
#include "crypto/nv_chain.h"
#include "crypto/revocation.h"

void fuzz(seaworthy::ByteSpan bytes) {
  using namespace seaworthy::crypto;
  if (const auto lists = parse_revocation_lists(seaworthy::as_text(bytes))) {
    for (const RevocationList& list : *lists) {
      (void)list.issuer_name();
      (void)list.next_update();
    }
  }
  const std::size_t cut = bytes.empty() ? 0 : bytes[0] % bytes.size();
  const std::vector<seaworthy::Bytes> areas{seaworthy::to_bytes(bytes.first(cut)),
                                            seaworthy::to_bytes(bytes.subspan(cut))};
  (void)parse_tpm_nv_chain(areas, kMaxBundleCertificates);
}

#include "crypto/nv_chain.h"

#include <algorithm>

namespace seaworthy::crypto {
namespace {

// One certificate after the other, until something else comes.
void read_all(ByteSpan rest, std::size_t max, std::vector<Certificate>& out) {
  while (!rest.empty() && out.size() < max) {
    auto certificate = Certificate::parse_tpm_nv(rest);
    if (!certificate) {
      return;  // padding, or not for us
    }
    constexpr std::size_t kMakersHeader = 7;  // begins with 0x10; a certificate with 0x30
    rest = rest.subspan((rest[0] == 0x30 ? 0 : kMakersHeader) + certificate->der().size());
    if (std::find(out.begin(), out.end(), *certificate) == out.end()) {
      out.push_back(*std::move(certificate));
    }
  }
}

}  // namespace

std::vector<Certificate> parse_tpm_nv_chain(std::span<const Bytes> areas, std::size_t max) {
  std::vector<Certificate> out;
  Bytes joined;
  for (const Bytes& area : areas) {
    read_all(area, max, out);
    append(joined, area);
  }
  if (areas.size() > 1) {  // one that begins in one area and ends in the next
    read_all(joined, max, out);
  }
  return out;
}

}  // namespace seaworthy::crypto

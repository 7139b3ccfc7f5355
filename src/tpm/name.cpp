#include "tpm/name.h"

#include "codec/writer.h"
#include "crypto/digest.h"

namespace seaworthy::tpm {
namespace {

Bytes named(const crypto::Digest& digest) {
  return codec::Writer()
      .u16be(static_cast<std::uint16_t>(digest.alg()))
      .raw(digest.bytes())
      .bytes();
}

}  // namespace

Bytes name_of(const PublicArea& area) {
  return named(crypto::hash(area.name_alg, write_public_area(area)));
}

Bytes primary_qualified_name(const PublicArea& area, Hierarchy hierarchy) {
  return child_qualified_name(area,
                              codec::Writer().u32be(static_cast<std::uint32_t>(hierarchy)).bytes());
}

Bytes child_qualified_name(const PublicArea& area, ByteSpan parent_qualified_name) {
  const Bytes name = name_of(area);
  return named(crypto::hash(area.name_alg, {parent_qualified_name, name}));
}

}  // namespace seaworthy::tpm

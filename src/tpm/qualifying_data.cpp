#include "tpm/qualifying_data.h"

#include "codec/writer.h"

namespace seaworthy::tpm {

crypto::Digest qualifying_data(const QualifyingData& in) {
  SEAWORTHY_CHECK(in.nonces.size() <= 0xFFFF);
  codec::Writer writer;
  writer.sized16be(as_bytes("seaworthy/quote/v1"));
  writer.u16be(static_cast<std::uint16_t>(in.nonces.size()));
  for (const ByteSpan nonce : in.nonces) {
    writer.sized16be(nonce);
  }
  writer.sized16be(as_bytes(in.node_uid.str())).sized16be(in.ak_name).sized16be(in.channel);
  write_pcr_selections(writer, in.selection);
  return crypto::sha256(writer.bytes());
}

}  // namespace seaworthy::tpm

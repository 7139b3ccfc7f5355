#include "tpm/signature.h"

#include "codec/reader.h"
#include "codec/writer.h"
#include "tpm/algorithms.h"

namespace seaworthy::tpm {
namespace {

constexpr std::size_t kMaxRsaBytes = 512;        // RSA-4096
constexpr std::size_t kMaxCoordinateBytes = 66;  // P-521

Result<Bytes> parse_number(codec::Reader& reader, std::size_t max_bytes) {
  const ByteSpan bytes = TRY(reader.sized16be(max_bytes));
  if (bytes.empty()) {
    return reader.malformed("an empty number");
  }
  return to_bytes(bytes);
}

}  // namespace

Result<Signature> parse_signature(ByteSpan in) {
  codec::Reader reader("TPMT_SIGNATURE", in);
  const std::uint16_t alg = TRY(reader.u16be());
  if (alg != kAlgRsassa && alg != kAlgRsapss && alg != kAlgEcdsa) {
    return reader.unsupported("neither RSASSA nor RSAPSS nor ECDSA");
  }
  const auto hash = crypto::hash_alg(TRY(reader.u16be()));
  if (!hash) {
    return reader.unsupported("an unknown hash algorithm");
  }
  Bytes first = TRY(parse_number(reader, alg == kAlgEcdsa ? kMaxCoordinateBytes : kMaxRsaBytes));
  Signature signature = RsassaSignature{*hash, {}};
  if (alg == kAlgRsassa) {
    signature = RsassaSignature{*hash, std::move(first)};
  } else if (alg == kAlgRsapss) {
    signature = RsapssSignature{*hash, std::move(first)};
  } else {
    Bytes second = TRY(parse_number(reader, kMaxCoordinateBytes));
    signature = EcdsaSignature{*hash, std::move(first), std::move(second)};
  }
  TRY(reader.expect_end());
  return signature;
}

Bytes write_signature(const Signature& signature) {
  codec::Writer writer;
  if (const auto* rsassa = std::get_if<RsassaSignature>(&signature)) {
    writer.u16be(kAlgRsassa).u16be(static_cast<std::uint16_t>(rsassa->hash));
    writer.sized16be(rsassa->signature);
  } else if (const auto* rsapss = std::get_if<RsapssSignature>(&signature)) {
    writer.u16be(kAlgRsapss).u16be(static_cast<std::uint16_t>(rsapss->hash));
    writer.sized16be(rsapss->signature);
  } else {
    const auto& ecdsa = std::get<EcdsaSignature>(signature);
    writer.u16be(kAlgEcdsa).u16be(static_cast<std::uint16_t>(ecdsa.hash));
    writer.sized16be(ecdsa.r).sized16be(ecdsa.s);
  }
  return std::move(writer).bytes();
}

}  // namespace seaworthy::tpm

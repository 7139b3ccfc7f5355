#include "abuse.h"

#include <tss2/tss2_mu.h>

#include <algorithm>

#include "attester/tss/connection.h"
#include "attester/tss/keys.h"
#include "codec/writer.h"
#include "tpm/algorithms.h"

namespace seaworthy::liar {
namespace {

using attester::SignedQuote;
using attester::tss::check;
using attester::tss::Connection;
using attester::tss::EsysPtr;
using attester::tss::Flushed;
using attester::tss::PrimaryKey;

constexpr TPM2_HANDLE kNvIndex = 0x01800A30;
constexpr std::size_t kAttributesAt = 4;  // in a TPMT_PUBLIC: after type and nameAlg

TPMT_SIG_SCHEME own_scheme() {
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_NULL;
  return scheme;
}

Result<TPM2B_DATA> data_of(ByteSpan bytes) {
  TPM2B_DATA out{};
  if (bytes.size() > sizeof out.buffer) {
    return malformed("too much qualifying data");
  }
  out.size = static_cast<UINT16>(bytes.size());
  std::ranges::copy(bytes, out.buffer);
  return out;
}

Result<Bytes> signature_of(const TPMT_SIGNATURE& signature) {
  Bytes out(sizeof(TPMT_SIGNATURE));
  std::size_t offset = 0;
  TRY(check(Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, out.data(), out.size(), &offset),
            "TPMT_SIGNATURE"));
  out.resize(offset);
  return out;
}

// Takes over both.
Result<SignedQuote> result_of(TPM2B_ATTEST* attest_raw, TPMT_SIGNATURE* signature_raw) {
  const EsysPtr<TPM2B_ATTEST> attest(attest_raw);
  const EsysPtr<TPMT_SIGNATURE> signature(signature_raw);
  SignedQuote out;
  out.attested.assign(attest->attestationData, attest->attestationData + attest->size);
  out.signature = TRY(signature_of(*signature));
  return out;
}

Bytes other_ak_template() {
  Bytes out = attester::tss::ak_template();
  out.resize(out.size() - 4);  // the empty unique; another one makes another key
  const Bytes unique(32, 0x4C);
  append(out, codec::Writer().sized16be(unique).sized16be(unique).bytes());
  return out;
}

Bytes unrestricted_template() {
  Bytes out = attester::tss::ak_template();
  out[kAttributesAt + 1] &= static_cast<std::uint8_t>(~(tpm::kRestricted >> 16));
  return out;
}

Result<Bytes> public_of(const std::string& tcti, Bytes key_template) {
  const Connection tpm = TRY(Connection::open(tcti));
  PrimaryKey key(std::move(key_template));
  const Flushed loaded = TRY(key.load(tpm));
  return key.public_area();
}

}  // namespace

Result<SignedQuote> Abuse::sign(ByteSpan bytes) {
  const Connection tpm = TRY(Connection::open(tcti_));
  TPM2B_MAX_BUFFER buffer{};
  if (bytes.size() > sizeof buffer.buffer) {
    return malformed("too much to sign");
  }
  buffer.size = static_cast<UINT16>(bytes.size());
  std::ranges::copy(bytes, buffer.buffer);
  TPM2B_DIGEST* digest_raw = nullptr;
  TPMT_TK_HASHCHECK* ticket_raw = nullptr;
  TRY(check(Esys_Hash(tpm.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &buffer,
                      TPM2_ALG_SHA256, ESYS_TR_RH_ENDORSEMENT, &digest_raw, &ticket_raw),
            "TPM2_Hash"));
  const EsysPtr<TPM2B_DIGEST> digest(digest_raw);
  const EsysPtr<TPMT_TK_HASHCHECK> ticket(ticket_raw);
  PrimaryKey key(attester::tss::ak_template());
  const Flushed ak = TRY(key.load(tpm));
  const TPMT_SIG_SCHEME scheme = own_scheme();
  TPMT_SIGNATURE* signature_raw = nullptr;
  TRY(check(Esys_Sign(tpm.esys(), ak.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                      digest.get(), &scheme, ticket.get(), &signature_raw),
            "TPM2_Sign"));
  const EsysPtr<TPMT_SIGNATURE> signature(signature_raw);
  SignedQuote out;
  out.attested = to_bytes(bytes);
  out.signature = TRY(signature_of(*signature));
  return out;
}

Result<SignedQuote> Abuse::certify(ByteSpan qualifying_data) {
  const Connection tpm = TRY(Connection::open(tcti_));
  PrimaryKey key(attester::tss::ak_template());
  const Flushed ak = TRY(key.load(tpm));
  const auto data = TRY(data_of(qualifying_data));
  const TPMT_SIG_SCHEME scheme = own_scheme();
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  TRY(check(Esys_Certify(tpm.esys(), ak.get(), ak.get(), ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
                         ESYS_TR_NONE, &data, &scheme, &attest, &signature),
            "TPM2_Certify"));
  return result_of(attest, signature);
}

Result<SignedQuote> Abuse::get_time(ByteSpan qualifying_data) {
  const Connection tpm = TRY(Connection::open(tcti_));
  PrimaryKey key(attester::tss::ak_template());
  const Flushed ak = TRY(key.load(tpm));
  const auto data = TRY(data_of(qualifying_data));
  const TPMT_SIG_SCHEME scheme = own_scheme();
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  TRY(check(Esys_GetTime(tpm.esys(), ESYS_TR_RH_ENDORSEMENT, ak.get(), ESYS_TR_PASSWORD,
                         ESYS_TR_PASSWORD, ESYS_TR_NONE, &data, &scheme, &attest, &signature),
            "TPM2_GetTime"));
  return result_of(attest, signature);
}

Result<SignedQuote> Abuse::certify_nv(ByteSpan content, ByteSpan qualifying_data) {
  const Connection tpm = TRY(Connection::open(tcti_));
  PrimaryKey key(attester::tss::ak_template());
  const Flushed ak = TRY(key.load(tpm));
  const auto data = TRY(data_of(qualifying_data));
  TPM2B_MAX_NV_BUFFER written{};
  if (content.size() > sizeof written.buffer) {
    return malformed("too much for an NV index");
  }
  written.size = static_cast<UINT16>(content.size());
  std::ranges::copy(content, written.buffer);
  TPM2B_NV_PUBLIC area{};
  area.nvPublic.nvIndex = kNvIndex;
  area.nvPublic.nameAlg = TPM2_ALG_SHA256;
  area.nvPublic.attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA;
  area.nvPublic.dataSize = written.size;
  const TPM2B_AUTH no_auth{};
  ESYS_TR index = ESYS_TR_NONE;
  TRY(check(Esys_NV_DefineSpace(tpm.esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                ESYS_TR_NONE, &no_auth, &area, &index),
            "TPM2_NV_DefineSpace"));
  const TPMT_SIG_SCHEME scheme = own_scheme();
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  TSS2_RC code = Esys_NV_Write(tpm.esys(), ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                               ESYS_TR_NONE, &written, 0);
  if (code == TSS2_RC_SUCCESS) {
    code = Esys_NV_Certify(tpm.esys(), ak.get(), ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD,
                           ESYS_TR_PASSWORD, ESYS_TR_NONE, &data, &scheme, written.size, 0, &attest,
                           &signature);
  }
  const TSS2_RC removed = Esys_NV_UndefineSpace(tpm.esys(), ESYS_TR_RH_OWNER, index,
                                                ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
  TRY(check(code, "TPM2_NV_Certify"));
  TRY(check(removed, "TPM2_NV_UndefineSpace"));
  return result_of(attest, signature);
}

Result<Bytes> Abuse::other_ak() {
  return public_of(tcti_, other_ak_template());
}

Result<Bytes> Abuse::unrestricted_key() {
  return public_of(tcti_, unrestricted_template());
}

Result<SignedQuote> Abuse::quote_by_other_ak(const std::vector<tpm::PcrSelection>& selection,
                                             ByteSpan qualifying_data) {
  const Connection tpm = TRY(Connection::open(tcti_));
  PrimaryKey key(other_ak_template());
  const Flushed ak = TRY(key.load(tpm));
  const auto data = TRY(data_of(qualifying_data));
  codec::Writer marshalled;
  tpm::write_pcr_selections(marshalled, selection);
  TPML_PCR_SELECTION pcrs{};
  std::size_t offset = 0;
  TRY(check(Tss2_MU_TPML_PCR_SELECTION_Unmarshal(marshalled.bytes().data(),
                                                 marshalled.bytes().size(), &offset, &pcrs),
            "TPML_PCR_SELECTION"));
  const TPMT_SIG_SCHEME scheme = own_scheme();
  TPM2B_ATTEST* attest = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  TRY(check(Esys_Quote(tpm.esys(), ak.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
                       &scheme, &pcrs, &attest, &signature),
            "TPM2_Quote"));
  return result_of(attest, signature);
}

Result<void> Abuse::fill_pcr23(const std::vector<crypto::Digest>& digests) {
  const Connection tpm = TRY(Connection::open(tcti_));
  TRY(check(Esys_PCR_Reset(tpm.esys(), ESYS_TR_PCR23, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
            "TPM2_PCR_Reset"));
  for (const crypto::Digest& digest : digests) {
    TPML_DIGEST_VALUES values{};
    values.count = 1;
    values.digests[0].hashAlg = static_cast<TPMI_ALG_HASH>(digest.alg());
    std::ranges::copy(digest.bytes(), values.digests[0].digest.sha256);
    TRY(check(Esys_PCR_Extend(tpm.esys(), ESYS_TR_PCR23, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                              ESYS_TR_NONE, &values),
              "TPM2_PCR_Extend"));
  }
  return {};
}

}  // namespace seaworthy::liar

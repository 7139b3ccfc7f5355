#include "tpm.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include <algorithm>
#include <utility>

#include "codec/hex.h"
#include "codec/writer.h"

namespace seaworthy::machine {
namespace {

using crypto::HashAlg;

Result<void> check(TSS2_RC code, const char* what) {
  if (code == TSS2_RC_SUCCESS) {
    return {};
  }
  return unavailable(std::string(what) + ": " + Tss2_RC_Decode(code));
}

// Memory that ESYS gave away.
template <class T>
struct EsysFree {
  void operator()(T* p) const { Esys_Free(p); }
};
template <class T>
using EsysPtr = std::unique_ptr<T, EsysFree<T>>;

// PolicyA of the EK Credential Profile 2.5, B.3: TPM2_PolicySecret(TPM_RH_ENDORSEMENT).
constexpr std::string_view kPolicyA =
    "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";

Bytes ek_template(EkKind kind) {
  codec::Writer w;
  w.u16be(kind == EkKind::kRsa2048 ? TPM2_ALG_RSA : TPM2_ALG_ECC).u16be(TPM2_ALG_SHA256);
  w.u32be(0x000300B2).sized16be(*codec::from_hex(kPolicyA));
  w.u16be(TPM2_ALG_AES).u16be(128).u16be(TPM2_ALG_CFB).u16be(TPM2_ALG_NULL);
  if (kind == EkKind::kRsa2048) {
    w.u16be(2048).u32be(0).sized16be(Bytes(256));
  } else {
    w.u16be(TPM2_ECC_NIST_P256).u16be(TPM2_ALG_NULL).sized16be(Bytes(32)).sized16be(Bytes(32));
  }
  return std::move(w).bytes();
}

}  // namespace

BankDigests digests_of(ByteSpan content) {
  return {.sha1 = crypto::hash(HashAlg::kSha1, content), .sha256 = crypto::sha256(content)};
}

Result<Tpm> Tpm::connect(const std::string& socket_path) {
  Tpm tpm;
  const std::string conf = "swtpm:path=" + socket_path;
  TRY(check(Tss2_TctiLdr_Initialize(conf.c_str(), &tpm.tcti_), "connecting to swtpm"));
  TRY(check(Esys_Initialize(&tpm.esys_, tpm.tcti_, nullptr), "Esys_Initialize"));
  return tpm;
}

Tpm::~Tpm() {
  if (esys_ != nullptr) {
    Esys_Finalize(&esys_);
  }
  if (tcti_ != nullptr) {
    Tss2_TctiLdr_Finalize(&tcti_);
  }
}

Tpm::Tpm(Tpm&& other) noexcept
    : tcti_(std::exchange(other.tcti_, nullptr)), esys_(std::exchange(other.esys_, nullptr)) {}

Result<void> Tpm::startup(std::uint8_t locality) {
  TRY(check(Tss2_Tcti_SetLocality(tcti_, locality), "setting the locality"));
  const TSS2_RC started = Esys_Startup(esys_, TPM2_SU_CLEAR);
  TRY(check(Tss2_Tcti_SetLocality(tcti_, 0), "setting the locality back"));
  return check(started, "TPM2_Startup");
}

Result<void> Tpm::shutdown() {
  return check(Esys_Shutdown(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR),
               "TPM2_Shutdown");
}

Result<void> Tpm::extend(std::uint32_t pcr, const BankDigests& digests) {
  TPML_DIGEST_VALUES values{};
  values.count = 2;
  values.digests[0].hashAlg = TPM2_ALG_SHA1;
  std::ranges::copy(digests.sha1.bytes(), values.digests[0].digest.sha1);
  values.digests[1].hashAlg = TPM2_ALG_SHA256;
  std::ranges::copy(digests.sha256.bytes(), values.digests[1].digest.sha256);
  return check(Esys_PCR_Extend(esys_, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                               ESYS_TR_NONE, &values),
               "TPM2_PCR_Extend");
}

Result<crypto::Digest> Tpm::read_pcr(HashAlg bank, std::uint32_t pcr) {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  selection.pcrSelections[0].hash = static_cast<TPMI_ALG_HASH>(bank);
  selection.pcrSelections[0].sizeofSelect = 3;
  selection.pcrSelections[0].pcrSelect[pcr / 8] = static_cast<BYTE>(1u << (pcr % 8));
  TPML_DIGEST* raw = nullptr;
  TRY(check(Esys_PCR_Read(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection, nullptr,
                          nullptr, &raw),
            "TPM2_PCR_Read"));
  const EsysPtr<TPML_DIGEST> values(raw);
  if (values->count != 1 || values->digests[0].size != crypto::digest_size(bank)) {
    return unavailable("TPM2_PCR_Read: the bank is not allocated");
  }
  return crypto::Digest(bank, ByteSpan(values->digests[0].buffer, values->digests[0].size));
}

Result<Bytes> Tpm::ek_public(EkKind kind) {
  const Bytes template_bytes = ek_template(kind);
  TPM2B_PUBLIC in{};
  std::size_t offset = 0;
  TRY(check(Tss2_MU_TPMT_PUBLIC_Unmarshal(template_bytes.data(), template_bytes.size(), &offset,
                                          &in.publicArea),
            "EK template"));
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR handle = ESYS_TR_NONE;
  TPM2B_PUBLIC* raw = nullptr;
  TRY(check(Esys_CreatePrimary(esys_, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                               ESYS_TR_NONE, &sensitive, &in, &outside, &no_pcrs, &handle, &raw,
                               nullptr, nullptr, nullptr),
            "TPM2_CreatePrimary"));
  const EsysPtr<TPM2B_PUBLIC> created(raw);
  TRY(check(Esys_FlushContext(esys_, handle), "TPM2_FlushContext"));
  Bytes out(sizeof(TPMT_PUBLIC));
  offset = 0;
  TRY(check(Tss2_MU_TPMT_PUBLIC_Marshal(&created->publicArea, out.data(), out.size(), &offset),
            "EK public area"));
  out.resize(offset);
  return out;
}

Result<void> Tpm::write_nv(std::uint32_t index, ByteSpan content) {
  TPM2B_NV_PUBLIC area{};
  area.nvPublic.nvIndex = index;
  area.nvPublic.nameAlg = TPM2_ALG_SHA256;
  // As manufacturers do (EK Credential Profile §2.2.1.5): only the platform writes, all read.
  area.nvPublic.attributes = TPMA_NV_PPWRITE | TPMA_NV_WRITEDEFINE | TPMA_NV_PPREAD |
                             TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA |
                             TPMA_NV_PLATFORMCREATE;
  area.nvPublic.dataSize = static_cast<UINT16>(content.size());
  const TPM2B_AUTH no_auth{};
  ESYS_TR handle = ESYS_TR_NONE;
  TRY(check(Esys_NV_DefineSpace(esys_, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                ESYS_TR_NONE, &no_auth, &area, &handle),
            "TPM2_NV_DefineSpace"));
  constexpr std::size_t kChunk = 512;
  for (std::size_t at = 0; at < content.size(); at += kChunk) {
    const ByteSpan piece = content.subspan(at, std::min(kChunk, content.size() - at));
    TPM2B_MAX_NV_BUFFER buffer{};
    buffer.size = static_cast<UINT16>(piece.size());
    std::ranges::copy(piece, buffer.buffer);
    TRY(check(Esys_NV_Write(esys_, ESYS_TR_RH_PLATFORM, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                            ESYS_TR_NONE, &buffer, static_cast<UINT16>(at)),
              "TPM2_NV_Write"));
  }
  return check(Esys_TR_Close(esys_, &handle), "Esys_TR_Close");
}

Result<Tpm::Counters> Tpm::read_clock() {
  TPMS_TIME_INFO* raw = nullptr;
  TRY(check(Esys_ReadClock(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &raw),
            "TPM2_ReadClock"));
  const EsysPtr<TPMS_TIME_INFO> time(raw);
  const TPMS_CLOCK_INFO& clock = time->clockInfo;
  return Counters{.clock = clock.clock,
                  .reset_count = clock.resetCount,
                  .restart_count = clock.restartCount,
                  .safe = clock.safe == TPM2_YES};
}

}  // namespace seaworthy::machine

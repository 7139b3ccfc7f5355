#include "attester/tss/keys.h"

#include <tss2/tss2_mu.h>

#include <utility>

#include "codec/writer.h"
#include "tpm/algorithms.h"

namespace seaworthy::attester::tss {
namespace {

// PolicyA (Annex B.6.2): TPM2_PolicySecret(TPM_RH_ENDORSEMENT), SHA-256.
constexpr ByteArray<32> kPolicyA{0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

}  // namespace

Bytes ek_template(EkKind kind) {
  codec::Writer w;
  w.u16be(kind == EkKind::kRsa2048 ? tpm::kAlgRsa : tpm::kAlgEcc).u16be(TPM2_ALG_SHA256);
  w.u32be(tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kAdminWithPolicy |
          tpm::kRestricted | tpm::kDecrypt);
  w.sized16be(kPolicyA);
  w.u16be(tpm::kAlgAes).u16be(128).u16be(tpm::kAlgCfb);  // symmetric
  w.u16be(tpm::kAlgNull);                                // scheme
  if (kind == EkKind::kRsa2048) {
    w.u16be(2048).u32be(0).sized16be(Bytes(256));  // keyBits, exponent, unique
  } else {
    w.u16be(TPM2_ECC_NIST_P256).u16be(tpm::kAlgNull);  // curve, kdf
    w.sized16be(Bytes(32)).sized16be(Bytes(32));       // unique
  }
  return std::move(w).bytes();
}

Bytes ak_template() {
  codec::Writer w;
  w.u16be(tpm::kAlgEcc).u16be(TPM2_ALG_SHA256);
  w.u32be(tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kUserWithAuth |
          tpm::kNoDa | tpm::kRestricted | tpm::kSign);
  w.sized16be({});                                   // authPolicy
  w.u16be(tpm::kAlgNull);                            // symmetric
  w.u16be(tpm::kAlgEcdsa).u16be(TPM2_ALG_SHA256);    // scheme
  w.u16be(TPM2_ECC_NIST_P256).u16be(tpm::kAlgNull);  // curve, kdf
  w.sized16be({}).sized16be({});                     // unique
  return std::move(w).bytes();
}

Result<Flushed> PrimaryKey::load(const Connection& tpm) {
  if (context_) {
    ESYS_TR handle = ESYS_TR_NONE;
    if (Esys_ContextLoad(tpm.esys(), context_.get(), &handle) == TSS2_RC_SUCCESS) {
      return Flushed(tpm, handle);
    }
    context_.reset();  // the TPM was reset since: contexts end with the boot, keys do not
  }
  return create(tpm);
}

Result<Flushed> PrimaryKey::create(const Connection& tpm) {
  TPM2B_PUBLIC in{};
  std::size_t offset = 0;
  TRY(check(
      Tss2_MU_TPMT_PUBLIC_Unmarshal(template_.data(), template_.size(), &offset, &in.publicArea),
      "key template"));
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR handle = ESYS_TR_NONE;
  TPM2B_PUBLIC* raw = nullptr;
  TRY(check(Esys_CreatePrimary(tpm.esys(), ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                               ESYS_TR_NONE, &sensitive, &in, &outside, &no_pcrs, &handle, &raw,
                               nullptr, nullptr, nullptr),
            "TPM2_CreatePrimary"));
  Flushed key(tpm, handle);
  const EsysPtr<TPM2B_PUBLIC> created(raw);

  Bytes area(sizeof(TPMT_PUBLIC));
  offset = 0;
  TRY(check(Tss2_MU_TPMT_PUBLIC_Marshal(&created->publicArea, area.data(), area.size(), &offset),
            "TPMT_PUBLIC"));
  area.resize(offset);
  if (public_.empty()) {
    public_ = std::move(area);
  } else if (public_ != area) {
    return Error(ErrorCode::kConflict,
                 "the TPM makes another key than before: it was cleared or exchanged");
  }

  TPMS_CONTEXT* context = nullptr;
  TRY(check(Esys_ContextSave(tpm.esys(), key.get(), &context), "TPM2_ContextSave"));
  context_.reset(context);
  return key;
}

}  // namespace seaworthy::attester::tss

#include "attester/tss/keys.h"

#include <tss2/tss2_mu.h>

#include <utility>

#include "codec/writer.h"
#include "tpm/algorithms.h"

namespace seaworthy::attester::tss {

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

Result<void> Key::expect_same(const TPM2B_PUBLIC& now) {
  Bytes area(sizeof(TPMT_PUBLIC));
  std::size_t offset = 0;
  TRY(check(Tss2_MU_TPMT_PUBLIC_Marshal(&now.publicArea, area.data(), area.size(), &offset),
            "TPMT_PUBLIC"));
  area.resize(offset);
  if (public_.empty()) {
    public_ = std::move(area);
  } else if (public_ != area) {
    return Error(ErrorCode::kConflict,
                 "the TPM has another key than before: it was cleared or exchanged");
  }
  return {};
}

Result<Flushed> PersistentKey::load(const Connection& tpm) {
  ESYS_TR handle = ESYS_TR_NONE;
  TRY(check(
      Esys_TR_FromTPMPublic(tpm.esys(), handle_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle),
      "the persistent key"));
  Flushed key(tpm, handle, AtEnd::kStays);
  TPM2B_PUBLIC* raw = nullptr;
  TRY(check(Esys_ReadPublic(tpm.esys(), key.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &raw,
                            nullptr, nullptr),
            "TPM2_ReadPublic"));
  const EsysPtr<TPM2B_PUBLIC> area(raw);
  TRY(expect_same(*area));
  return key;
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
  TRY(expect_same(*created));

  TPMS_CONTEXT* context = nullptr;
  TRY(check(Esys_ContextSave(tpm.esys(), key.get(), &context), "TPM2_ContextSave"));
  context_.reset(context);
  return key;
}

}  // namespace seaworthy::attester::tss

#include "attester/tss/nv.h"

#include <algorithm>

namespace seaworthy::attester::tss {

Result<std::vector<TPM2_HANDLE>> existing_handles(const Connection& tpm, TPM2_HANDLE first,
                                                  TPM2_HANDLE last, std::size_t max) {
  TPMS_CAPABILITY_DATA* raw = nullptr;
  TRY(check(Esys_GetCapability(tpm.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                               TPM2_CAP_HANDLES, first, static_cast<UINT32>(max), nullptr, &raw),
            "TPM2_GetCapability"));
  const EsysPtr<TPMS_CAPABILITY_DATA> data(raw);
  const TPML_HANDLE& handles = data->data.handles;
  std::vector<TPM2_HANDLE> out;
  for (UINT32 i = 0; i < std::min<UINT32>(handles.count, TPM2_MAX_CAP_HANDLES); ++i) {
    if (handles.handle[i] >= first && handles.handle[i] <= last) {
      out.push_back(handles.handle[i]);
    }
  }
  return out;
}

Result<Bytes> read_nv_if_there(const Connection& tpm, TPM2_HANDLE index) {
  if (index == 0 || TRY(existing_handles(tpm, index, index, 1)).empty()) {
    return Bytes();
  }
  return read_nv(tpm, index);
}

Result<Bytes> read_nv(const Connection& tpm, TPM2_HANDLE index) {
  ESYS_TR handle = ESYS_TR_NONE;
  TRY(check(
      Esys_TR_FromTPMPublic(tpm.esys(), index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle),
      "TPM2_NV_ReadPublic"));
  const Referenced nv(tpm, handle);
  TPM2B_NV_PUBLIC* raw = nullptr;
  TRY(check(Esys_NV_ReadPublic(tpm.esys(), nv.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &raw,
                               nullptr),
            "TPM2_NV_ReadPublic"));
  const EsysPtr<TPM2B_NV_PUBLIC> area(raw);
  const TPMA_NV attributes = area->nvPublic.attributes;
  if ((attributes & TPMA_NV_WRITTEN) == 0) {
    return Bytes();
  }
  const std::size_t size = area->nvPublic.dataSize;
  if (size > kMaxNvBytes) {
    return unsupported("an EK certificate index holds more than 16 KiB");
  }
  // By the empty authorization of the index, as it is meant to be; else by the owner's.
  const ESYS_TR authority =
      (attributes & TPMA_NV_AUTHREAD) != 0 ? nv.get() : static_cast<ESYS_TR>(ESYS_TR_RH_OWNER);
  constexpr std::size_t kChunk = 512;  // TPM_PT_NV_BUFFER_MAX is at least this everywhere
  Bytes out;
  while (out.size() < size) {
    TPM2B_MAX_NV_BUFFER* piece_raw = nullptr;
    TRY(check(Esys_NV_Read(tpm.esys(), authority, nv.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                           ESYS_TR_NONE, static_cast<UINT16>(std::min(kChunk, size - out.size())),
                           static_cast<UINT16>(out.size()), &piece_raw),
              "TPM2_NV_Read"));
    const EsysPtr<TPM2B_MAX_NV_BUFFER> piece(piece_raw);
    if (piece->size == 0) {
      return unavailable("TPM2_NV_Read gave nothing");
    }
    append(out, ByteSpan(piece->buffer, piece->size));
  }
  return out;
}

}  // namespace seaworthy::attester::tss

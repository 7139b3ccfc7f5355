// The keys of attestation inside a TPM. Private to attester/tss/.
#pragma once

#include <tss2/tss2_esys.h>

#include <memory>

#include "attester/tss/connection.h"

namespace seaworthy::attester::tss {

// Attributes 0x00050472: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA,
// restricted, sign. Nothing random in it: the key is a function of the endorsement seed.
Bytes ak_template();

// A primary key of the endorsement hierarchy: created from its template when first used, then kept
// outside the TPM as a saved context, which only this TPM can load, until it is reset. So no NV
// memory is used, no owner authorization is needed, and a quote does not wait for key generation.
class PrimaryKey {
 public:
  explicit PrimaryKey(Bytes template_public) : template_(std::move(template_public)) {}

  // kConflict if the TPM makes another key than the first time: another TPM, or a cleared one.
  Result<Flushed> load(const Connection& tpm);
  // TPMT_PUBLIC; empty before the first load().
  const Bytes& public_area() const { return public_; }

 private:
  Result<Flushed> create(const Connection& tpm);

  Bytes template_;
  Bytes public_;
  EsysPtr<TPMS_CONTEXT> context_;
};

}  // namespace seaworthy::attester::tss

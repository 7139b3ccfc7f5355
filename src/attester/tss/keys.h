// The keys of attestation inside a TPM. Private to attester/tss/.
#pragma once

#include <tss2/tss2_esys.h>

#include <memory>

#include "attester/tss/connection.h"

namespace seaworthy::attester::tss {

// Attributes 0x00050472: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA,
// restricted, sign. Nothing random in it: the key is a function of the endorsement seed.
Bytes ak_template();

// A key that is loaded for each operation.
class Key {
 public:
  virtual ~Key() = default;
  // kConflict if it is another key than the first time: another TPM, or a cleared one.
  virtual Result<Flushed> load(const Connection& tpm) = 0;
  // TPMT_PUBLIC; empty before the first load().
  const Bytes& public_area() const { return public_; }

 protected:
  Result<void> expect_same(const TPM2B_PUBLIC& now);

 private:
  Bytes public_;
};

// A primary key of the endorsement hierarchy: created from its template when first used, then kept
// outside the TPM as a saved context, which only this TPM can load, until it is reset. So no NV
// memory is used, no owner authorization is needed, and a quote does not wait for key generation.
class PrimaryKey final : public Key {
 public:
  explicit PrimaryKey(Bytes template_public) : template_(std::move(template_public)) {}

  Result<Flushed> load(const Connection& tpm) override;

 private:
  Result<Flushed> create(const Connection& tpm);

  Bytes template_;
  EsysPtr<TPMS_CONTEXT> context_;
};

// A key that somebody made persistent.
class PersistentKey final : public Key {
 public:
  explicit PersistentKey(TPM2_HANDLE handle) : handle_(handle) {}
  Result<Flushed> load(const Connection& tpm) override;

 private:
  TPM2_HANDLE handle_;
};

}  // namespace seaworthy::attester::tss

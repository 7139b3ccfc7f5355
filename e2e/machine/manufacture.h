// A test CA, and the EK certificates that it issues to software machines.
// Spec: TCG EK Credential Profile 2.5, §3 "X.509 ASN.1 Definitions".
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "tpm.h"

namespace seaworthy::machine {

// ca.crt and ca.key in a folder. Whoever holds the key can make any number of TPMs: for tests.
class TestCa {
 public:
  // Opens the CA in that folder, or makes one if there is none. Safe if several machines do so at
  // once.
  static Result<TestCa> open(const std::filesystem::path& folder);

  // A certificate for the EK with this TPMT_PUBLIC (RSA-2048 or P-256): DER.
  Result<Bytes> issue(EkKind kind, ByteSpan ek_public) const;

  const std::string& certificate_pem() const { return certificate_pem_; }

 private:
  TestCa(std::string certificate_pem, std::string key_pem)
      : certificate_pem_(std::move(certificate_pem)), key_pem_(std::move(key_pem)) {}
  std::string certificate_pem_;
  std::string key_pem_;
};

// The SubjectPublicKeyInfo (DER) of an EK's TPMT_PUBLIC.
Result<Bytes> spki_of(EkKind kind, ByteSpan ek_public);

}  // namespace seaworthy::machine

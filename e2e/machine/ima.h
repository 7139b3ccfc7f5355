// The IMA measurement list of a software machine, as Linux ≥ 5.8 writes it on a little-endian CPU.
// Spec: Linux kernel documentation, security/IMA-templates, 6.1; security/integrity/ima/ima_fs.c.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "tpm.h"

namespace seaworthy::machine {

struct ImaEntry {
  Bytes bytes;          // as in binary_runtime_measurements: the SHA-1 template digest inside
  BankDigests digests;  // what PCR 10 is extended with in each bank
};

// An entry of the template "ima-ng": d-ng and n-ng.
ImaEntry ima_ng(const crypto::Digest& file, std::string_view path);
// "ima-sig": with a signature field, which is empty for files that carry none.
ImaEntry ima_sig(const crypto::Digest& file, std::string_view path, ByteSpan signature);

struct BaseFile {
  std::string path;
  std::string content;
};
// What runs on every machine after each boot.
const std::vector<BaseFile>& base_files();
// The entry with which a base file is listed: some as ima-sig, the others as ima-ng.
ImaEntry base_entry(std::size_t index);

}  // namespace seaworthy::machine

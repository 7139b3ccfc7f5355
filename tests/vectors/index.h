// INDEX.md of the vectors: what it says of each file, and which test here takes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/vector_logs.h"

namespace seaworthy::testing {

// One row of a table.
struct VectorFile {
  std::string path;
  std::string sha256;
  std::string format;
  std::string expected;

  bool is(std::string_view text) const { return format.find(text) != std::string::npos; }
  bool in(std::string_view folder) const { return path.starts_with(folder); }
};

// Who takes a file. Every file is taken by exactly one.
enum class Taker : std::uint8_t {
  kNobody,            // index_test.cpp fails
  kNotApplicable,     // INDEX.md states no result for it
  kOtherTest,         // tests/verify/identity_test.cpp, tests/eventlog/boot_log_test.cpp
  kCertificates,      // certificates_test.cpp
  kNoCertificate,     // certificates_test.cpp: must be refused
  kPublicKey,         // keys_test.cpp
  kBootLog,           // logs_test.cpp
  kNoBootLog,         // logs_test.cpp: must be refused
  kImaList,           // logs_test.cpp
  kImaAscii,          // logs_test.cpp
  kGenerated,         // quotes_test.cpp
  kTpmStructure,      // keys_test.cpp, quotes_test.cpp
  kCredentialVector,  // keys_test.cpp
  kCloud,             // quotes_test.cpp
  kForeignFormat,     // index_test.cpp: formats of other programs, which we do not read
};

inline std::vector<VectorFile> vector_index() {
  std::vector<VectorFile> rows;
  const Bytes bytes = vector_file("INDEX.md");
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::vector<std::string> cells;
    for (std::size_t at = 0; at != std::string_view::npos && cells.size() < 8;) {
      const std::size_t end = line.find('|', at);
      std::string_view cell = line.substr(at, end == std::string_view::npos ? end : end - at);
      cell.remove_prefix(std::min(cell.size(), cell.find_first_not_of(" `")));
      cell = cell.substr(0, cell.find_last_not_of(" `") + 1);
      cells.emplace_back(cell);
      at = end == std::string_view::npos ? end : end + 1;
    }
    // | file | bytes | sha256 | format | machine | expected |; the tables of results have fewer.
    if (cells.size() == 8 && cells[3].size() == 64) {
      rows.push_back({cells[1], cells[3], cells[4], cells[6]});
    }
  }
  return rows;
}

inline Taker taker_of(const VectorFile& file) {
  if (file.in("_generated-swtpm/")) {
    return Taker::kGenerated;
  }
  if (file.is("TCG event log")) {
    return Taker::kBootLog;
  }
  if (file.expected.find("rejected as an event log") != std::string::npos ||
      file.path.find("binary_bios_measurements-") != std::string::npos) {
    return Taker::kNoBootLog;
  }
  if (file.is("attribute certificate")) {
    return Taker::kNoCertificate;
  }
  if (file.is("X.509")) {
    return Taker::kCertificates;
  }
  if (file.is("IMA binary list")) {
    return Taker::kImaList;
  }
  if (file.is("IMA ASCII list")) {
    return Taker::kImaAscii;
  }
  if (file.expected.starts_with("none stated")) {
    return Taker::kNotApplicable;
  }
  if (file.is("public key PEM")) {
    return Taker::kPublicKey;
  }
  if (file.in("google+go-tpm/")) {
    return Taker::kCredentialVector;
  }
  if (file.in("kinvolk+azure-cvm-tooling/")) {
    return Taker::kCloud;
  }
  if (file.in("keylime+keylime/test-data/files/allowlist") ||
      file.in("keylime+keylime/test/data/") ||
      file.in("tpm2-software+tpm2-tss/test/data/fapi/policy/")) {
    return Taker::kForeignFormat;
  }
  if (file.in("keylime+keylime/test-data/files/")) {
    return Taker::kTpmStructure;
  }
  return file.path.ends_with("windows_gcp_shielded_vm.json") ? Taker::kOtherTest : Taker::kNobody;
}

inline std::vector<VectorFile> files_of(Taker taker) {
  std::vector<VectorFile> out;
  for (VectorFile& file : vector_index()) {
    if (taker_of(file) == taker) {
      out.push_back(std::move(file));
    }
  }
  return out;
}

}  // namespace seaworthy::testing

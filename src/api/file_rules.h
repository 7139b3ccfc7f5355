// What reference values and policies say about files and other things that run: the parts of
// ReferenceValueSet and AttestationPolicy about the runtime (kernel's IMA list).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/fields.h"

namespace seaworthy::api {

using Sha256Value = ByteArray<32>;

Result<Sha256Value> read_sha256(codec::Fields& fields, std::string_view name);

inline constexpr std::size_t kMaxMeasurements = 256;
inline constexpr std::size_t kMaxMeasurementName = 255;

// Of ReferenceValueSet.spec, beside its files.
struct RuntimeReferences {
  // Whoever signs files is believed: the content is then known without being listed.
  struct Signer {
    std::string name;
    std::string key;  // PEM: CERTIFICATE or PUBLIC KEY
    std::uint8_t minimum_version = 2;
    bool operator==(const Signer&) const = default;
  };
  // Withdrawn, whoever lists or signs it.
  struct Denied {
    Sha256Value sha256{};
    std::string note;  // why, for people
    bool operator==(const Denied&) const = default;
  };
  // What the kernel measures that is no file.
  struct Measurement {
    std::string name;  // ".ima", "kexec-cmdline"
    Sha256Value sha256{};
    bool operator==(const Measurement&) const = default;
  };
  std::vector<Signer> signers;
  std::vector<Denied> denied_files;
  std::vector<Measurement> measurements;
  std::vector<Sha256Value> ima_policies;
  bool operator==(const RuntimeReferences&) const = default;

  bool empty() const {
    return signers.empty() && denied_files.empty() && measurements.empty() && ima_policies.empty();
  }
};
// Reads signers, deniedFiles, measurements and imaPolicies.
Result<RuntimeReferences> parse_runtime_references(codec::Fields& spec);
// Adds them to a spec; what is empty is left out.
void write_runtime_references(const RuntimeReferences& runtime, codec::Json& spec);

enum class OldKernelRule : std::uint8_t { kRefused, kAllowed };
enum class KexecRule : std::uint8_t { kForbidden, kMeasured };
enum class PathVerdict : std::uint8_t { kJudged, kIgnoredEvenIfExecuted };

// Of AttestationPolicy.spec.evidence.runtime.
struct FileRules {
  struct Path {
    std::string prefix;  // a folder: begins and ends with "/"
    PathVerdict files = PathVerdict::kJudged;
    bool operator==(const Path&) const = default;
  };
  OldKernelRule old_kernels = OldKernelRule::kRefused;
  KexecRule kexec = KexecRule::kForbidden;
  std::vector<Path> paths;  // the longest that fits decides
  bool operator==(const FileRules&) const = default;
};
// Reads oldKernels, kexec and paths.
Result<FileRules> parse_file_rules(codec::Fields& runtime);

}  // namespace seaworthy::api

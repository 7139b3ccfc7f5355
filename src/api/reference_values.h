// ReferenceValueSet (seaworthy.dev/v1alpha1): what is known to be good. The schema with its texts
// is crds/referencevaluesets.yaml.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/meta.h"
#include "base/bytes.h"

namespace seaworthy::api {

using Sha256Value = ByteArray<32>;

struct ReferenceValueSet {
  struct Pcr {
    std::uint8_t index = 0;  // 0 to 9, 14
    Sha256Value sha256{};
    bool operator==(const Pcr&) const = default;
  };
  struct File {
    Sha256Value sha256{};
    std::string path;  // a hint for people; the digest alone decides
    bool operator==(const File&) const = default;
  };

  ObjectMeta meta;
  std::vector<Pcr> pcrs;                   // registers that must have exactly this value
  std::vector<Sha256Value> applications;   // Authenticode digests of what firmware may start
  std::vector<std::string> command_lines;  // kernel command lines, exact
  std::vector<File> files;                 // at most 20,000 in one set
  bool operator==(const ReferenceValueSet&) const = default;

  bool describes_boot() const { return !pcrs.empty() || !applications.empty(); }
};

Result<ReferenceValueSet> parse_reference_values(const Json& object);

}  // namespace seaworthy::api

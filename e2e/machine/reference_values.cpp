#include "reference_values.h"

#include "codec/hex.h"
#include "codec/json.h"
#include "ima.h"

namespace seaworthy::machine {

std::string reference_value_set(const std::string& name, const BootProfile& profile,
                                const std::vector<std::uint32_t>& pcrs) {
  const BootLog log = measured_boot(profile);
  std::string out =
      "apiVersion: seaworthy.dev/v1alpha1\n"
      "kind: ReferenceValueSet\n"
      "metadata:\n"
      "  name: " +
      name + "\nspec:\n  boot:\n";
  if (!pcrs.empty()) {
    out += "    pcrs:\n";
    for (const std::uint32_t pcr : pcrs) {
      out += "      - { index: " + std::to_string(pcr) + ", sha256: \"" +
             codec::to_hex(log.replay(pcr).bytes()) + "\" }\n";
    }
  }
  // Digests stand in quotes: one of decimal digits only would be a number to YAML.
  out += "    applications:\n";
  for (const crypto::Digest& application : log.applications) {
    out += "      - \"" + codec::to_hex(application.bytes()) + "\"\n";
  }
  // A JSON string is a YAML string.
  out += "    commandLines:\n      - " + codec::to_json_text(log.kernel_command_line) + "\n";
  out += "  files:\n";
  for (const BaseFile& file : base_files()) {
    out += "    - { sha256: \"" + codec::to_hex(crypto::sha256(as_bytes(file.content)).bytes()) +
           "\", path: " + file.path + " }\n";
  }
  return out;
}

}  // namespace seaworthy::machine

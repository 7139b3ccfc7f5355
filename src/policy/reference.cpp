#include "policy/reference.h"

#include <algorithm>

#include "codec/writer.h"
#include "crypto/digest.h"

namespace seaworthy::policy {
namespace {

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::uint64_t first_bytes(const crypto::Digest& digest) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : digest.bytes().first(8)) {
    value = value << 8 | byte;
  }
  return value;
}

std::uint64_t generation_of(const CompiledSet& set) {
  codec::Writer writer;
  writer.u64be(set.name.size()).raw(as_bytes(set.name));
  writer.u64be(set.pcrs.size());
  for (const auto& pcr : set.pcrs) {
    writer.u8(pcr.index).raw(pcr.sha256);
  }
  writer.u64be(set.applications.size());
  for (const auto& digest : set.applications) {
    writer.raw(digest);
  }
  writer.u64be(set.command_lines.size());
  for (const std::string& text : set.command_lines) {
    writer.u64be(text.size()).raw(as_bytes(text));
  }
  writer.u64be(set.files.size());
  for (const auto& digest : set.files) {
    writer.raw(digest);
  }
  return first_bytes(crypto::sha256(writer.bytes()));
}

using Sets = std::vector<std::shared_ptr<const CompiledSet>>;

void resolve(const std::vector<std::string>& names,
             const std::map<std::string, std::shared_ptr<const CompiledSet>>& sets, Sets& found,
             std::vector<std::string>& missing) {
  for (const std::string& name : names) {
    const auto set = sets.find(name);
    if (set == sets.end() || set->second == nullptr) {
      missing.push_back(name);
    } else {
      found.push_back(set->second);
    }
  }
}

void write(codec::Writer& writer, const Sets& sets, const std::vector<std::string>& missing) {
  writer.u64be(sets.size());
  for (const auto& set : sets) {
    writer.u64be(set->generation);
  }
  writer.u64be(missing.size());
  for (const std::string& name : missing) {
    writer.u64be(name.size()).raw(as_bytes(name));
  }
}

}  // namespace

bool CompiledSet::has_application(const api::Sha256Value& digest) const {
  return std::binary_search(applications.begin(), applications.end(), digest);
}
bool CompiledSet::has_command_line(const std::string& text) const {
  return std::binary_search(command_lines.begin(), command_lines.end(), text);
}
bool CompiledSet::has_file(const api::Sha256Value& digest) const {
  return std::binary_search(files.begin(), files.end(), digest);
}

std::shared_ptr<const CompiledSet> compile(const api::ReferenceValueSet& set) {
  auto compiled = std::make_shared<CompiledSet>();
  compiled->name = set.meta.name;
  compiled->pcrs = set.pcrs;
  compiled->applications = set.applications;
  compiled->command_lines = set.command_lines;
  for (const auto& file : set.files) {
    compiled->files.push_back(file.sha256);
  }
  sort_unique(compiled->applications);
  sort_unique(compiled->command_lines);
  sort_unique(compiled->files);
  compiled->generation = generation_of(*compiled);
  return compiled;
}

CompiledPolicy compile(const api::AttestationPolicy& policy,
                       const std::map<std::string, std::shared_ptr<const CompiledSet>>& sets) {
  CompiledPolicy compiled;
  compiled.name = policy.name();
  compiled.evidence = policy.evidence;
  resolve(policy.evidence.reference_values, sets, compiled.boot_sets, compiled.missing_boot_sets);
  resolve(policy.evidence.runtime.reference_values, sets, compiled.file_sets,
          compiled.missing_file_sets);
  codec::Writer writer;
  writer.u64be(compiled.name.str().size()).raw(as_bytes(compiled.name.str()));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.secure_boot));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.boot));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.runtime.ima));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.runtime.unknown_files));
  write(writer, compiled.boot_sets, compiled.missing_boot_sets);
  write(writer, compiled.file_sets, compiled.missing_file_sets);
  compiled.generation = first_bytes(crypto::sha256(writer.bytes()));
  return compiled;
}

}  // namespace seaworthy::policy

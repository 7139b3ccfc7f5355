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
  writer.u64be(set.unified_kernels.size());
  for (const auto& digest : set.unified_kernels) {
    writer.raw(digest);
  }
  writer.u64be(set.events.size());
  for (const auto& events : set.events) {
    writer.u8(events.pcr).u64be(events.sha256.size());
    for (const auto& digest : events.sha256) {
      writer.raw(digest);
    }
  }
  for (const auto& time : {set.validity.not_before, set.validity.retire_after}) {
    writer.u64be(time ? static_cast<std::uint64_t>(time->unix_millis().count()) : 0);
  }
  writer.u8(set.validity.found_unused ? 1 : 0);
  writer.u64be(set.command_lines.size());
  for (const std::string& text : set.command_lines) {
    writer.u64be(text.size()).raw(as_bytes(text));
  }
  write_generation(writer, *set.files);
  return first_bytes(crypto::sha256(writer.bytes()));
}

// The demands beyond the sets.
void write(codec::Writer& writer, const api::AttestationPolicy::SecureBootMinimum& minimum) {
  writer.u64be(minimum.sbat.size());
  for (const auto& component : minimum.sbat) {
    writer.u64be(component.name.size()).raw(as_bytes(component.name));
    writer.u32be(component.generation);
  }
  writer.u64be(minimum.revoked.size());
  for (const auto& digest : minimum.revoked) {
    writer.raw(digest);
  }
  for (const auto& keys : {minimum.pk, minimum.kek, minimum.db}) {
    writer.u8(!keys ? 0 : keys->equal ? 2 : 1);
    writer.u64be(keys ? keys->sha256.size() : 0);
    for (std::size_t i = 0; keys && i < keys->sha256.size(); ++i) {
      writer.raw(keys->sha256[i]);
    }
  }
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
bool CompiledSet::has_unified_kernel(const api::Sha256Value& digest) const {
  return std::binary_search(unified_kernels.begin(), unified_kernels.end(), digest);
}
bool CompiledSet::has_command_line(const std::string& text) const {
  return std::binary_search(command_lines.begin(), command_lines.end(), text);
}

std::shared_ptr<const CompiledSet> compile(const api::ReferenceValueSet& set) {
  auto compiled = std::make_shared<CompiledSet>();
  compiled->name = set.meta.name;
  compiled->pcrs = set.pcrs;
  compiled->applications = set.applications;
  compiled->unified_kernels = set.unified_kernels;
  compiled->events = set.events;
  compiled->command_lines = set.command_lines;
  compiled->validity = {set.not_before, set.retire_after, set.found_unused()};
  compiled->files = std::make_shared<const SetFiles>(compile_files(set, compiled->validity));
  sort_unique(compiled->applications);
  sort_unique(compiled->unified_kernels);
  for (auto& events : compiled->events) {
    sort_unique(events.sha256);
  }
  sort_unique(compiled->command_lines);
  compiled->generation = generation_of(*compiled);
  return compiled;
}

CompiledPolicy compile(const api::AttestationPolicy& policy,
                       const std::map<std::string, std::shared_ptr<const CompiledSet>>& sets) {
  CompiledPolicy compiled;
  compiled.name = policy.name();
  compiled.evidence = policy.evidence;
  for (const std::string& name : policy.evidence.allowed_quirks) {
    if (const auto quirk = verify::quirk_named(name)) {
      compiled.allowed_quirks.add(*quirk);
    }
  }
  resolve(policy.evidence.reference_values, sets, compiled.boot_sets, compiled.missing_boot_sets);
  resolve(policy.evidence.runtime.reference_values, sets, compiled.file_sets,
          compiled.missing_file_sets);
  std::vector<std::shared_ptr<const SetFiles>> files;
  for (const auto& set : compiled.file_sets) {
    files.push_back(set->files);
  }
  compiled.files = FileRules(std::move(files), policy.evidence.runtime.rules);
  codec::Writer writer;
  writer.u64be(compiled.name.str().size()).raw(as_bytes(compiled.name.str()));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.secure_boot));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.boot));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.runtime.ima));
  writer.u8(static_cast<std::uint8_t>(policy.evidence.runtime.unknown_files));
  write(writer, policy.evidence.secure_boot_minimum);
  for (const verify::Quirk quirk : verify::kAllQuirks) {
    writer.u8(compiled.allowed_quirks.has(quirk) ? 1 : 0);
  }
  write_generation(writer, policy.evidence.runtime.rules);
  write(writer, compiled.boot_sets, compiled.missing_boot_sets);
  write(writer, compiled.file_sets, compiled.missing_file_sets);
  compiled.generation = first_bytes(crypto::sha256(writer.bytes()));
  return compiled;
}

std::uint64_t CompiledPolicy::generation_at(Time now) const {
  codec::Writer writer;
  writer.u64be(generation);
  for (const auto& set : file_sets) {
    writer.u8(static_cast<std::uint8_t>(set->validity.window(now)));
  }
  return first_bytes(crypto::sha256(writer.bytes()));
}

bool CompiledPolicy::needs_userspace_pcrs() const {
  const auto beyond = [](std::uint8_t pcr) { return pcr > 10 && pcr != 14; };
  return std::any_of(boot_sets.begin(), boot_sets.end(), [&](const auto& set) {
    return !set->unified_kernels.empty() ||
           std::any_of(set->pcrs.begin(), set->pcrs.end(),
                       [&](const auto& pcr) { return beyond(pcr.index); }) ||
           std::any_of(set->events.begin(), set->events.end(),
                       [&](const auto& events) { return beyond(events.pcr); });
  });
}

}  // namespace seaworthy::policy

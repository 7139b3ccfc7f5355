#include "policy/files.h"

#include <algorithm>
#include <bit>

namespace seaworthy::policy {

using api::Sha256Value;
using verify::FileSignature;
using verify::MeasuredFile;
using verify::Reason;

namespace {

constexpr std::string_view kKexecCommandLine = "kexec-cmdline";
constexpr std::string_view kPolicyLoaded = "ima_policy_loaded";  // the rules in force, as text

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

template <class T>
bool contains(const std::vector<T>& sorted, const T& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

// Of these pairs, is there one with this digest and this text? Compares without a copy.
bool contains(const std::vector<std::pair<Sha256Value, std::string>>& sorted,
              const Sha256Value& digest, std::string_view text) {
  const auto less = [](const auto& entry, const auto& key) {
    return entry.first != key.first ? entry.first < key.first : entry.second < key.second;
  };
  const std::pair<Sha256Value, std::string_view> key{digest, text};
  const auto found = std::lower_bound(sorted.begin(), sorted.end(), key, less);
  return found != sorted.end() && found->first == digest && found->second == text;
}

void write_text(codec::Writer& writer, std::string_view text) {
  writer.u64be(text.size()).raw(as_bytes(text));
}

bool any(const std::vector<const SetFiles*>& sets, auto holds) {
  return std::any_of(sets.begin(), sets.end(), [&](const SetFiles* set) { return holds(*set); });
}

FileSignature best_signature(const MeasuredFile& file, const std::vector<const SetFiles*>& sets,
                             std::size_t& bad) {
  FileSignature best = FileSignature::kNone;
  for (const SetFiles* set : sets) {
    if (set->keys->empty()) {
      continue;
    }
    if (bad >= kMaxFalseSignatures) {
      return FileSignature::kNone;
    }
    const FileSignature found = set->keys->check(file);
    if (found == FileSignature::kGood) {
      return found;
    }
    if (found == FileSignature::kFalse) {
      ++bad;
    }
    best = std::max(best, found);
  }
  return best;
}

// A path as the kernel writes it: whole, and without a step back.
bool is_plain(std::string_view path) {
  return path.starts_with('/') && path.find("//") == std::string_view::npos &&
         path.find("/../") == std::string_view::npos &&
         path.find("/./") == std::string_view::npos && !path.ends_with("/..");
}

}  // namespace

Sha256Value value_of(const crypto::Digest& digest) {
  Sha256Value value{};
  std::copy_n(digest.bytes().begin(), value.size(), value.begin());
  return value;
}

std::size_t DigestIndex::lead(const Sha256Value& digest, unsigned bits) {
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    first = first << 8 | digest[i];
  }
  return bits == 0 ? 0 : first >> (32 - bits);
}

DigestIndex::DigestIndex(std::vector<Sha256Value> digests) : sorted_(std::move(digests)) {
  sort_unique(sorted_);
  bits_ = static_cast<unsigned>(std::bit_width(sorted_.size() / 2));
  begin_.assign((std::size_t{1} << bits_) + 1, 0);
  for (const Sha256Value& digest : sorted_) {
    ++begin_[lead(digest, bits_) + 1];
  }
  for (std::size_t i = 1; i < begin_.size(); ++i) {
    begin_[i] += begin_[i - 1];
  }
}

bool DigestIndex::has(const Sha256Value& digest) const {
  if (sorted_.empty()) {
    return false;
  }
  const std::size_t bucket = lead(digest, bits_);
  return std::binary_search(sorted_.begin() + begin_[bucket], sorted_.begin() + begin_[bucket + 1],
                            digest);
}

SetFiles compile_files(const api::ReferenceValueSet& set, const Validity& validity) {
  SetFiles out;
  out.validity = validity;
  std::vector<Sha256Value> contents;
  for (const auto& file : set.files) {
    if (file.bound_to_path) {
      out.with_path.emplace_back(file.sha256, file.path);
    } else {
      contents.push_back(file.sha256);
    }
  }
  out.contents = DigestIndex(std::move(contents));
  for (const auto& measurement : set.runtime.measurements) {
    out.measurements.emplace_back(measurement.sha256, measurement.name);
  }
  out.ima_policies = set.runtime.ima_policies;
  sort_unique(out.with_path);
  sort_unique(out.measurements);
  sort_unique(out.ima_policies);
  out.runtime = set.runtime;
  std::vector<verify::ImaKeyring::Key> keys;
  for (const auto& signer : set.runtime.signers) {
    auto key = crypto::parse_identified_key(signer.key);
    if (key) {
      keys.push_back({signer.name, *std::move(key), signer.minimum_version});
    } else {
      out.unusable_signers.push_back(signer.name + ": " + key.error().message());
    }
  }
  out.keys = std::make_shared<const verify::ImaKeyring>(std::move(keys));
  return out;
}

void write_generation(codec::Writer& writer, const SetFiles& files) {
  writer.u64be(files.contents.sorted().size());
  for (const auto& digest : files.contents.sorted()) {
    writer.raw(digest);
  }
  writer.u64be(files.with_path.size());
  for (const auto& [digest, path] : files.with_path) {
    writer.raw(digest);
    write_text(writer, path);
  }
  writer.u64be(files.runtime.signers.size());
  for (const auto& signer : files.runtime.signers) {
    write_text(writer, signer.key);
    writer.u8(signer.minimum_version);
  }
  writer.u64be(files.runtime.denied_files.size());
  for (const auto& denied : files.runtime.denied_files) {
    writer.raw(denied.sha256);
  }
  writer.u64be(files.runtime.measurements.size());
  for (const auto& measurement : files.runtime.measurements) {
    write_text(writer, measurement.name);
    writer.raw(measurement.sha256);
  }
  writer.u64be(files.runtime.ima_policies.size());
  for (const auto& digest : files.runtime.ima_policies) {
    writer.raw(digest);
  }
}

void write_generation(codec::Writer& writer, const api::FileRules& rules) {
  writer.u8(static_cast<std::uint8_t>(rules.old_kernels));
  writer.u8(static_cast<std::uint8_t>(rules.kexec)).u64be(rules.paths.size());
  for (const auto& path : rules.paths) {
    write_text(writer, path.prefix);
    writer.u8(static_cast<std::uint8_t>(path.files));
  }
}

FileRules::FileRules(std::vector<std::shared_ptr<const SetFiles>> sets, const api::FileRules& rules)
    : sets_(std::move(sets)), paths_(rules.paths) {
  for (const auto& set : sets_) {
    for (const auto& denied : set->runtime.denied_files) {
      denied_.emplace_back(denied.sha256, denied.note);
    }
  }
  sort_unique(denied_);
  std::sort(paths_.begin(), paths_.end(),
            [](const auto& a, const auto& b) { return a.prefix.size() > b.prefix.size(); });
}

FileRules::InForce FileRules::in_force(Time now) const {
  InForce out;
  for (const auto& set : sets_) {
    if (set->validity.in_force(now)) {
      out.push_back(set.get());
    }
  }
  return out;
}

bool FileRules::lists_ima_policies(Time now) const {
  const InForce sets = in_force(now);
  return std::any_of(sets.begin(), sets.end(),
                     [](const SetFiles* set) { return !set->ima_policies.empty(); });
}

bool FileRules::denied(const Sha256Value& digest) const {
  const auto found = std::lower_bound(
      denied_.begin(), denied_.end(), digest,
      [](const auto& entry, const Sha256Value& value) { return entry.first < value; });
  return found != denied_.end() && found->first == digest;
}

std::string_view FileRules::denial_note(const Sha256Value& digest) const {
  const auto found = std::find_if(denied_.begin(), denied_.end(),
                                  [&](const auto& entry) { return entry.first == digest; });
  return found == denied_.end() ? std::string_view() : std::string_view(found->second);
}

// Only a path that the kernel would write: what looks like a way out of the folder is judged.
bool FileRules::ignored(std::string_view path) const {
  for (const auto& rule : paths_) {
    if (path.starts_with(rule.prefix)) {
      return rule.files == api::PathVerdict::kIgnoredEvenIfExecuted && is_plain(path);
    }
  }
  return false;
}

std::optional<FileRules::Judgement> FileRules::judge_file(const MeasuredFile& file,
                                                          const InForce& sets,
                                                          std::size_t& bad) const {
  const bool sha256 = file.digest.alg() == crypto::HashAlg::kSha256;
  const Sha256Value value = value_of(file.digest);
  if (sha256 && !denied_.empty() && denied(value)) {
    return Judgement{Reason::kFileDenied, true};
  }
  if (sha256 && any(sets, [&](const SetFiles& set) {
        return set.contents.has(value) || contains(set.with_path, value, file.path) ||
               contains(set.ima_policies, value);
      })) {
    return std::nullopt;
  }
  const FileSignature found = best_signature(file, sets, bad);
  if (found == FileSignature::kGood || ignored(file.path)) {
    return std::nullopt;
  }
  return Judgement{found == FileSignature::kFalse    ? Reason::kFileSignatureFalse
                   : found == FileSignature::kTooOld ? Reason::kFileSignatureTooOld
                                                     : Reason::kUnknownFile,
                   false};
}

// R22. Keys that the kernel took, command lines of kernels to come, the rules of IMA itself.
std::optional<FileRules::Judgement> FileRules::judge_buffer(const MeasuredFile& buffer,
                                                            const InForce& sets) const {
  const Sha256Value value = value_of(buffer.digest);
  const bool sha256 = buffer.digest.alg() == crypto::HashAlg::kSha256;
  if (sha256 && denied(value)) {
    return Judgement{Reason::kFileDenied, true};
  }
  // How another kernel was started: by name, because the content of some small file would do
  // for a command line that switches everything off. Never only reported.
  if (buffer.path == kKexecCommandLine) {
    const bool listed = sha256 && any(sets, [&](const SetFiles& set) {
                          return contains(set.measurements, value, buffer.path);
                        });
    return listed ? std::nullopt : std::optional(Judgement{Reason::kUnknownMeasurement, true});
  }
  if (sha256 && any(sets, [&](const SetFiles& set) { return contains(set.ima_policies, value); })) {
    return std::nullopt;
  }
  if (buffer.path == kPolicyLoaded &&
      any(sets, [](const SetFiles& set) { return !set.ima_policies.empty(); })) {
    return Judgement{Reason::kImaPolicyForeign, true};
  }
  if (sha256 && any(sets, [&](const SetFiles& set) {
        return set.contents.has(value) || contains(set.measurements, value, buffer.path);
      })) {
    return std::nullopt;
  }
  return Judgement{Reason::kUnknownMeasurement, false};
}

void FileRules::judge(const std::vector<MeasuredFile>& files, Time now, FileAppraisal& to) const {
  const InForce sets = in_force(now);
  std::size_t bad = 0;
  for (const MeasuredFile& file : files) {
    if (file.digest.alg() == crypto::HashAlg::kSha256 && any(sets, [&](const SetFiles& set) {
          return contains(set.ima_policies, value_of(file.digest));
        })) {
      to.ima_policy_seen = true;
    }
    const auto judgement = file.kind == MeasuredFile::Kind::kBuffer ? judge_buffer(file, sets)
                                                                    : judge_file(file, sets, bad);
    if (!judgement) {
      continue;
    }
    auto& list = judgement->refused ? to.refused : to.unknown;
    if (list.size() == (judgement->refused ? kMaxRefusedFiles : kMaxUnknownFiles)) {
      ++(judgement->refused ? to.more_refused : to.more);
      continue;
    }
    list.push_back({value_of(file.digest), std::string(file.path.substr(0, kMaxUnknownPath)),
                    judgement->reason});
  }
}

}  // namespace seaworthy::policy

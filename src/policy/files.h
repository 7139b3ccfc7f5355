// Which of the things that a node used a policy knows, by the reference values it names.
//
// In this order: what is denied is refused, whoever knows it; what is listed by its content, by its
// content under this very path, or signed by a configured key, is known; what lies below an ignored
// folder is left out; the rest is unknown. Templates and paths prove nothing by themselves, so a
// path can only narrow what is known, and widens it where a person wrote so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/policy.h"
#include "api/reference_values.h"
#include "codec/writer.h"
#include "policy/validity.h"
#include "verify/findings.h"
#include "verify/ima.h"
#include "verify/ima_signature.h"

namespace seaworthy::policy {

inline constexpr std::size_t kMaxUnknownFiles = 256;  // kept per node and policy
inline constexpr std::size_t kMaxRefusedFiles = 32;   // likewise
inline constexpr std::size_t kMaxUnknownPath = 64;    // bytes of each path that are kept
// Signatures that turned out false, per part of a list; after so many none is computed any more:
// each costs as much as a hundred entries, and a node may send a million of them.
inline constexpr std::size_t kMaxFalseSignatures = 64;

// The first 32 bytes.
api::Sha256Value value_of(const crypto::Digest& digest);

// A set of digests, found in the time of two or three comparisons however many there are.
class DigestIndex {
 public:
  DigestIndex() = default;
  explicit DigestIndex(std::vector<api::Sha256Value> digests);
  bool has(const api::Sha256Value& digest) const;
  const std::vector<api::Sha256Value>& sorted() const { return sorted_; }

 private:
  static std::size_t lead(const api::Sha256Value& digest, unsigned bits);
  std::vector<api::Sha256Value> sorted_;
  unsigned bits_ = 0;                 // leading ones, which choose the bucket
  std::vector<std::uint32_t> begin_;  // of each bucket in sorted_, and the end
};

// What one ReferenceValueSet says about the runtime. Immutable.
struct SetFiles {
  Validity validity;
  DigestIndex contents;
  std::vector<std::pair<api::Sha256Value, std::string>> with_path;     // sorted
  std::vector<std::pair<api::Sha256Value, std::string>> measurements;  // sorted; names
  std::vector<api::Sha256Value> ima_policies;                          // sorted
  api::RuntimeReferences runtime;                                      // as it was written
  std::shared_ptr<const verify::ImaKeyring> keys;
  std::vector<std::string> unusable_signers;  // "NAME: why"
};
SetFiles compile_files(const api::ReferenceValueSet& set, const Validity& validity);
void write_generation(codec::Writer& writer, const SetFiles& files);
void write_generation(codec::Writer& writer, const api::FileRules& rules);

struct UnknownFile {
  api::Sha256Value sha256{};  // or the first bytes of a longer digest
  std::string path;           // a hint
  verify::Reason reason = verify::Reason::kUnknownFile;
  bool operator==(const UnknownFile&) const = default;
};

// What one policy remembers of the files of one node: those that it could not find in its reference
// values. Valid for one generation of the policy and one epoch of the node.
struct FileAppraisal {
  std::uint64_t generation = 0;  // CompiledPolicy::generation
  std::uint64_t entries = 0;     // of the IMA list judged so far
  std::vector<UnknownFile> unknown;
  std::uint64_t more = 0;  // unknown files that are not kept
  // Those that violate whatever the policy does about unknown ones.
  std::vector<UnknownFile> refused;
  std::uint64_t more_refused = 0;
  bool ima_policy_seen = false;  // one of those listed
  bool operator==(const FileAppraisal&) const = default;
};

// All sets of a policy together with its own rules. A set counts while its validity lasts, but what
// it denies is denied for ever. Immutable.
class FileRules {
 public:
  FileRules() = default;
  FileRules(std::vector<std::shared_ptr<const SetFiles>> sets, const api::FileRules& rules);

  bool lists_ima_policies(Time now) const;
  // Why this file was withdrawn; empty if nobody said.
  std::string_view denial_note(const api::Sha256Value& digest) const;

  // Judges files one after the other into `to`, in the order of the list.
  void judge(const std::vector<verify::MeasuredFile>& files, Time now, FileAppraisal& to) const;

 private:
  using InForce = std::vector<const SetFiles*>;
  struct Judgement {
    verify::Reason reason;
    bool refused;
  };
  InForce in_force(Time now) const;
  std::optional<Judgement> judge_buffer(const verify::MeasuredFile& buffer,
                                        const InForce& sets) const;
  std::optional<Judgement> judge_file(const verify::MeasuredFile& file, const InForce& sets,
                                      std::size_t& bad) const;
  bool ignored(std::string_view path) const;
  bool denied(const api::Sha256Value& digest) const;

  std::vector<std::shared_ptr<const SetFiles>> sets_;
  std::vector<std::pair<api::Sha256Value, std::string>> denied_;  // sorted; notes
  std::vector<api::FileRules::Path> paths_;                       // the longest first
};

}  // namespace seaworthy::policy

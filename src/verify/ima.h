// What the kernel measured since it started, as far as the quoted PCR 10 proves it: R19 to R21.
// Spec: Linux 6.12, Documentation/security/IMA-templates.rst; per-bank digests (5.8 and later) and
// what was before them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "eventlog/ima.h"
#include "verify/findings.h"
#include "verify/quote.h"

namespace seaworthy::verify {

inline constexpr std::size_t kMaxImaFindings = 16;  // kept per node; then one that says "and more"

// How far a list has been verified in this epoch.
struct ImaProgress {
  std::uint64_t entries = 0;
  // What the kernel extends: known from the first quoted value that the list led to, and the same
  // until the next epoch.
  std::optional<eventlog::TemplateDigests> rule = {};
  crypto::Digest pcr10{kPolicyBank};   // after the entries, by the rule; per bank while not known
  crypto::Digest padded{kPolicyBank};  // by the other rule, while not known
  std::uint64_t violations = 0;
  std::uint64_t kexecs_announced = 0;  // command lines measured for kernels not yet seen to start
  Findings findings;                   // about them; they stay until the next epoch
  bool operator==(const ImaProgress&) const = default;
};

// Part of a list, from an entry boundary on.
struct ImaPart {
  std::uint64_t from = 0;  // index of its first entry
  ByteSpan entries;        // whole entries
};

// One thing that was used: a file, or a buffer of the kernel (ima-buf). Views into the list.
//
// Which of both it is, is not proven: template names are not. A buffer hashes to its digest, or it
// is a finding; so whoever judges by digest is not misled.
struct MeasuredFile {
  enum class Kind : std::uint8_t { kFile, kBuffer };
  Kind kind = Kind::kFile;
  bool verity = false;  // the digest is the root of a hash tree (fs-verity), not of the content
  // SHA-256 or stronger: proven. What decides.
  crypto::Digest digest;
  // As the kernel saw it: within the mount namespace of whoever used it; a hint. Of a buffer: what
  // the kernel calls it (".ima": a key for this keyring).
  std::string_view path;
  ByteSpan signature = {};  // as it lay at the file; nobody has checked it
  eventlog::ImaEntry::AppendedSignature appended = {};  // at its end; neither has this been checked
  eventlog::ImaEntry::Inode inode = {};  // its attributes, of evm-sig: as the kernel saw them
  ByteSpan buffer = {};                  // of a buffer: its content
};

// The list up to the entry at which PCR 10 has the quoted value. Entries after it are not looked
// at.
class VerifiedIma {
 public:
  std::uint64_t from() const { return from_; }  // 0: the list was verified from the start
  std::uint64_t entries() const { return progress_.entries; }  // in all
  // Of the entries from() to entries(). Views into the part that was verified: they live as long.
  const std::vector<MeasuredFile>& files() const { return files_; }
  std::uint64_t violations() const { return progress_.violations; }
  // R19 to R21, about all entries of this epoch.
  const Findings& findings() const { return progress_.findings; }
  const ImaProgress& progress() const { return progress_; }

 private:
  friend class ImaCheck;
  VerifiedIma() = default;
  std::uint64_t from_ = 0;
  std::vector<MeasuredFile> files_;
  ImaProgress progress_;
};

// A part that is as long as a message may be and does not reach the quoted PCR 10 yet: more of the
// list is to be sent. Nothing in it is proven until a later part reaches a quoted value, and then
// all of it is, because the values form a chain; if none does, the list is needed from its start.
struct ImaUnfinished {
  ImaProgress progress;
  std::uint64_t from = 0;
  std::vector<MeasuredFile> files;  // views, as in VerifiedIma
};
// Shorter parts are taken for all that there is. Half of what one message can carry.
inline constexpr std::size_t kUnfinishedBytes = 4 << 20;

// The list does not continue what is known: it is needed from its first entry.
struct ImaNeeded {};

// `before` is where `part` begins, or nothing known and part.from 0. If the quoted PCR 10 is not
// reached: ImaNeeded if there is something known to doubt, else a finding (A-92: one retry).
// Under which rule kernels extend is not said in the list: per-bank digests are tried, then padded
// SHA-1, and if only that fits it is a finding (ImaDigestsPadded), which a policy may allow.
// Part of at least kUnfinishedBytes, all of it whole entries: ImaUnfinished. PCR 10 has to be in
// the quote.
std::variant<VerifiedIma, ImaNeeded, ImaUnfinished> verify_ima(const ImaProgress& before,
                                                               const ImaPart& part,
                                                               const QuotedPcrs& pcrs);

// The values of PCR 10 after each entry of `part`, and before the first. For verify_pcrs().
void walk_pcr10(const ImaProgress& before, const ImaPart& part,
                const std::function<bool(const crypto::Digest&)>& fits);

}  // namespace seaworthy::verify

// What Seaworthy says about a node under a policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/meta.h"
#include "base/time.h"

namespace seaworthy::api {

// They are different facts and get different reactions (docs: README "Verdicts").
enum class Verdict : std::uint8_t {
  kTrusted,   // the last evidence is fresh and satisfies the policy
  kViolated,  // evidence contradicts the policy
  kStale,     // the last good evidence is older than the policy allows
  kUnknown,   // never appraised under this policy, or a new Node UID
};
std::string_view name(Verdict verdict);  // "Trusted", …
std::optional<Verdict> verdict_named(std::string_view name);

// A finding as it stands in status and in signed results: plain text. The typed one, with its
// check, is verify::Finding.
struct FindingView {
  std::string reason;   // stable CamelCase, ≤ 64 bytes
  std::string about;    // the item concerned, ≤ 512 bytes: cut when written
  std::string message;  // what was found and what to do, ≤ 1024 bytes: cut when written
  bool operator==(const FindingView&) const = default;
};
inline constexpr std::size_t kMaxFindingsShown = 16;

struct PolicyVerdict {
  PolicyName policy;
  Verdict verdict = Verdict::kUnknown;
  std::string reason;  // the first finding's, or Appraised, Expired, NeverAppraised, …
  std::string message;
  Time since;                         // when this verdict began
  std::optional<Time> expires;        // Trusted and Violated only
  std::vector<FindingView> findings;  // at most kMaxFindingsShown
  bool operator==(const PolicyVerdict&) const = default;
};

Result<PolicyVerdict> parse_policy_verdict(codec::Fields& fields);
Json to_json(const PolicyVerdict& verdict);
Result<FindingView> parse_finding(codec::Fields& fields);
Json to_json(const FindingView& finding);

}  // namespace seaworthy::api

#include "api/verdict.h"

#include <algorithm>
#include <array>

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

constexpr std::array<std::string_view, 4> kVerdicts = {"Trusted", "Violated", "Stale", "Unknown"};

// What to_json() writes; what is read may be four times longer in bytes, since the schema counts
// characters.
constexpr std::size_t kMaxReason = 64;
constexpr std::size_t kMaxAbout = 512;
constexpr std::size_t kMaxMessage = 1024;

}  // namespace

std::string_view name(Verdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

std::optional<Verdict> verdict_named(std::string_view name) {
  const auto* const found = std::find(kVerdicts.begin(), kVerdicts.end(), name);
  if (found == kVerdicts.end()) {
    return std::nullopt;
  }
  return static_cast<Verdict>(found - kVerdicts.begin());
}

Result<FindingView> parse_finding(Fields& fields) {
  FindingView out;
  out.reason = TRY(fields.text("reason", kMaxReason));
  out.about = TRY(fields.maybe_text("about", 4 * kMaxAbout)).value_or("");
  out.message = TRY(fields.maybe_text("message", 4 * kMaxMessage)).value_or("");
  return out;
}

Json to_json(const FindingView& finding) {
  Json out = Json::object();
  out["reason"] = cut(finding.reason, kMaxReason);
  if (!finding.about.empty()) {
    out["about"] = cut(finding.about, kMaxAbout);
  }
  if (!finding.message.empty()) {
    out["message"] = cut(finding.message, kMaxMessage);
  }
  return out;
}

Result<PolicyVerdict> parse_policy_verdict(Fields& fields) {
  PolicyVerdict out;
  out.policy = PolicyName(TRY(fields.text("policy", 253)));
  out.verdict =
      static_cast<Verdict>(TRY(fields.one_of("verdict", {kVerdicts.begin(), kVerdicts.end()})));
  out.reason = TRY(fields.maybe_text("reason", kMaxReason)).value_or("");
  out.message = TRY(fields.maybe_text("message", 4 * kMaxMessage)).value_or("");
  out.since = TRY(read_time(fields, "sinceTime"));
  out.expires = TRY(maybe_read_time(fields, "expiresTime"));
  for (Fields& finding : TRY(fields.objects("findings", kMaxFindingsShown))) {
    out.findings.push_back(TRY(parse_finding(finding)));
  }
  return out;
}

Json to_json(const PolicyVerdict& verdict) {
  Json out = Json::object();
  out["policy"] = verdict.policy.str();
  out["verdict"] = name(verdict.verdict);
  out["reason"] = cut(verdict.reason, kMaxReason);
  if (!verdict.message.empty()) {
    out["message"] = cut(verdict.message, kMaxMessage);
  }
  out["sinceTime"] = verdict.since.rfc3339();
  if (verdict.expires) {
    out["expiresTime"] = verdict.expires->rfc3339();
  }
  if (!verdict.findings.empty()) {
    out["findings"] = Json::array();
    for (const FindingView& finding : verdict.findings) {
      if (out["findings"].size() == kMaxFindingsShown) {
        break;
      }
      out["findings"].push_back(to_json(finding));
    }
  }
  return out;
}

}  // namespace seaworthy::api

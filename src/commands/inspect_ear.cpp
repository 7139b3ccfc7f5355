#include "commands/inspect_ear.h"

#include "token/ear.h"
#include "token/jws.h"

namespace seaworthy::commands {
namespace {

using codec::Json;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string verdict_text(std::string_view verdict, Colour colour) {
  return verdict == "Accepted"  ? good(verdict, colour)
         : verdict == "Refused" ? bad(verdict, colour)
                                : warning("not checked: give --keys", colour);
}

Json policies_json(const token::EarClaims& claims) {
  Json out = Json::array();
  for (const token::PolicyResult& policy : claims.policies) {
    out.push_back({{"policy", policy.policy.str()},
                   {"policyUID", policy.policy_uid},
                   {"policyGeneration", policy.policy_generation},
                   {"verdict", api::name(policy.verdict)},
                   {"expires", policy.expires ? Json(policy.expires->rfc3339()) : Json()},
                   {"findings", findings_json(policy.findings)}});
  }
  return out;
}

std::string policies_text(const token::EarClaims& claims, Colour colour) {
  std::vector<std::vector<std::string>> rows{{"POLICY", "VERDICT", "EXPIRES", "FINDINGS"}};
  for (const token::PolicyResult& policy : claims.policies) {
    std::string reasons;
    for (const api::FindingView& finding : policy.findings) {
      reasons += (reasons.empty() ? "" : ", ") + printable(finding.reason);
    }
    rows.push_back({printable(policy.policy.str()), painted(policy.verdict, colour),
                    policy.expires ? policy.expires->rfc3339() : "-",
                    reasons.empty() ? "-" : reasons});
  }
  return "\n" + table(rows);
}

}  // namespace

Result<Inspection> inspect_ear(std::string_view text, std::optional<std::string_view> keys,
                               Time now, const Output& output) {
  const std::string_view token = trimmed(text);
  const token::EarClaims claims = TRY(token::untrusted_ear(token));
  const std::string key_id = TRY(token::untrusted_jws(token)).key_id;
  std::string verdict = "NotChecked";
  std::vector<api::FindingView> findings;
  if (keys) {
    const token::KeySet set = TRY(token::KeySet::parse(*keys));
    const auto verified = token::verify_ear(token, set, now);
    verdict = verified ? "Accepted" : "Refused";
    if (!verified) {
      findings.push_back({"EarRefused", "EAR", verified.error().message()});
    }
  } else if (claims.expires <= now) {
    verdict = "Refused";
    findings.push_back({"EarRefused", "EAR", "EAR: expired at " + claims.expires.rfc3339()});
  }
  if (output.for_programs()) {
    return inspection({{"verdict", verdict},
                       {"keyId", key_id},
                       {"verifier", claims.verifier},
                       {"build", claims.build},
                       {"id", claims.id},
                       {"issued", claims.issued.rfc3339()},
                       {"expires", claims.expires.rfc3339()},
                       {"node",
                        {{"name", claims.node.str()},
                         {"uid", claims.node_uid.str()},
                         {"akName", claims.ak_name}}},
                       {"policies", policies_json(claims)}},
                      {}, findings, output);
  }
  std::string people =
      facts_text(
          {{"Signature", verdict_text(verdict, output.colour)},
           {"Verifier", printable(claims.verifier) + " (" + printable(claims.build) + ")"},
           {"Key", printable(key_id)},
           {"Node", printable(claims.node.str()) + ", UID " + printable(claims.node_uid.str())},
           {"AK Name", printable(claims.ak_name)},
           {"Issued", claims.issued.rfc3339()},
           {"Expires", claims.expires.rfc3339()}}) +
      policies_text(claims, output.colour);
  return inspection({}, std::move(people), findings, output);
}

}  // namespace seaworthy::commands

#include "commands/inspection.h"

#include <utility>

#include "codec/hex.h"

namespace seaworthy::commands {

codec::Json findings_json(const std::vector<api::FindingView>& findings) {
  codec::Json out = codec::Json::array();
  for (const api::FindingView& finding : findings) {
    out.push_back(
        {{"reason", finding.reason}, {"about", finding.about}, {"message", finding.message}});
  }
  return out;
}

std::string findings_text(const std::vector<api::FindingView>& findings, Colour colour) {
  if (findings.empty()) {
    return "\nNo findings.\n";
  }
  std::string out =
      "\n" + bold("Findings (" + std::to_string(findings.size()) + ")", colour) + "\n";
  for (const api::FindingView& finding : findings) {
    out += "  " + warning(printable(finding.reason), colour);
    if (!finding.about.empty()) {
      out += "  " + printable(finding.about);
    }
    out += "\n    " + printable(finding.message) + "\n";
  }
  return out;
}

Inspection inspection(codec::Json document, std::string text,
                      const std::vector<api::FindingView>& findings, const Output& output) {
  Inspection out{.text = {}, .findings = !findings.empty()};
  if (output.for_programs()) {
    document["findings"] = findings_json(findings);
    out.text = as_document(document, output.format);
  } else {
    out.text = std::move(text) + findings_text(findings, output.colour);
  }
  return out;
}

std::string facts_text(const std::vector<std::vector<std::string>>& facts) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& fact : facts) {
    rows.push_back({fact[0] + ":", fact[1].empty() ? "-" : fact[1]});
  }
  return table(rows);
}

std::string hex(ByteSpan bytes) {
  return codec::to_hex(bytes);
}

}  // namespace seaworthy::commands

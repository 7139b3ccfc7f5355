// What `kubectl seaworthy inspect` answers, whatever the file: facts and findings.
#pragma once

#include <string>
#include <vector>

#include "api/verdict.h"
#include "base/bytes.h"
#include "commands/output.h"

namespace seaworthy::commands {

struct Inspection {
  std::string text;  // as the Output wants it, with a line feed at its end
  bool findings = false;
};

// [{"reason","about","message"}].
codec::Json findings_json(const std::vector<api::FindingView>& findings);
// A heading, then each finding with its sentence; or that there is none.
std::string findings_text(const std::vector<api::FindingView>& findings, Colour colour);

// The document for programs, or the text for people.
Inspection inspection(codec::Json document, std::string text,
                      const std::vector<api::FindingView>& findings, const Output& output);

// Facts as lines: "name:  value", aligned. Values may be empty: "-".
std::string facts_text(const std::vector<std::vector<std::string>>& facts);

std::string hex(ByteSpan bytes);

}  // namespace seaworthy::commands

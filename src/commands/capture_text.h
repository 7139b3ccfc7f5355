// A capture as a file: to be read by a person, then applied.
#pragma once

#include <string>

#include "base/time.h"
#include "commands/capture.h"
#include "commands/output.h"

namespace seaworthy::commands {

struct CaptureOrigin {
  Time when;
  std::string command;  // as it was typed
};

// YAML with comments (kText, kWide, kYaml): one document for each set, which
// api::parse_reference_values() reads back. At the head what it is from and what to look at, in
// front of each part what it is about, behind digests what they are said to be of. All ASCII, and
// nothing that a log says can end a comment.
//
// JSON (kJson): the set, or a List of sets; without comments.
std::string capture_text(const Capture& capture, const CaptureOrigin& origin, Format format);

}  // namespace seaworthy::commands

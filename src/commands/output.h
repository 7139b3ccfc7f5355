// How a command answers: text for people, or the same facts as JSON or YAML for programs.
#pragma once

#include <string>

#include "codec/json.h"
#include "commands/text.h"

namespace seaworthy::commands {

enum class Format : std::uint8_t { kText, kWide, kJson, kYaml };

struct Output {
  Format format = Format::kText;
  Colour colour = Colour::kNever;

  bool for_programs() const { return format == Format::kJson || format == Format::kYaml; }
};

// Indented JSON or YAML, with a line feed at its end.
std::string as_document(const codec::Json& value, Format format);

}  // namespace seaworthy::commands

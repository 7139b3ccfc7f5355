// YAML to JSON, for files that people write (kubeconfig, manifests, reference values).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace seaworthy::codec {

// Parses the documents of a YAML 1.2 stream (core schema: true/false, null, integers and floats
// are recognised in plain scalars, everything else and everything quoted is a string). Bounded by
// the same limits as JSON; aliases count as often as they are used, and may not make a text more
// than four times as long. Duplicate keys, keys that are
// not scalars and tags of applications are refused. kMalformed names line and column.
Result<std::vector<Json>> parse_yaml(std::string_view text, const JsonLimits& limits);

// Block-style YAML that parse_yaml() reads back as the same value, with a line feed at its end.
std::string to_yaml_text(const Json& value);

// A string as a scalar in double quotes, in ASCII: parse_yaml() and kubectl read it back. What is
// neither ASCII nor printable is written as its number, so that nothing in it can end a line, turn
// the text around or look like something else. Bytes that are not UTF-8 become U+FFFD.
std::string yaml_quoted(std::string_view text);

}  // namespace seaworthy::codec

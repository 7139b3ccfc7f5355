// JSON from outside, and JSON to outside. Bytes from outside enter the program as JSON by
// parse_json() only. Spec: RFC 8259, narrowed: no duplicate keys, bounded size and depth.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace seaworthy::codec {

using Json = nlohmann::json;

struct JsonLimits {
  std::size_t max_bytes;       // of the text
  std::size_t max_depth = 32;  // of nested arrays and objects; Kubernetes objects stay below 20
  std::size_t max_values = 500'000;  // numbers, strings, literals, arrays and objects in all
};

// Parses exactly one JSON value. kMalformed names the byte offset: bad syntax or UTF-8, a
// duplicate key, a limit exceeded, anything but white space after the value. No recursion;
// allocates in proportion to text.size().
//
// Integers above 64 bits and all numbers with fraction or exponent become floating point, which
// Fields::integer() refuses.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits);

// Compact text. Strings that are not UTF-8 get U+FFFD where they are not: never throws.
std::string to_json_text(const Json& value);

}  // namespace seaworthy::codec

// The logs among the vectors, whatever they are wrapped in, and what is stated about them.
#pragma once

#include <algorithm>
#include <string>

#include "codec/base64.h"
#include "codec/json.h"
#include "support/vectors.h"

namespace seaworthy::testing {

// expected/<name> of the vectors: an object whose keys are paths.
inline codec::Json expected_vectors(const std::string& name) {
  const Bytes text = vector_file("expected/" + name);
  const auto json = codec::parse_json(as_text(text), {.max_bytes = 4 << 20});
  EXPECT_TRUE(json) << name;
  return json ? *json : codec::Json::object();
}

// The bytes of a log: a file as it is, the text of a .b64 file decoded, the log in a recorded
// attestation (.json).
inline Bytes vector_log(const std::string& path) {
  Bytes bytes = vector_file(path);
  if (path.ends_with(".json")) {
    const auto recorded = codec::parse_json(as_text(bytes), {.max_bytes = 1 << 20});
    return *codec::from_base64((*recorded)["Log"]["Raw"].get<std::string>());
  }
  if (path.ends_with(".b64")) {
    std::string text(as_text(bytes));
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
    return *codec::from_base64(text);
  }
  return bytes;
}

}  // namespace seaworthy::testing

// Json from a literal, for tables.
#pragma once

#include <stdexcept>
#include <string_view>

#include "codec/json.h"

namespace seaworthy::api {

using codec::Json;

inline Json json_of(std::string_view text) {
  auto json = codec::parse_json(text, {.max_bytes = 16 << 20, .max_values = 1 << 20});
  if (!json) {
    throw std::runtime_error(json.error().message());
  }
  return *std::move(json);
}

}  // namespace seaworthy::api

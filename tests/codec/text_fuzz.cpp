// Parses bytes in every text format: JSON, YAML, hexadecimal, base64. What is accepted as JSON is
// accepted again as it is written.
#include "base/check.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/yaml.h"

void fuzz(seaworthy::ByteSpan bytes) {
  using namespace seaworthy::codec;
  const std::string_view text = seaworthy::as_text(bytes);
  const JsonLimits limits{.max_bytes = 64 * 1024, .max_depth = 16, .max_values = 10'000};
  if (const auto json = parse_json(text, limits)) {
    const std::string written = to_json_text(*json);
    const auto again = parse_json(written, {.max_bytes = 1024 * 1024});
    SEAWORTHY_CHECK(again && *again == *json);
  }
  (void)parse_yaml(text, limits);
  if (const auto decoded = from_hex(text)) {
    SEAWORTHY_CHECK(decoded->size() * 2 == text.size());
  }
  if (const auto decoded = from_base64(text)) {
    SEAWORTHY_CHECK(to_base64(*decoded) == text);  // one text per value
  }
}

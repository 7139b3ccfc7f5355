#include "api/values.h"

#include <algorithm>

namespace seaworthy::api {

using codec::Fields;
using codec::Json;

Result<Time> read_time(Fields& fields, std::string_view name) {
  const std::string text = TRY(fields.text(name, 64));
  auto time = Time::parse_rfc3339(text);
  if (!time) {
    return std::move(time).error().in(fields.path_of(name));
  }
  return time;
}

Result<std::optional<Time>> maybe_read_time(Fields& fields, std::string_view name) {
  if (!fields.has(name)) {
    return std::optional<Time>();
  }
  return std::optional<Time>(TRY(read_time(fields, name)));
}

Result<std::map<std::string, std::string>> read_string_map(Fields& fields, std::string_view name,
                                                           const MapBounds& bounds) {
  std::map<std::string, std::string> out;
  const auto object = TRY(fields.maybe_object(name));
  if (!object) {
    return out;
  }
  if (object->json().size() > bounds.max_items) {
    return fields.malformed_at(name, "map of " + std::to_string(object->json().size()) +
                                         " items; the limit is " +
                                         std::to_string(bounds.max_items));
  }
  for (const auto& [key, value] : object->json().items()) {
    if (key.size() > bounds.max_key_bytes) {
      return fields.malformed_at(name, "key of " + std::to_string(key.size()) +
                                           " bytes; the limit is " +
                                           std::to_string(bounds.max_key_bytes));
    }
    if (!value.is_string()) {
      return object->malformed_at(key, "expected a string");
    }
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > bounds.max_value_bytes) {
      return object->malformed_at(key, "string of " + std::to_string(text.size()) +
                                           " bytes; the limit is " +
                                           std::to_string(bounds.max_value_bytes));
    }
    out.emplace(key, text);
  }
  return out;
}

Result<std::size_t> one_of_or(Fields& fields, std::string_view name,
                              const std::vector<std::string_view>& spellings,
                              std::size_t otherwise) {
  if (!fields.has(name)) {
    return otherwise;
  }
  return fields.one_of(name, spellings);
}

Result<Fields> object_or_empty(Fields& fields, std::string_view name) {
  static const Json kEmpty = Json::object();
  auto object = TRY(fields.maybe_object(name));
  if (object) {
    return *std::move(object);
  }
  return Fields::of(kEmpty, fields.path_of(name));
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<ByteArray<32>> sha256_of(const codec::Json& json, const std::string& path) {
  if (!json.is_string() || !is_sha256_hex(json.get_ref<const std::string&>())) {
    return malformed(path + ": expected a SHA-256 digest, 64 lower-case hexadecimal digits");
  }
  const auto value = [](char c) {
    return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  const auto& text = json.get_ref<const std::string&>();
  ByteArray<32> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(value(text[2 * i]) << 4 | value(text[2 * i + 1]));
  }
  return out;
}

Result<std::vector<ByteArray<32>>> read_sha256_list(codec::Fields& fields, std::string_view name,
                                                    std::size_t max_items) {
  std::vector<ByteArray<32>> out;
  for (const auto& [json, path] : TRY(fields.list(name, max_items))) {
    out.push_back(TRY(sha256_of(*json, path)));
  }
  return out;
}

std::string cut(const std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) {
    return text;
  }
  std::size_t end = max_bytes;
  // Continuation bytes are 10xxxxxx; step back to the start of the character that does not fit.
  while (end > 0 && max_bytes - end < 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace seaworthy::api

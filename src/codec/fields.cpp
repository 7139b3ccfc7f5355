#include "codec/fields.h"

#include "codec/base64.h"
#include "codec/hex.h"

namespace seaworthy::codec {
namespace {

std::string shown(const Json& value) {
  if (value.is_object()) {
    return "an object";
  }
  if (value.is_array()) {
    return "a list";
  }
  std::string text = to_json_text(value);
  return text.size() <= 80 ? text : text.substr(0, 77) + "...";
}

std::string range(std::int64_t min, std::int64_t max) {
  return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

Result<Fields> Fields::of(const Json& object, std::string path) {
  if (!object.is_object()) {
    return malformed((path.empty() ? std::string("document") : path) +
                     ": expected an object, got " + shown(object));
  }
  return Fields(object, std::move(path));
}

std::string Fields::path_of(std::string_view name) const {
  if (name.empty()) {
    return path_.empty() ? "document" : path_;
  }
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

Error Fields::malformed_at(std::string_view name, std::string_view why) const {
  return malformed(path_of(name) + ": " + std::string(why));
}

Error Fields::wrong(std::string_view name, std::string_view expected, const Json& got) const {
  return malformed_at(name, "expected " + std::string(expected) + ", got " + shown(got));
}

const Json* Fields::find(std::string_view name) {
  read_.emplace(name);
  const auto found = object_->find(name);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

Result<const Json*> Fields::need(std::string_view name, std::string_view expected) {
  const Json* value = find(name);
  if (value == nullptr) {
    return malformed_at(name, "missing; expected " + std::string(expected));
  }
  return value;
}

bool Fields::has(std::string_view name) const {
  const auto found = object_->find(name);
  return found != object_->end() && !found->is_null();
}

Result<std::string> Fields::text(std::string_view name, std::size_t max_bytes) {
  const Json* value = TRY(need(name, "a string"));
  if (!value->is_string()) {
    return wrong(name, "a string", *value);
  }
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > max_bytes) {
    return malformed_at(name, "string of " + std::to_string(text.size()) + " bytes; the limit is " +
                                  std::to_string(max_bytes));
  }
  return text;
}

Result<std::optional<std::string>> Fields::maybe_text(std::string_view name,
                                                      std::size_t max_bytes) {
  if (find(name) == nullptr) {
    return std::optional<std::string>();
  }
  return std::optional<std::string>(TRY(text(name, max_bytes)));
}

Result<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const Json* value = TRY(need(name, range(min, max)));
  if (!value->is_number_integer()) {
    return wrong(name, range(min, max), *value);
  }
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return wrong(name, range(min, max), *value);
  }
  const auto number = value->get<std::int64_t>();
  if (number < min || number > max) {
    return wrong(name, range(min, max), *value);
  }
  return number;
}

Result<std::optional<std::int64_t>> Fields::maybe_integer(std::string_view name, std::int64_t min,
                                                          std::int64_t max) {
  if (find(name) == nullptr) {
    return std::optional<std::int64_t>();
  }
  return std::optional<std::int64_t>(TRY(integer(name, min, max)));
}

Result<bool> Fields::boolean(std::string_view name) {
  const Json* value = TRY(need(name, "true or false"));
  if (!value->is_boolean()) {
    return wrong(name, "true or false", *value);
  }
  return value->get<bool>();
}

Result<std::optional<bool>> Fields::maybe_boolean(std::string_view name) {
  if (find(name) == nullptr) {
    return std::optional<bool>();
  }
  return std::optional<bool>(TRY(boolean(name)));
}

Result<Bytes> Fields::base64(std::string_view name, std::size_t max_decoded_bytes) {
  const std::string encoded = TRY(text(name, (max_decoded_bytes + 2) / 3 * 4));
  auto bytes = from_base64(encoded);
  if (!bytes) {
    return std::move(bytes).error().in(path_of(name));
  }
  if (bytes->size() > max_decoded_bytes) {
    return malformed_at(name, "decodes to " + std::to_string(bytes->size()) +
                                  " bytes; the limit is " + std::to_string(max_decoded_bytes));
  }
  return bytes;
}

Result<std::optional<Bytes>> Fields::maybe_base64(std::string_view name,
                                                  std::size_t max_decoded_bytes) {
  if (find(name) == nullptr) {
    return std::optional<Bytes>();
  }
  return std::optional<Bytes>(TRY(base64(name, max_decoded_bytes)));
}

Result<Bytes> Fields::hex(std::string_view name, std::size_t decoded_bytes) {
  const std::string encoded = TRY(text(name, decoded_bytes * 2));
  auto bytes = from_hex(encoded);
  if (!bytes) {
    return std::move(bytes).error().in(path_of(name));
  }
  if (bytes->size() != decoded_bytes) {
    return malformed_at(name, "expected " + std::to_string(decoded_bytes * 2) +
                                  " hexadecimal digits, got " + std::to_string(encoded.size()));
  }
  return bytes;
}

Result<Fields> Fields::object(std::string_view name) {
  const Json* value = TRY(need(name, "an object"));
  return of(*value, path_of(name));
}

Result<std::optional<Fields>> Fields::maybe_object(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) {
    return std::optional<Fields>();
  }
  return std::optional<Fields>(TRY(of(*value, path_of(name))));
}

Result<std::vector<std::pair<const Json*, std::string>>> Fields::list(std::string_view name,
                                                                      std::size_t max_items) {
  std::vector<std::pair<const Json*, std::string>> items;
  const Json* value = find(name);
  if (value == nullptr) {
    return items;
  }
  if (!value->is_array()) {
    return wrong(name, "a list", *value);
  }
  if (value->size() > max_items) {
    return malformed_at(name, "list of " + std::to_string(value->size()) + " items; the limit is " +
                                  std::to_string(max_items));
  }
  items.reserve(value->size());
  for (std::size_t i = 0; i < value->size(); ++i) {
    items.emplace_back(&(*value)[i], path_of(name) + "[" + std::to_string(i) + "]");
  }
  return items;
}

Result<std::vector<Fields>> Fields::objects(std::string_view name, std::size_t max_items) {
  std::vector<Fields> out;
  for (auto& [json, path] : TRY(list(name, max_items))) {
    out.push_back(TRY(of(*json, std::move(path))));
  }
  return out;
}

Result<std::vector<std::string>> Fields::texts(std::string_view name, std::size_t max_items,
                                               std::size_t max_bytes) {
  std::vector<std::string> out;
  for (auto& [json, path] : TRY(list(name, max_items))) {
    if (!json->is_string()) {
      return malformed(path + ": expected a string, got " + shown(*json));
    }
    const auto& text = json->get_ref<const std::string&>();
    if (text.size() > max_bytes) {
      return malformed(path + ": string of " + std::to_string(text.size()) +
                       " bytes; the limit is " + std::to_string(max_bytes));
    }
    out.push_back(text);
  }
  return out;
}

Result<std::size_t> Fields::one_of(std::string_view name,
                                   const std::vector<std::string_view>& spellings) {
  std::string expected;
  for (std::size_t i = 0; i < spellings.size(); ++i) {
    expected += i == 0 ? "" : i + 1 == spellings.size() ? " or " : ", ";
    expected += spellings[i];
  }
  const Json* value = TRY(need(name, expected));
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    for (std::size_t i = 0; i < spellings.size(); ++i) {
      if (text == spellings[i]) {
        return i;
      }
    }
  }
  return wrong(name, expected, *value);
}

Result<void> Fields::expect_no_more(Unknown unknown) const {
  if (unknown == Unknown::kIgnore) {
    return {};
  }
  for (const auto& [name, value] : object_->items()) {
    if (!read_.contains(name)) {
      return malformed_at(name.substr(0, 64), "unknown field");
    }
  }
  return {};
}

}  // namespace seaworthy::codec

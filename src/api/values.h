// Values that Kubernetes objects have beyond what codec::Fields reads: times, string maps, enums
// with a default, absent objects that mean "all defaults". For the .cpp files of this layer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "codec/fields.h"

namespace seaworthy::api {

// RFC 3339, as metav1.Time.
Result<Time> read_time(codec::Fields& fields, std::string_view name);
Result<std::optional<Time>> maybe_read_time(codec::Fields& fields, std::string_view name);

// An object of which every value is a string; absent: empty. kMalformed beyond the bounds.
struct MapBounds {
  std::size_t max_items;
  std::size_t max_key_bytes;
  std::size_t max_value_bytes;
};
Result<std::map<std::string, std::string>> read_string_map(codec::Fields& fields,
                                                           std::string_view name,
                                                           const MapBounds& bounds);

// The index of the spelling, or `otherwise` if the field is absent.
Result<std::size_t> one_of_or(codec::Fields& fields, std::string_view name,
                              const std::vector<std::string_view>& spellings,
                              std::size_t otherwise);

// The object, or an empty one at the same path if the field is absent.
Result<codec::Fields> object_or_empty(codec::Fields& fields, std::string_view name);

// 64 lower-case hexadecimal digits: one text per digest, so that texts can be compared.
bool is_sha256_hex(std::string_view text);

// Such a text as bytes; and a list of them, absent: empty.
Result<ByteArray<32>> sha256_of(const codec::Json& json, const std::string& path);
Result<std::vector<ByteArray<32>>> read_sha256_list(codec::Fields& fields, std::string_view name,
                                                    std::size_t max_items);

// At most so many bytes of UTF-8, without cutting a character in two.
std::string cut(const std::string& text, std::size_t max_bytes);

}  // namespace seaworthy::api

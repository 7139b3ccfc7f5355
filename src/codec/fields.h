// Reads a JSON object field by field into typed values. Every refusal names the path, what was
// expected and what was there: "spec.freshness.intervalSeconds: expected an integer from 5 to
// 3600, got \"soon\"".
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json.h"

namespace seaworthy::codec {

// What to do about fields that nobody asked for.
enum class Unknown { kRefuse, kIgnore };

// A view of one JSON object; the Json outlives it. Required readers fail if the field is absent or
// null; `maybe_` readers give nullopt then. All errors are kMalformed.
class Fields {
 public:
  // `path` is where the object stands, "" for the root.
  static Result<Fields> of(const Json& object, std::string path);

  bool has(std::string_view name) const;

  Result<std::string> text(std::string_view name, std::size_t max_bytes);
  Result<std::optional<std::string>> maybe_text(std::string_view name, std::size_t max_bytes);
  Result<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  Result<std::optional<std::int64_t>> maybe_integer(std::string_view name, std::int64_t min,
                                                    std::int64_t max);
  Result<bool> boolean(std::string_view name);
  Result<std::optional<bool>> maybe_boolean(std::string_view name);
  Result<Bytes> base64(std::string_view name, std::size_t max_decoded_bytes);
  Result<std::optional<Bytes>> maybe_base64(std::string_view name, std::size_t max_decoded_bytes);
  Result<Bytes> hex(std::string_view name, std::size_t decoded_bytes);  // exactly so many

  Result<Fields> object(std::string_view name);
  Result<std::optional<Fields>> maybe_object(std::string_view name);
  // The elements of a list with their paths ("spec.files[3]"); an absent list is empty.
  Result<std::vector<std::pair<const Json*, std::string>>> list(std::string_view name,
                                                                std::size_t max_items);
  Result<std::vector<Fields>> objects(std::string_view name, std::size_t max_items);
  Result<std::vector<std::string>> texts(std::string_view name, std::size_t max_items,
                                         std::size_t max_bytes);
  // One of the given spellings; the error lists them all. Gives its index.
  Result<std::size_t> one_of(std::string_view name, const std::vector<std::string_view>& spellings);

  // After all reads: a field nobody read is an error that names it (kRefuse).
  Result<void> expect_no_more(Unknown unknown = Unknown::kRefuse) const;

  const Json& json() const { return *object_; }
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view name) const;
  // An error at a field (or, with an empty name, at this object).
  Error malformed_at(std::string_view name, std::string_view why) const;

 private:
  Fields(const Json& object, std::string path) : object_(&object), path_(std::move(path)) {}
  const Json* find(std::string_view name);  // null if absent or JSON null
  Result<const Json*> need(std::string_view name, std::string_view expected);
  Error wrong(std::string_view name, std::string_view expected, const Json& got) const;

  const Json* object_;
  std::string path_;
  std::set<std::string, std::less<>> read_;
};

}  // namespace seaworthy::codec

#include "api/pcr_values.h"

#include <charconv>
#include <optional>

#include "codec/hex.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

constexpr std::size_t kMaxPcrBytes = 64;  // SHA-512

// A PCR's index as the key of a JSON object: one text per index.
std::optional<std::uint8_t> pcr_named(const std::string& text) {
  std::uint8_t index = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, index);
  if (error != std::errc() || stop != end || index >= kPcrCount || std::to_string(index) != text) {
    return std::nullopt;
  }
  return index;
}

Result<std::map<std::uint8_t, Bytes>> read_bank(Fields& fields) {
  std::map<std::uint8_t, Bytes> out;
  for (const auto& [key, value] : fields.json().items()) {
    const auto index = pcr_named(key);
    if (!index) {
      return fields.malformed_at(key.substr(0, 16), "expected a PCR from 0 to 23 as the key");
    }
    if (!value.is_string() || value.get_ref<const std::string&>().size() > 2 * kMaxPcrBytes) {
      return fields.malformed_at(key, "expected a digest in hexadecimal");
    }
    auto bytes = codec::from_hex(value.get_ref<const std::string&>());
    if (!bytes) {
      return std::move(bytes).error().in(fields.path_of(key));
    }
    out.emplace(*index, *std::move(bytes));
  }
  return out;
}

}  // namespace

Result<PcrValues> parse_pcrs(Fields& fields) {
  PcrValues out;
  Fields banks = TRY(fields.object("pcrs"));
  if (banks.json().size() > kMaxBanks) {
    return banks.malformed_at("", "more than " + std::to_string(kMaxBanks) + " banks");
  }
  for (const auto& [name, bank] : banks.json().items()) {
    if (name.size() > 16) {
      return banks.malformed_at(name.substr(0, 16), "no bank has so long a name");
    }
    Fields values = TRY(Fields::of(bank, banks.path_of(name)));
    out.emplace(name, TRY(read_bank(values)));
  }
  return out;
}

Json pcrs_to_json(const PcrValues& pcrs) {
  Json out = Json::object();
  for (const auto& [bank, values] : pcrs) {
    Json& to = out[bank] = Json::object();
    for (const auto& [index, value] : values) {
      to[std::to_string(index)] = codec::to_hex(value);
    }
  }
  return out;
}

}  // namespace seaworthy::api

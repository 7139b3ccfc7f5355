// Values of PCRs in a message: {"sha256": {"0": hex, …}}.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"
#include "codec/fields.h"

namespace seaworthy::api {

using codec::Json;

inline constexpr std::size_t kMaxBanks = 8;
inline constexpr std::size_t kPcrCount = 24;

// Bank → index → value.
using PcrValues = std::map<std::string, std::map<std::uint8_t, Bytes>>;

Json pcrs_to_json(const PcrValues& pcrs);
// The member "pcrs". Bounded: banks, indexes, sizes; what is no digest of a bank is not noticed.
Result<PcrValues> parse_pcrs(codec::Fields& fields);

}  // namespace seaworthy::api

// Hexadecimal text.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::codec {

std::string to_hex(ByteSpan bytes);  // lower case

// Lower or upper case, an even number of digits, nothing else. kMalformed names the offset.
Result<Bytes> from_hex(std::string_view text);

}  // namespace seaworthy::codec

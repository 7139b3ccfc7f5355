// Base64 (RFC 4648 §4, with padding) and base64url without padding (RFC 4648 §5, RFC 7515).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::codec {

std::string to_base64(ByteSpan bytes);
std::string to_base64url(ByteSpan bytes);

// Strict: one text per value. No white space, padding exactly where it belongs (never in
// base64url), unused bits zero. kMalformed names the offset.
Result<Bytes> from_base64(std::string_view text);
Result<Bytes> from_base64url(std::string_view text);

}  // namespace seaworthy::codec

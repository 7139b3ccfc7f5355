// The agent's own service-account token: projected by the kubelet, rotated about every hour.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/digest.h"

namespace seaworthy::attester {

inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;  // real ones: 1 to 2 KiB

// Asked before each request, because the file changes under us.
using TokenSource = std::function<Result<std::string>()>;
// Reads a file; white space around the token is cut off. kMalformed if there is none in it.
TokenSource token_file(std::string path);

// What binds a quote to the request that carries it (docs/agent-protocol.md "Quote").
inline crypto::Digest channel_binding(std::string_view token) {
  return crypto::sha256(as_bytes(token));
}

}  // namespace seaworthy::attester

// Small files of the node: boot log, token. Read anew each time, because they change under us.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::attester {

// The whole content. kNotFound if there is no such file, kMalformed above `max_bytes`, kUnavailable
// if it cannot be read. Does not believe the size that stat() gives: in securityfs it is 0.
Result<Bytes> read_bounded(const std::string& path, std::size_t max_bytes);

}  // namespace seaworthy::attester

// Internal to src/crypto: the blocks of a PEM text, one after the other. RFC 7468; text around the
// blocks is ignored, as OpenSSL does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/openssl_handles.h"

namespace seaworthy::crypto::internal {

struct PemBlock {
  std::string label;         // "CERTIFICATE"
  bool has_headers = false;  // RFC 1421: encrypted, or not of our kind
  Bytes der;

  bool is(std::string_view wanted) const { return label == wanted && !has_headers; }
};

// Not thread-safe. `pem` outlives it and is below 2 GiB: whoever asks has limited it.
class PemReader {
 public:
  explicit PemReader(std::string_view pem) : bio_(bio_over(pem)) {}

  // The next block; nullopt after the last. kMalformed says which block does not decode.
  Result<std::optional<PemBlock>> next();
  // "PEM block 2": the one that next() gave or complained of.
  std::string where() const { return "PEM block " + std::to_string(number_); }

 private:
  ErrorQueueGuard errors_;
  BioPtr bio_;
  std::size_t number_ = 0;
};

}  // namespace seaworthy::crypto::internal

#include "crypto/pem.h"

#include <openssl/pem.h>

namespace seaworthy::crypto::internal {

Result<std::optional<PemBlock>> PemReader::next() {
  ++number_;
  char* label = nullptr;
  char* header = nullptr;
  std::uint8_t* data = nullptr;
  long size = 0;
  ERR_clear_error();
  if (PEM_read_bio(bio_.get(), &label, &header, &data, &size) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
      return std::optional<PemBlock>();
    }
    return malformed(where() + ": does not decode as base64 between BEGIN and END");
  }
  PemBlock block{.label = label, .has_headers = header[0] != '\0', .der = Bytes(data, data + size)};
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return std::optional(std::move(block));
}

}  // namespace seaworthy::crypto::internal

// A verifier's key for tests.
#pragma once

#include <string>
#include <utility>

#include "crypto/ec_key.h"
#include "support/fake_random.h"
#include "token/jwks.h"
#include "token/jws.h"

namespace seaworthy::testing {

class TestSigner final : public token::Signer {
 public:
  explicit TestSigner(std::string verifier = "seaworthy-operator")
      : key_(crypto::EcPrivateKey::generate(random())),
        jwk_(token::Jwk::of(key_.public_key(), std::move(verifier))) {}

  const std::string& key_id() const override { return jwk_.key_id; }
  Result<Bytes> sign(ByteSpan message) const override { return to_bytes(key_.sign(message)); }

  token::Jwk jwk() const { return jwk_; }
  const crypto::EcPrivateKey& key() const { return key_; }
  token::KeySet as_set() const {
    token::KeySet out;
    SEAWORTHY_CHECK(out.add(jwk_).has_value());
    return out;
  }

 private:
  static Random& random() {
    static FakeRandom shared;
    return shared;
  }
  crypto::EcPrivateKey key_;
  token::Jwk jwk_;
};

}  // namespace seaworthy::testing

// Whoever can write a status can write what the webhook reads as a token; and a JWK Set.
#include "token/ear.h"
#include "token/jwks.h"

void fuzz(seaworthy::ByteSpan bytes) {
  using namespace seaworthy;
  // The key of RFC 7515 A.3, so that headers can name one that is known.
  static const token::KeySet keys = [] {
    token::KeySet set;
    auto key = token::parse_jwk(
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",)"
        R"("kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"})");
    if (key) {
      (void)set.add(*std::move(key));
    }
    return set;
  }();
  (void)token::verify_ear(as_text(bytes), keys, Time::from_unix(seconds(1'800'000'000)));
  (void)token::verify_jws(as_text(bytes), "JWT", keys);
  (void)token::KeySet::parse(as_text(bytes));
  (void)token::parse_jwk(as_text(bytes));
}

// What an enrolment costs a verifier before it challenges the TPM: both keys examined and the EK's
// certificate followed over one intermediate. That is two signatures to verify, and everything else
// is held against them.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "crypto/signature.h"
#include "fastest.h"
#include "machines.h"

namespace {

using namespace seaworthy;  // NOLINT: a program of one file

const seaworthy::testing::Enrolment& enrolment() {
  static const seaworthy::testing::Enrolment made;
  return made;
}

void enrolment_verified(benchmark::State& state) {
  for (auto _ : state) {
    enrolment().verify();
  }
}
BENCHMARK(enrolment_verified)->Unit(benchmark::kMicrosecond);

// As many signatures of the same kind, by a key that is read already.
struct TwoSignatures {
  Bytes message = enrolment().certificates[0];
  ByteArray<64> rs = enrolment().tpm.ak_key.sign(message);
  crypto::PublicKey key = enrolment().tpm.ak_key.public_key();
  void verify() const {
    for (int i = 0; i < 2; ++i) {
      SEAWORTHY_CHECK(crypto::verify(
          key, crypto::SignatureScheme{crypto::SignatureAlg::kEcdsa, crypto::HashAlg::kSha256},
          message, crypto::EcdsaSignature{ByteSpan(rs).first(32), ByteSpan(rs).subspan(32)}));
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (!seaworthy::run_benchmarks(argc, argv)) {
    return 2;
  }
  const TwoSignatures two;
  const double floor = fastest_micros([&] { two.verify(); });
  const double verified = fastest_micros([] { enrolment().verify(); });
  std::printf("enrolment %.1f us, two P-256 verifications %.1f us: ratio %.2f\n", verified, floor,
              verified / floor);
  return 0;
}

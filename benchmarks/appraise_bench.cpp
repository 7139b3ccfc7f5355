// What one node costs a verifier in steady state: a P-256 quote over the asked PCRs, an unchanged
// boot log, no new IMA entry, a policy with boot reference values. Held against the verification of
// one P-256 signature by OpenSSL alone, which is the floor: at most 1.5 times that is the goal.
#include <benchmark/benchmark.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdio>

#include "crypto/signature.h"
#include "fastest.h"
#include "machines.h"

namespace {

using namespace seaworthy;  // NOLINT: a program of one file
using seaworthy::testing::LongList;
using seaworthy::testing::SteadyNode;

const SteadyNode& node() {
  static const SteadyNode* const steady = new SteadyNode();
  return *steady;
}

// The same signature, verified by OpenSSL with everything prepared.
class BareSignature {
 public:
  BareSignature() {
    const Bytes& spki = node().ak.key().to_spki_der();
    const std::uint8_t* at = spki.data();
    key_ = d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size()));
    context_ = EVP_PKEY_CTX_new_from_pkey(nullptr, key_, nullptr);
    SEAWORTHY_CHECK(EVP_PKEY_verify_init(context_) == 1);
    const ByteArray<64> rs = node().machine.tpm.ak_key.sign(node().next.attested);
    ECDSA_SIG* signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(rs.data(), 32, nullptr),
                   BN_bin2bn(rs.data() + 32, 32, nullptr));
    size_ = static_cast<std::size_t>(i2d_ECDSA_SIG(signature, &der_));
    ECDSA_SIG_free(signature);
  }
  void verify() const {
    const crypto::Digest digest = crypto::sha256(node().next.attested);
    SEAWORTHY_CHECK(
        EVP_PKEY_verify(context_, der_, size_, digest.bytes().data(), digest.bytes().size()) == 1);
  }

 private:  // lives as long as the program
  EVP_PKEY* key_;
  EVP_PKEY_CTX* context_;
  std::uint8_t* der_ = nullptr;
  std::size_t size_;
};

void bare_p256(benchmark::State& state) {
  const BareSignature bare;
  for (auto _ : state) {
    bare.verify();
  }
}
BENCHMARK(bare_p256)->Unit(benchmark::kMicrosecond);

void appraisal_steady(benchmark::State& state) {
  for (auto _ : state) {
    node().appraise();
  }
}
BENCHMARK(appraisal_steady)->Unit(benchmark::kMicrosecond);

void appraisal_first(benchmark::State& state) {
  for (auto _ : state) {
    node().appraise_first();
  }
}
BENCHMARK(appraisal_first)->Unit(benchmark::kMicrosecond);

void ima_incremental(benchmark::State& state) {
  static const LongList* const list = new LongList(20'000);
  for (auto _ : state) {
    list->appraise();
  }
  state.SetItemsProcessed(state.iterations() * 20'000);
}
BENCHMARK(ima_incremental)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  if (!seaworthy::run_benchmarks(argc, argv)) {
    return 2;
  }
  const BareSignature bare;
  const double floor = fastest_micros([&] { bare.verify(); });
  const double steady = fastest_micros([] { node().appraise(); });
  std::printf("steady appraisal %.1f us, bare P-256 verification %.1f us: ratio %.2f (goal 1.5)\n",
              steady, floor, steady / floor);
  return 0;
}

// What an IMA list costs, counted and not timed: hashing is all the work that there is, so this
// program counts the pieces that OpenSSL is given.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "support/evidence_builder.h"

namespace {
std::size_t hashed_pieces = 0;
}  // namespace

// Stands before OpenSSL's own, which it calls.
extern "C" int EVP_DigestUpdate(EVP_MD_CTX* context, const void* data, std::size_t size) {
  using Function = int (*)(EVP_MD_CTX*, const void*, std::size_t);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "EVP_DigestUpdate"));
  ++hashed_pieces;
  return real(context, data, size);
}

namespace seaworthy::verify {
namespace {

using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;

EvidenceBuilder machine_with(int files) {
  EvidenceBuilder machine;
  for (int i = 0; i < files; ++i) {
    machine.run("/usr/lib/" + std::to_string(1'000'000 + i));
  }
  return machine;
}

std::size_t pieces_for(const EvidenceBuilder& machine, const Evidence& evidence) {
  const std::size_t before = hashed_pieces;
  (void)machine.verify(evidence);
  return hashed_pieces - before;
}

// Each further entry costs what the one before did, and few pieces: the entry under SHA-1 and under
// SHA-256, and two for the register.
TEST(ImaSteps, GrowWithTheListAndNoFaster) {
  const auto cost = [](int files) {
    const EvidenceBuilder machine = machine_with(files);
    return pieces_for(machine, machine.build());
  };
  const std::size_t one = cost(500), two = cost(1'000), three = cost(1'500);
  EXPECT_EQ(three - two, two - one);
  EXPECT_EQ((two - one) / 500, 4u);
}

// A list that leads nowhere is walked for each rule of extending, and that is all.
TEST(ImaSteps, GrowNoFasterForAListThatIsFalse) {
  const auto cost = [](int files) {
    EvidenceBuilder machine = machine_with(files);
    machine.shown_ima = machine.ima_list();
    machine.run("/usr/bin/hidden");
    return pieces_for(machine, machine.build());
  };
  const std::size_t one = cost(500), two = cost(1'000), three = cost(1'500);
  EXPECT_EQ(three - two, two - one);
  EXPECT_LE((two - one) / 500, 8u);
}

TEST(ImaSteps, WhatIsKeptIsAFewTimesWhatWasSent) {
  EvidenceBuilder machine;
  machine.files.assign(2'000, {.file_digest = Bytes(32, 1), .name = ""});  // the shortest there are
  const Evidence evidence = machine.build();
  const auto outcome = machine.verify(evidence);
  const auto& files = std::get<VerifiedEvidence>(outcome).ima().files();
  ASSERT_EQ(files.size(), 2'000u);
  EXPECT_LE(files.capacity() * sizeof(MeasuredFile), 4 * evidence.ima->size());
}

}  // namespace
}  // namespace seaworthy::verify

// The constants of Annex B.6 against what they are said to be the hash of (Part 3: how each command
// changes policyDigest).
#include "tpm/ek_policy.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/writer.h"

namespace seaworthy::tpm {
namespace {

using crypto::HashAlg;

class EkPolicy : public ::testing::TestWithParam<EkPolicies> {
 protected:
  const HashAlg alg_ = GetParam().hash;
  std::uint16_t size() const { return static_cast<std::uint16_t>(crypto::digest_size(alg_)); }
  std::string hash(const codec::Writer& of) const {
    return codec::to_hex(crypto::hash(alg_, codec::Writer(of).bytes()).bytes());
  }
  codec::Writer begun(std::uint32_t command) const {
    return codec::Writer().raw(Bytes(size())).u32be(command);
  }
  static Bytes digest(std::string_view hex) { return *codec::from_hex(hex); }
};

TEST_P(EkPolicy, AAsksForTheEndorsementHierarchy) {
  const auto with_name = begun(0x151).u32be(0x4000000B);  // TPM_CC_PolicySecret, TPM_RH_ENDORSEMENT
  EXPECT_EQ(hash(codec::Writer().raw(digest(hash(with_name)))), GetParam().a);  // no policyRef
}

TEST_P(EkPolicy, CIsWhatIsInTheIndexThatWhoeverSatisfiesAMayWrite) {
  const auto index = 0x01C07F01u + static_cast<std::uint32_t>(alg_) - 0x000Bu;
  const auto area = codec::Writer()
                        .u32be(index)
                        .u16be(static_cast<std::uint16_t>(alg_))
                        .u32be(0x220F1008)
                        .sized16be(digest(GetParam().a))
                        .u16be(static_cast<std::uint16_t>(size() + 2));
  const auto with_name = begun(0x192)  // TPM_CC_PolicyAuthorizeNV
                             .u16be(static_cast<std::uint16_t>(alg_))
                             .raw(digest(hash(area)));
  EXPECT_EQ(hash(with_name), GetParam().c);
}

TEST_P(EkPolicy, BIsEither) {
  const auto either =
      begun(0x171).raw(digest(GetParam().a)).raw(digest(GetParam().c));  // TPM_CC_PolicyOR
  EXPECT_EQ(hash(either), GetParam().b);
}

INSTANTIATE_TEST_SUITE_P(Table, EkPolicy,
                         ::testing::Values(kEkPolicies256, kEkPolicies384, kEkPolicies512),
                         [](const auto& row) { return std::string(crypto::name(row.param.hash)); });

}  // namespace
}  // namespace seaworthy::tpm

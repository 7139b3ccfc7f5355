#include "crypto/nv_chain.h"

#include <gtest/gtest.h>

#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using seaworthy::append;

class NvChain : public ::testing::Test {
 protected:
  const testing::TestTpmMaker maker_{};
  const Bytes one_ = testing::make_der(maker_.intermediate_recipe());
  const Bytes two_ = testing::make_der(maker_.root_recipe());

  static std::vector<Bytes> ders(const std::vector<Bytes>& areas, std::size_t max = 64) {
    std::vector<Bytes> out;
    for (const Certificate& certificate : parse_tpm_nv_chain(areas, max)) {
      out.push_back(certificate.der());
    }
    return out;
  }
  static Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) {
      append(out, part);
    }
    return out;
  }
  const std::vector<Bytes> both_ = {one_, two_};
};

TEST_F(NvChain, A15_OneCertificateInEachIndexWithPaddingOrWithout) {
  EXPECT_EQ(ders({one_, two_}), both_);
  EXPECT_EQ(ders({joined({one_, Bytes(50, 0xFF)}), joined({two_, Bytes(9, 0)})}), both_);
}

TEST_F(NvChain, A15_SeveralInOneIndex) {
  EXPECT_EQ(ders({joined({one_, two_, Bytes(20, 0xFF)})}), both_);
}

TEST_F(NvChain, A15_OneThatBeginsInOneIndexAndEndsInTheNext) {
  const Bytes all = joined({one_, two_});
  for (const std::size_t cut : {std::size_t{1}, std::size_t{100}, one_.size() + 3}) {
    const auto at = all.begin() + static_cast<std::ptrdiff_t>(cut);
    EXPECT_EQ(ders({Bytes(all.begin(), at), Bytes(at, all.end())}).size(), 2u) << cut;
  }
}

TEST_F(NvChain, A16_PassesOverWhatIsNone) {
  EXPECT_TRUE(ders({}).empty());
  EXPECT_TRUE(ders({Bytes{}, Bytes{1, 2, 3}, Bytes(100, 0x30)}).empty());
  EXPECT_EQ(ders({Bytes{0x30, 0x82, 0xFF, 0xFF}, two_}), std::vector<Bytes>{two_});
  EXPECT_EQ(ders({joined({Bytes{0x10, 0x01, 0x00, 0x01, 0x00, 0x10, 0x02}, one_, two_})}), both_);
}

TEST_F(NvChain, A16_TakesNoMoreThanItIsTold) {
  EXPECT_EQ(ders({joined({one_, two_})}, 1), std::vector<Bytes>{one_});
}

}  // namespace
}  // namespace seaworthy::crypto

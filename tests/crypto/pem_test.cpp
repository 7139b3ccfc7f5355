#include "crypto/pem.h"

#include <gtest/gtest.h>

namespace seaworthy::crypto::internal {
namespace {

constexpr const char* kTwo =
    "a word of whoever made it\n"
    "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n"
    "-----BEGIN X509 CRL-----\nAwQ=\n-----END X509 CRL-----\n";

TEST(Pem, GivesBlockAfterBlockAndThenNothing) {
  PemReader reader(kTwo);
  const auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE((*first)->is("CERTIFICATE"));
  EXPECT_FALSE((*first)->is("X509 CRL"));
  EXPECT_EQ((*first)->der, (Bytes{0, 1, 2}));
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->der, (Bytes{3, 4}));
  EXPECT_EQ(reader.where(), "PEM block 2");
  const auto end = reader.next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(Pem, SaysWhichBlockDoesNotDecode) {
  const std::string text = std::string(kTwo) + "-----BEGIN X-----\n!!!!\n-----END X-----\n";
  PemReader reader(text);
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(reader.next());
  const auto third = reader.next();
  ASSERT_FALSE(third);
  EXPECT_TRUE(third.error().message().starts_with("PEM block 3: does not decode"));
}

TEST(Pem, ABlockWithHeadersIsOfNoKindOfOurs) {
  PemReader reader(
      "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END CERTIFICATE-----\n");
  const auto block = reader.next();
  ASSERT_TRUE(block && *block);
  EXPECT_FALSE((*block)->is("CERTIFICATE"));
}

TEST(Pem, AnEmptyTextHasNoBlock) {
  const auto none = PemReader("").next();
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

}  // namespace
}  // namespace seaworthy::crypto::internal

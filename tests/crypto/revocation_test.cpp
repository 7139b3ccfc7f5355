#include "crypto/revocation.h"

#include <gtest/gtest.h>

#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using testing::make_revocation_list;
using testing::RevocationRecipe;

const testing::TestKey& key() {
  static const testing::TestKey made = testing::new_ec_key();
  return made;
}

ErrorCode code_of(std::string_view pem) {
  const auto parsed = parse_revocation_lists(pem);
  return parsed ? ErrorCode::kInternal : parsed.error().code();
}

TEST(RevocationLists, ReadsAllOfABundleAndUntilWhenTheyHold) {
  const auto lists = parse_revocation_lists(make_revocation_list({"A", key(), {1}}) + "between\n" +
                                            make_revocation_list({"B", key()}));
  ASSERT_TRUE(lists) << lists.error().message();
  ASSERT_EQ(lists->size(), 2u);
  EXPECT_EQ((*lists)[0].next_update(), Time::from_unix(seconds(1'810'000'000)));
  EXPECT_NE((*lists)[0].issuer_name(), (*lists)[1].issuer_name());
  EXPECT_NE((*lists)[0].fingerprint(), (*lists)[1].fingerprint());
}

TEST(RevocationLists, RefusesWhatIsNone) {
  EXPECT_EQ(code_of(""), ErrorCode::kMalformed);
  EXPECT_EQ(code_of("no list at all"), ErrorCode::kMalformed);
  EXPECT_EQ(code_of(std::string(kMaxBundleBytes + 1, ' ')), ErrorCode::kMalformed);
  const testing::TestTpmMaker maker;
  EXPECT_EQ(code_of(testing::make_certificate(maker.root_recipe()).to_pem()),
            ErrorCode::kMalformed);
  std::string cut = make_revocation_list({"A", key()});
  cut.erase(60, 4);
  EXPECT_EQ(code_of(cut), ErrorCode::kMalformed);
}

TEST(RevocationLists, TakesAtMost64) {
  const std::string one = make_revocation_list({"A", key()});
  std::string many;
  for (std::size_t i = 0; i < kMaxRevocationLists; ++i) {
    many += one;
  }
  EXPECT_TRUE(parse_revocation_lists(many));
  EXPECT_EQ(code_of(many + one), ErrorCode::kMalformed);
}

// A list for some of an issuer's certificates says nothing about the others (RFC 5280 §5.2.4,
// §5.2.5): taken for a whole one it would let the others through.
TEST(RevocationLists, A12_RefusesPartialAndDeltaLists) {
  RevocationRecipe delta{"A", key()};
  delta.edit = [](X509_CRL* crl) {
    ASN1_INTEGER* base = ASN1_INTEGER_new();
    ASN1_INTEGER_set(base, 1);
    X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, X509V3_ADD_DEFAULT);
    ASN1_INTEGER_free(base);
  };
  EXPECT_EQ(code_of(make_revocation_list(delta)), ErrorCode::kUnsupported);
  RevocationRecipe partial{"A", key()};
  partial.edit = [](X509_CRL* crl) {
    ISSUING_DIST_POINT* point = ISSUING_DIST_POINT_new();
    point->onlyuser = 0xFF;
    X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, point, 1, X509V3_ADD_DEFAULT);
    ISSUING_DIST_POINT_free(point);
  };
  EXPECT_EQ(code_of(make_revocation_list(partial)), ErrorCode::kUnsupported);
}

TEST(RevocationLists, AnIssuerWithoutCrlSignMakesNone) {
  testing::TestTpmMaker maker;
  auto recipe = maker.intermediate_recipe();
  recipe.extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                       {NID_key_usage, "critical,keyCertSign"}};
  const Certificate issuer = testing::make_certificate(recipe);
  const Certificate leaf = testing::make_certificate(maker.ek_recipe());
  const auto lists =
      parse_revocation_lists(make_revocation_list({"Test Intermediate", maker.intermediate_key}));
  const auto problem =
      check_revocation(leaf, issuer, *lists, Time::from_unix(seconds(1'800'000'000)));
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->failure, ChainFailure::kRevocationUnknown);
}

}  // namespace
}  // namespace seaworthy::crypto

#include "codec/base64.h"

#include <gtest/gtest.h>

namespace seaworthy::codec {
namespace {

TEST(Base64, RoundTripsTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(*from_base64(encoded)), plain);
  }
}

TEST(Base64, UrlFormHasItsOwnAlphabetAndNoPadding) {
  const Bytes bytes{0xFB, 0xFF};
  EXPECT_EQ(to_base64(bytes), "+/8=");
  EXPECT_EQ(to_base64url(bytes), "-_8");
  EXPECT_EQ(*from_base64url("-_8"), bytes);
  EXPECT_FALSE(from_base64url("-_8="));
  EXPECT_FALSE(from_base64("-_8="));
}

// one encoding per value, so nothing is accepted in two spellings.
TEST(Base64, A49_AcceptsOneTextPerValue) {
  for (const char* text :
       {"Zg=", "Zg", "Zg===", "Z===", "Zh==", "Zm9v\n", " Zm9v", "Zm=v", "====", "Zm9", "Zm9="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace seaworthy::codec

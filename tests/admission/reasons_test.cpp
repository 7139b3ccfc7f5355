#include "admission/reasons.h"

#include <gtest/gtest.h>

#include <set>

namespace seaworthy::admission {
namespace {

TEST(Reasons, EachHasANameOfItsOwnInCamelCase) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::kSnapshotTooOld); ++i) {
    const std::string_view one = name(static_cast<Reason>(i));
    EXPECT_TRUE(names.insert(one).second) << one;
    EXPECT_TRUE(one[0] >= 'A' && one[0] <= 'Z') << one;
    EXPECT_EQ(one.find_first_of(" -_"), std::string_view::npos) << one;
  }
  EXPECT_EQ(name(Reason::kBindingWithoutUid), "BindingWithoutUID");
}

}  // namespace
}  // namespace seaworthy::admission

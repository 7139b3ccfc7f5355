#include "verify/findings.h"

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <set>

#include "api/verdict.h"
#include "support/vectors.h"

namespace seaworthy::verify {
namespace {

TEST(Findings, EveryReasonHasItsOwnNameNumberAndAdvice) {
  std::set<std::string_view> names;
  std::set<Reason> reasons;
  for (const Reason reason : all_reasons()) {
    EXPECT_TRUE(names.insert(name(reason)).second) << name(reason);
    EXPECT_TRUE(reasons.insert(reason).second) << name(reason);
    EXPECT_TRUE(name(reason)[0] >= 'A' && name(reason)[0] <= 'Z') << name(reason);
    EXPECT_EQ(
        name(reason).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
        std::string_view::npos);
    EXPECT_LE(name(reason).size(), 64u);
    EXPECT_TRUE(advice(reason).ends_with('.') || advice(reason).ends_with('?')) << name(reason);
    EXPECT_GE(static_cast<int>(reason), 101);
    EXPECT_LE(static_cast<int>(reason), 699);
  }
}

// A reason that nothing yields is a check that nobody tested.
TEST(Findings, EveryReasonIsNamedInATest) {
  std::string sources;
  for (const char* folder : {"/tests/verify", "/tests/policy", "/tests/verifier"}) {
    for (const auto& file :
         std::filesystem::directory_iterator(std::string(SEAWORTHY_SOURCE_DIR) + folder)) {
      if (file.path().extension() == ".cpp" && file.path().filename() != "findings_test.cpp") {
        sources += as_text(seaworthy::testing::read_file(file.path().string()));
      }
    }
  }
  const auto mentions = [&sources](const std::string& spelled) {
    for (std::size_t at = sources.find(spelled); at != std::string::npos;
         at = sources.find(spelled, at + 1)) {
      if (std::isalpha(static_cast<unsigned char>(sources[at + spelled.size()])) == 0) {
        return true;
      }
    }
    return false;
  };
  for (const Reason reason : all_reasons()) {
    const std::string spelled(name(reason));
    EXPECT_TRUE(mentions("Reason::k" + spelled) || mentions("\"" + spelled + "\"")) << spelled;
  }
}

TEST(Findings, AMessageIsTheDetailAndTheAdvice) {
  const Finding plain{Reason::kDebugMode, "PCR 7"};
  EXPECT_EQ(plain.message(), "The firmware ran in debug mode: disable it in its setup.");
  const Finding detailed{Reason::kDebugMode, "PCR 7", "seen"};
  EXPECT_EQ(detailed.message(), "seen. " + plain.message());
  EXPECT_EQ(view(detailed).reason, "DebugMode");
  EXPECT_EQ(view(detailed).about, "PCR 7");
  EXPECT_EQ(views({plain, detailed}).size(), 2u);
}

}  // namespace
}  // namespace seaworthy::verify

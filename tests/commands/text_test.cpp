#include "commands/text.h"

#include <gtest/gtest.h>

namespace seaworthy::commands {
namespace {

TEST(Text, TablesAlignWhatIsShown) {
  EXPECT_EQ(table({{"A", "LONG", "C"}, {"wide", "x", "end"}}),
            "A     LONG  C\n"
            "wide  x     end\n");
  EXPECT_EQ(table({{"\x1b[32mok\x1b[0m", "x"}, {"äöü", "y"}}),
            "\x1b[32mok\x1b[0m   x\n"
            "äöü  y\n");
}

TEST(Text, DistancesHaveTwoUnitsAtMost) {
  EXPECT_EQ(distance(milliseconds(999)), "0s");
  EXPECT_EQ(distance(seconds(59)), "59s");
  EXPECT_EQ(distance(seconds(190)), "3m10s");
  EXPECT_EQ(distance(std::chrono::hours(2) + std::chrono::minutes(5)), "2h5m");
  EXPECT_EQ(distance(std::chrono::hours(240)), "10d");
  EXPECT_EQ(distance(seconds(-5)), "0s");
}

TEST(Text, ShortensAtCharactersNotBytes) {
  EXPECT_EQ(shortened("abcdef", 4), "abc…");
  EXPECT_EQ(shortened("abcd", 4), "abcd");
  EXPECT_EQ(shortened("ääää", 3), "ää…");
  EXPECT_EQ(shortened("a\nb", 9), "a b");
}

TEST(Text, ReplacesAllOfIt) {
  EXPECT_EQ(replaced("aba-a", "a", "aa"), "aabaa-aa");
  EXPECT_EQ(replaced("abc", "x", "y"), "abc");
}

TEST(Text, PrintableTextHasNoControlCharactersAndIsUtf8) {
  EXPECT_EQ(printable("a ä – 😀"), "a ä – 😀");
  EXPECT_EQ(printable("\x1b[31m\n\x7f"), "\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // C1: CSI of eight bits
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");
}

TEST(Text, ColoursOnlyWhereWanted) {
  EXPECT_EQ(painted(api::Verdict::kTrusted, Colour::kNever), "Trusted");
  EXPECT_EQ(painted(api::Verdict::kTrusted, Colour::kAlways), "\x1b[32mTrusted\x1b[0m");
}

TEST(Text, SaysWhatARegisterIsAbout) {
  EXPECT_EQ(about_pcr(0), "firmware code");
  EXPECT_EQ(about_pcr(15), "systemd: machine id, file systems");
  EXPECT_EQ(about_pcr(16), "");
}

}  // namespace
}  // namespace seaworthy::commands

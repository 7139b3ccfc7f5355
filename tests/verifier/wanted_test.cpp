#include "verifier/wanted.h"

#include <gtest/gtest.h>

namespace seaworthy::verifier {
namespace {

class WantedTest : public ::testing::Test {
 protected:
  static KeptEvidence evidence(const std::string& id) {
    KeptEvidence out;
    out.id = id;
    return out;
  }
  bool waits(milliseconds max_age = milliseconds(0)) {
    return std::holds_alternative<WantedEvidence::Waiting>(wanted_.ask(node_, max_age, now_));
  }
  bool never(const NodeUid& node) {
    return std::holds_alternative<WantedEvidence::Never>(wanted_.ask(node, seconds(60), now_));
  }
  // After so many entries of the list that begins with this one.
  static verify::ImaProgress at(std::uint64_t entries,
                                const std::string& first = "boot_aggregate") {
    verify::ImaProgress out;
    out.entries = entries;
    out.pcr10 = crypto::sha256(as_bytes(first + std::to_string(entries)));
    return out;
  }
  void add(std::uint64_t from, std::uint64_t until, std::size_t bytes) {
    const Bytes entries(bytes, 1);
    wanted_.add_part(node_, {at(from), from, entries}, at(until), now_);
  }
  bool keep(const std::string& id, std::size_t bytes = 10, std::uint64_t from = 0) {
    const Bytes entries(bytes, 1);
    return wanted_.keep(node_, {at(from), from, entries}, evidence(id), now_);
  }
  std::string kept() {
    const auto found = wanted_.kept(node_, now_);
    return found ? found->id : "none";
  }
  std::size_t list_size() { return wanted_.kept(node_, now_)->evidence.ima.size(); }

  const NodeUid node_{"u1"};
  const NodeUid other_{"u2"};
  Monotonic now_{milliseconds(1'000'000)};
  const WantedEvidence::Limits limits_{
      .max_nodes = 2, .max_list_bytes = 100, .max_bytes = 150, .life = seconds(300)};
  WantedEvidence wanted_{limits_};
};

TEST_F(WantedTest, NothingIsKeptThatNobodyAskedFor) {
  EXPECT_FALSE(wanted_.ima_from(node_, at(0), now_));
  EXPECT_TRUE(keep("a"));
  add(0, 1, 10);
  EXPECT_EQ(kept(), "none");
  EXPECT_EQ(wanted_.size(now_), 0u);
}

TEST_F(WantedTest, WhatCameIsThereUntilItsTimeIsOver) {
  EXPECT_TRUE(waits());
  EXPECT_EQ(wanted_.ima_from(node_, at(7), now_), 0u);
  EXPECT_TRUE(keep("a"));
  EXPECT_FALSE(wanted_.ima_from(node_, at(7), now_)) << "it is there: nobody is asked for more";
  EXPECT_FALSE(waits());
  EXPECT_EQ(kept(), "a");
  now_ += limits_.life - milliseconds(1);
  EXPECT_EQ(kept(), "a");
  now_ += milliseconds(1);
  EXPECT_EQ(kept(), "none");
  EXPECT_EQ(wanted_.size(now_), 0u);
}

TEST_F(WantedTest, AWantEndsThoughNothingCame) {
  EXPECT_TRUE(waits());
  now_ += limits_.life;
  EXPECT_FALSE(wanted_.ima_from(node_, at(0), now_));
  EXPECT_TRUE(keep("late"));
  EXPECT_EQ(kept(), "none");
}

TEST_F(WantedTest, WhoAsksLaterMeansWhatComesLater) {
  EXPECT_TRUE(waits());
  EXPECT_TRUE(keep("a"));
  now_ += seconds(20);
  EXPECT_FALSE(waits(seconds(20))) << "who has waited as long means what is there";
  EXPECT_TRUE(waits(seconds(19)));
  EXPECT_EQ(kept(), "a") << "who reads it now goes on";
  EXPECT_TRUE(keep("b"));
  EXPECT_EQ(kept(), "b");
}

TEST_F(WantedTest, PartsAreOneListIfNothingIsMissingBetween) {
  EXPECT_TRUE(waits());
  add(0, 4, 40);
  EXPECT_EQ(wanted_.ima_from(node_, at(4), now_), 4u);
  EXPECT_EQ(wanted_.ima_from(node_, at(5), now_), 0u) << "the verifier knows another list";
  add(9, 12, 40);
  EXPECT_FALSE(keep("a", 10, 9));
  EXPECT_TRUE(waits());
  EXPECT_TRUE(keep("b", 10, 4));
  EXPECT_EQ(list_size(), 50u);
}

// As many entries are not the same entries: what a node sent first, nothing proves then.
TEST_F(WantedTest, PartsOfAnotherListOfTheSameLengthAreNotProven) {
  EXPECT_TRUE(waits());
  const Bytes made_up(40, 9);
  wanted_.add_part(node_, {{}, 0, made_up}, at(4, "made up"), now_);
  EXPECT_EQ(wanted_.ima_from(node_, at(4), now_), 0u);
  EXPECT_FALSE(keep("a", 10, 4));
  add(4, 5, 10);
  EXPECT_FALSE(keep("a", 10, 5));
}

TEST_F(WantedTest, StartingOverKeepsTheWantAndNothingElse) {
  EXPECT_TRUE(waits());
  EXPECT_TRUE(keep("a"));
  wanted_.start_over(node_);
  EXPECT_EQ(kept(), "none");
  EXPECT_TRUE(wanted_.waits(node_, now_));
  wanted_.start_over(other_);
  EXPECT_FALSE(wanted_.waits(other_, now_));
}

TEST_F(WantedTest, AListThatBeginsAnewReplacesTheParts) {
  EXPECT_TRUE(waits());
  add(0, 4, 40);
  add(0, 3, 30);
  EXPECT_TRUE(keep("a", 10, 3));
  EXPECT_EQ(list_size(), 40u);
  now_ += seconds(1);
  EXPECT_TRUE(waits());
  add(0, 4, 40);
  EXPECT_TRUE(keep("b", 10));
  EXPECT_EQ(list_size(), 10u);
}

TEST_F(WantedTest, AListThatIsTooLongIsNotKept) {
  EXPECT_TRUE(waits());
  add(0, 4, 100);
  EXPECT_TRUE(waits(seconds(60)));
  EXPECT_TRUE(keep("a", 1, 4)) << "nobody is asked again";
  EXPECT_TRUE(never(node_));
  EXPECT_EQ(kept(), "none");
  now_ += seconds(1);
  EXPECT_FALSE(waits()) << "or a node with a long list would never be judged to its end";
  EXPECT_FALSE(wanted_.waits(node_, now_));
  now_ += limits_.life;
  EXPECT_TRUE(waits());
  add(0, 4, 101);
  EXPECT_TRUE(never(node_));
}

TEST_F(WantedTest, AllNodesTogetherHaveALimitToo) {
  EXPECT_TRUE(waits());
  (void)wanted_.ask(other_, milliseconds(0), now_);
  EXPECT_TRUE(keep("a", 90));
  const Bytes most(60);
  wanted_.add_part(other_, {{}, 0, most}, at(1), now_);
  EXPECT_FALSE(never(other_));
  wanted_.add_part(other_, {at(1), 1, ByteSpan(most).first(1)}, at(2), now_);
  EXPECT_TRUE(never(other_));
  EXPECT_EQ(kept(), "a");
}

TEST_F(WantedTest, OnlySoManyNodesAreWantedAtOnce) {
  EXPECT_TRUE(waits());
  (void)wanted_.ask(other_, milliseconds(0), now_);
  const auto third = [&] { return wanted_.ask(NodeUid("u3"), milliseconds(0), now_); };
  EXPECT_TRUE(std::holds_alternative<WantedEvidence::TooMany>(third()));
  EXPECT_TRUE(waits()) << "who was there before is served";
  wanted_.forget(other_);
  EXPECT_TRUE(std::holds_alternative<WantedEvidence::Waiting>(third()));
}

TEST_F(WantedTest, TheAgentIsAskedForTheRestOnce) {
  EXPECT_FALSE(wanted_.ask_again(node_, now_));
  EXPECT_TRUE(waits());
  EXPECT_TRUE(wanted_.ask_again(node_, now_));
  EXPECT_FALSE(wanted_.ask_again(node_, now_));
}

}  // namespace
}  // namespace seaworthy::verifier

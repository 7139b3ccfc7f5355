#include "commands/set_difference.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;
using Texts = std::vector<std::string>;

const Sha256Value kA{1}, kB{2}, kC{3}, kD{4};

ReferenceValueSet some_set() {
  ReferenceValueSet set;
  set.meta.name = "some";
  set.pcrs = {{0, kA}, {7, kB}};
  set.applications = {kA, kB};
  set.unified_kernels = {kC};
  set.events = {{.pcr = 8, .sha256 = {kA, kB}}, {.pcr = 9, .sha256 = {}}};
  set.command_lines = {"/vmlinuz quiet ro", "/other"};
  set.files = {{kA, "/a"}, {kB, "/b"}, {kC, ""}};
  set.runtime.signers = {{"us", "key 1", 2}};
  set.runtime.denied_files = {{kA, "old"}, {kB, ""}};
  set.runtime.measurements = {{".ima", kA}, {".evm", kB}};
  set.runtime.ima_policies = {kA, kB};
  set.not_before = Time::from_unix(seconds(1000));
  set.retire_after = Time::from_unix(seconds(2000));
  return set;
}

TEST(SetDifference, IsNoneBetweenASetAndItselfInAnotherOrder) {
  const ReferenceValueSet set = some_set();
  ReferenceValueSet other = set;
  other.meta.name = "other";
  const auto turn = [](auto& list) { std::reverse(list.begin(), list.end()); };
  turn(other.pcrs);
  turn(other.applications);
  turn(other.events);
  turn(other.events[1].sha256);
  turn(other.command_lines);
  turn(other.files);
  turn(other.runtime.denied_files);
  turn(other.runtime.measurements);
  turn(other.runtime.ima_policies);
  EXPECT_TRUE(difference(set, other).same());
  EXPECT_EQ(difference(set, other).same_files, 3u);
}

struct Change {
  const char* name;
  void (*change)(ReferenceValueSet&);
};
class ASingleChange : public ::testing::TestWithParam<Change> {};

TEST_P(ASingleChange, IsADifferenceInBothDirections) {
  ReferenceValueSet changed = some_set();
  GetParam().change(changed);
  EXPECT_FALSE(difference(some_set(), changed).same());
  EXPECT_FALSE(difference(changed, some_set()).same());
}

INSTANTIATE_TEST_SUITE_P(
    Table, ASingleChange,
    ::testing::Values(
        Change{"Pcr", [](auto& s) { s.pcrs[0].sha256 = kC; }},
        Change{"PcrMore",
               [](auto& s) {
                 s.pcrs.push_back({1, kA});
               }},
        Change{"Application", [](auto& s) { s.applications.push_back(kC); }},
        Change{"UnifiedKernel", [](auto& s) { s.unified_kernels = {kA}; }},
        Change{"Event", [](auto& s) { s.events[0].sha256.pop_back(); }},
        Change{"EventsOfNone", [](auto& s) { s.events.pop_back(); }},
        Change{"CommandLine", [](auto& s) { s.command_lines.pop_back(); }},
        Change{"CommandLineOrder", [](auto& s) { s.command_lines[0] = "/vmlinuz ro quiet"; }},
        Change{"FileContent", [](auto& s) { s.files[0].sha256 = kB; }},
        Change{"FileMatch", [](auto& s) { s.files[0].bound_to_path = true; }},
        Change{"FileWithoutPath", [](auto& s) { s.files[2].sha256 = kA; }},
        Change{"SignerKey", [](auto& s) { s.runtime.signers[0].key = "key 2"; }},
        Change{"SignerVersion", [](auto& s) { s.runtime.signers[0].minimum_version = 3; }},
        Change{"DeniedNote", [](auto& s) { s.runtime.denied_files[0].note = ""; }},
        Change{"Measurement", [](auto& s) { s.runtime.measurements[0].name = ".x"; }},
        Change{"ImaPolicy", [](auto& s) { s.runtime.ima_policies.pop_back(); }},
        Change{"NotBefore", [](auto& s) { s.not_before.reset(); }},
        Change{"RetireAfter", [](auto& s) { s.retire_after = Time(); }}),
    [](const auto& row) { return row.param.name; });

TEST(SetDifference, SaysWhichWayItIs) {
  ReferenceValueSet to = some_set();
  to.pcrs = {{0, kC}, {14, kA}};
  to.applications = {kB, kC};
  to.events = {{.pcr = 8, .sha256 = {kB, kC}}};
  const SetDifference d = difference(some_set(), to);
  ASSERT_EQ(d.pcrs.size(), 3u);
  EXPECT_EQ(d.pcrs[0].from, kA);
  EXPECT_EQ(d.pcrs[0].to, kC);
  EXPECT_EQ(d.pcrs[1].index, 7);
  EXPECT_FALSE(d.pcrs[1].to);
  EXPECT_EQ(d.pcrs[2].index, 14);
  EXPECT_FALSE(d.pcrs[2].from);
  EXPECT_EQ(d.applications.added, std::vector{kC});
  EXPECT_EQ(d.applications.removed, std::vector{kA});
  ASSERT_EQ(d.events.size(), 2u);
  EXPECT_EQ(d.events[0].digests.added, std::vector{kC});
  EXPECT_EQ(d.events[0].digests.removed, std::vector{kA});
  EXPECT_EQ(d.events[1].pcr, 9);
  EXPECT_TRUE(d.events[1].from);
  EXPECT_FALSE(d.events[1].to);
}

TEST(SetDifference, PairsCommandLinesByTheirWords) {
  ReferenceValueSet from = some_set();
  ReferenceValueSet to = some_set();
  from.command_lines = {"/vmlinuz root=/dev/a quiet", "/gone", "/same"};
  to.command_lines = {"/same", "new", "/vmlinuz root=/dev/b quiet splash"};
  const SetDifference d = difference(from, to);
  EXPECT_EQ(d.command_lines.removed, Texts{"/gone"});
  EXPECT_EQ(d.command_lines.added, Texts{"new"});
  ASSERT_EQ(d.changed_command_lines.size(), 1u);
  EXPECT_EQ(d.changed_command_lines[0].words.removed, Texts{"root=/dev/a"});
  EXPECT_EQ(d.changed_command_lines[0].words.added, (Texts{"root=/dev/b", "splash"}));
}

TEST(SetDifference, TellsNewGoneAndChangedFiles) {
  ReferenceValueSet from;
  ReferenceValueSet to;
  from.files = {{kA, "/same"}, {kA, "/two"}, {kB, "/two"}, {kA, "/changed"}, {kD, "/gone"}};
  to.files = {{kC, "/new"}, {kB, "/two"}, {kA, "/two"}, {kB, "/changed"}, {kA, "/same"}};
  const SetDifference d = difference(from, to);
  EXPECT_EQ(d.same_files, 2u);
  ASSERT_EQ(d.files.size(), 3u);
  EXPECT_EQ(d.files[0].path, "/changed");
  EXPECT_EQ(d.files[0].from[0].sha256, kA);
  EXPECT_EQ(d.files[0].to[0].sha256, kB);
  EXPECT_EQ(d.files[1].path, "/gone");
  EXPECT_TRUE(d.files[1].to.empty());
  EXPECT_EQ(d.files[2].path, "/new");
  EXPECT_TRUE(d.files[2].from.empty());
}

// Sets know files by content; one that is captured twice is listed under one of its paths.
TEST(SetDifference, AFileUnderAnotherPathIsTheSameUnlessItIsBoundToIt) {
  ReferenceValueSet from;
  ReferenceValueSet to;
  from.files = {{kA, "/lib/a"}, {kB, "/lib/b"}};
  to.files = {{kA, "/usr/lib/a"}, {kB, "/lib/b"}, {kB, "/b"}};
  EXPECT_TRUE(difference(from, to).same());
  EXPECT_TRUE(difference(to, from).same());
  to.files[0].bound_to_path = true;
  const SetDifference d = difference(from, to);
  ASSERT_EQ(d.files.size(), 2u);
  EXPECT_EQ(d.files[0].path, "/lib/a");
  EXPECT_EQ(d.files[1].path, "/usr/lib/a");
}

}  // namespace
}  // namespace seaworthy::commands

#include "commands/node_difference.h"

#include <gtest/gtest.h>

#include "commands/set_difference.h"
#include "support/evidence_builder.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using seaworthy::testing::EvidenceBuilder;

MachineLogs logs_of(const EvidenceBuilder& machine) {
  return {.boot_log = eventlog::write_boot_log(machine.boot), .ima = machine.ima_list()};
}

class NodeDifference : public ::testing::Test {
 protected:
  // What the machine has now and the set of before does not.
  SetDifference changes() {
    auto told = as_evidence_tells(logs_of(machine_), set_);
    EXPECT_TRUE(told) << told.error().message();
    notes_ = told->notes;
    return difference(set_, told->set);
  }

  EvidenceBuilder machine_;
  ReferenceValueSet set_ = [this] {
    const tpm::PcrMask pinned{tpm::PcrIndex::at<0>(), tpm::PcrIndex::at<7>()};
    return capture_evidence("set", logs_of(machine_), {.pcrs = pinned})->sets.front();
  }();
  std::vector<std::string> notes_;
};

TEST_F(NodeDifference, AMachineIsAsItWasCaptured) {
  EXPECT_FALSE(set_.pcrs.empty());
  EXPECT_FALSE(set_.files.empty());
  EXPECT_TRUE(changes().same());
  EXPECT_TRUE(notes_.empty());
}

TEST_F(NodeDifference, WhatTheNodeDidNotUseCountsAsEqual) {
  set_.files.push_back({api::Sha256Value{1}, "/bin/seldom"});
  set_.applications.push_back(api::Sha256Value{2});
  set_.command_lines.emplace_back("another");
  EXPECT_TRUE(changes().same());
}

TEST_F(NodeDifference, TellsFilesThatTheSetDoesNotList) {
  machine_.run("/usr/bin/new");
  const SetDifference now = changes();
  ASSERT_EQ(now.files.size(), 1u);
  EXPECT_EQ(now.files[0].path, "/usr/bin/new");
  EXPECT_TRUE(now.files[0].from.empty());
  EXPECT_TRUE(now.pcrs.empty());
}

TEST_F(NodeDifference, AFileOfTheSetCountsAtItsPathOnlyWhereItSaysSo) {
  for (ReferenceValueSet::File& file : set_.files) {
    file.path = "/elsewhere" + file.path;
  }
  EXPECT_TRUE(changes().same());
  for (ReferenceValueSet::File& file : set_.files) {
    file.bound_to_path = true;
  }
  EXPECT_EQ(changes().files.size(), set_.files.size());
}

TEST_F(NodeDifference, TellsAnotherBoot) {
  machine_.boot = testing::honest_boot("/vmlinuz-6.1.0 root=/dev/sda2 ro single");
  machine_.boot.events.push_back(testing::application("tool 1", "\\tool.efi"));
  machine_.boot.events[1] = testing::plain_event(0, eventlog::kSCrtmVersion, "firmware 2.0");
  const SetDifference now = changes();
  ASSERT_EQ(now.pcrs.size(), 1u);
  EXPECT_EQ(now.pcrs[0].index, 0);
  EXPECT_EQ(now.applications.added.size(), 1u);
  EXPECT_TRUE(now.applications.removed.empty());
  EXPECT_EQ(now.changed_command_lines.size() + now.command_lines.added.size(), 1u);
}

TEST_F(NodeDifference, TellsEventsOfRegistersThatTheSetLists) {
  set_.pcrs.clear();
  set_.events = capture_evidence(
                    "set", logs_of(machine_),
                    {.pcrs = tpm::PcrMask{tpm::PcrIndex::at<9>()}, .registers = Registers::kEvents})
                    ->sets.front()
                    .events;
  ASSERT_EQ(set_.events.size(), 1u);
  EXPECT_TRUE(changes().same());
  machine_.boot.events.push_back(
      testing::event_of(9, eventlog::kIpl, as_bytes("/initrd"), as_bytes("initrd 2")));
  const SetDifference now = changes();
  ASSERT_EQ(now.events.size(), 1u);
  EXPECT_EQ(now.events[0].pcr, 9);
  EXPECT_EQ(now.events[0].digests.added.size(), 1u);
}

TEST_F(NodeDifference, SaysWhatItDoesNotCompare) {
  set_.pcrs.push_back({15, api::Sha256Value{3}});
  set_.runtime.signers = {{"vendor", "a key", 2}};
  EXPECT_TRUE(changes().same());
  ASSERT_EQ(notes_.size(), 2u);
  EXPECT_TRUE(notes_[0].starts_with("PCR 15 is not compared")) << notes_[0];
  EXPECT_TRUE(notes_[1].starts_with("Files that only a signer")) << notes_[1];
}

}  // namespace
}  // namespace seaworthy::commands

#include "commands/capture.h"

#include <gtest/gtest.h>

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;

ReferenceValueSet set_of_files(std::size_t count) {
  ReferenceValueSet set;
  set.meta.name = "debian-12";
  for (std::size_t i = 0; i < count; ++i) {
    Sha256Value digest{};
    digest[0] = static_cast<std::uint8_t>(i);
    digest[1] = static_cast<std::uint8_t>(i >> 8);
    digest[2] = static_cast<std::uint8_t>(i >> 16);
    set.files.push_back({digest, "/" + std::to_string(i)});
  }
  return set;
}

TEST(Capture, IsOneSetWithItsOwnName) {
  Capture capture;
  ASSERT_TRUE(put_sets(set_of_files(3), capture));
  ASSERT_EQ(capture.sets.size(), 1u);
  EXPECT_EQ(capture.sets[0].meta.name, "debian-12");
  EXPECT_EQ(summary(capture),
            "debian-12: 3 files.\n"
            "Nothing stands out. Read it all the same before you apply it.\n");
}

TEST(Capture, HasEachValueOnceInOrder) {
  ReferenceValueSet set = set_of_files(2);
  set.files.push_back({set.files[1].sha256, "/0/earlier"});
  set.applications = {Sha256Value{9}, Sha256Value{1}, Sha256Value{9}};
  set.command_lines = {"b", "a", "b"};
  set.events = {{.pcr = 8, .sha256 = {Sha256Value{2}, Sha256Value{1}, Sha256Value{2}}}};
  set.runtime.measurements = {{"b", {}}, {"a", {}}, {"b", {}}};
  Capture capture;
  ASSERT_TRUE(put_sets(set, capture));
  const ReferenceValueSet& out = capture.sets[0];
  EXPECT_EQ(out.applications, (std::vector{Sha256Value{1}, Sha256Value{9}}));
  EXPECT_EQ(out.command_lines, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(out.events[0].sha256, (std::vector{Sha256Value{1}, Sha256Value{2}}));
  EXPECT_EQ(out.runtime.measurements.size(), 2u);
  ASSERT_EQ(out.files.size(), 2u);
  EXPECT_EQ(out.files[0].path, "/0");
  EXPECT_EQ(out.files[1].path, "/0/earlier");
}

// Files with long paths are split by what an object may have in bytes.
TEST(Capture, SplitsMoreFilesThanASetTakes) {
  for (const std::size_t path : {std::size_t{5}, std::size_t{400}}) {
    ReferenceValueSet whole = set_of_files(20'001);
    for (auto& file : whole.files) {
      file.path += std::string(path, 'x');
    }
    whole.applications = {Sha256Value{1}};
    Capture capture;
    ASSERT_TRUE(put_sets(whole, capture));
    ASSERT_GT(capture.sets.size(), 1u);
    std::size_t files = 0;
    for (std::size_t i = 0; i < capture.sets.size(); ++i) {
      const ReferenceValueSet& set = capture.sets[i];
      EXPECT_EQ(set.meta.name, "debian-12-" + std::to_string(i + 1));
      EXPECT_EQ(set.applications.empty(), i > 0);
      EXPECT_LE(set.files.size(), api::kMaxFiles);
      EXPECT_LT(api::reference_values_json(set).dump().size(), kMaxSetBytes + 1000);
      files += set.files.size();
    }
    EXPECT_EQ(files, 20'001u);
    ASSERT_EQ(capture.remarks.size(), 1u);
    EXPECT_NE(capture.remarks[0].find("20001 files are more than one set takes"),
              std::string::npos);
    EXPECT_NE(summary(capture).find("\n1 thing to look at"), std::string::npos);
  }
}

TEST(Capture, RefusesWhatAnApiServerWouldRefuse) {
  Capture capture;
  ReferenceValueSet set = set_of_files(1);
  set.meta.name = "Debian_12";
  EXPECT_EQ(put_sets(set, capture).error().code(), ErrorCode::kMalformed);
  ReferenceValueSet many = set_of_files(1);
  for (std::size_t i = 0; i <= api::kMaxApplications; ++i) {
    many.applications.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
  }
  Capture other;
  EXPECT_EQ(put_sets(many, other).error().code(), ErrorCode::kMalformed);
  Capture nothing;
  EXPECT_EQ(put_sets(set_of_files(0), nothing).error().message(),
            "spec: describes nothing: needs boot or files");
}

}  // namespace
}  // namespace seaworthy::commands

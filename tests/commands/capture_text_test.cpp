#include "commands/capture_text.h"

#include <gtest/gtest.h>

#include "codec/yaml.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;

const CaptureOrigin kOrigin{.when = Time::from_unix(seconds(1'800'000'000)),
                            .command = "kubectl seaworthy capture files"};

ReferenceValueSet some_set() {
  ReferenceValueSet set;
  set.meta.name = "some";
  set.pcrs = {{0, Sha256Value{1}}, {14, Sha256Value{2}}};
  set.applications = {Sha256Value{3}, Sha256Value{4}};
  set.unified_kernels = {Sha256Value{5}};
  set.events = {{.pcr = 8, .sha256 = {Sha256Value{6}}}, {.pcr = 12, .sha256 = {}}};
  set.command_lines = {"root=\"a b\" # not a comment", "\xC3\xA4 \xE2\x80\xA8x"};
  set.files = {{Sha256Value{7}, ""},
               {Sha256Value{8}, "/usr/bin/a"},
               {Sha256Value{9}, "/usr/bin/b\xE2\x80\xAE}", true}};
  set.runtime.measurements = {{".ima", Sha256Value{10}}};
  return set;
}

std::vector<ReferenceValueSet> read_back(const std::string& text) {
  std::vector<ReferenceValueSet> sets;
  const auto documents = codec::parse_yaml(text, {.max_bytes = 1 << 20});
  EXPECT_TRUE(documents) << documents.error().message() << "\n" << text;
  for (const codec::Json& document : documents ? *documents : std::vector<codec::Json>()) {
    const auto set = api::parse_reference_values(document);
    EXPECT_TRUE(set) << set.error().message();
    EXPECT_EQ(document["kind"], "ReferenceValueSet");
    EXPECT_EQ(document["apiVersion"], "seaworthy.dev/v1alpha1");
    sets.push_back(set ? *set : ReferenceValueSet());
  }
  return sets;
}

TEST(CaptureText, IsReadBackAsTheSetsThatItIsOf) {
  ReferenceValueSet other;
  other.meta.name = "other";
  other.files = {{Sha256Value{1}, "/x"}};
  const Capture capture{.sets = {some_set(), other}};
  for (const Format format : {Format::kText, Format::kWide, Format::kYaml}) {
    EXPECT_EQ(read_back(capture_text(capture, kOrigin, format)), capture.sets);
  }
}

TEST(CaptureText, IsAnObjectOrAListInJson) {
  Capture capture{.sets = {some_set()}};
  const auto one =
      codec::parse_json(capture_text(capture, kOrigin, Format::kJson), {.max_bytes = 1 << 20});
  ASSERT_TRUE(one);
  EXPECT_EQ(*api::parse_reference_values(*one), capture.sets[0]);
  capture.sets.push_back(some_set());
  const auto list =
      codec::parse_json(capture_text(capture, kOrigin, Format::kJson), {.max_bytes = 1 << 20});
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)["kind"], "List");
  EXPECT_EQ((*list)["items"].size(), 2u);
}

TEST(CaptureText, SaysWhatItIsAndWhatToLookAt) {
  const Capture capture{.sets = {some_set()},
                        .sources = {"boot log, 5 bytes"},
                        .notes = {{Sha256Value{3}, "claims to be \\EFI\\shim"}},
                        .findings = {{"SecureBootOff", "SecureBoot", "It is off."}},
                        .remarks = {"Look here."}};
  const std::string text = capture_text(capture, kOrigin, Format::kYaml);
  for (const char* part :
       {"Nothing is trusted by them until somebody applies them",
        "# Captured 2027-01-15T08:00:00Z, by: kubectl seaworthy capture files\n",
        "# From boot log, 5 bytes\n", "#   - SecureBootOff  SecureBoot: It is off.\n",
        "#   - Look here.\n", "  # claims to be \\EFI\\shim\n", "# PCR 14: shim", "  # 3 files",
        "  # /usr/bin: 2\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

// Ends of lines for a terminal, and those of YAML alone: NEL, LS, PS.
TEST(CaptureText, NothingThatALogSaysGetsOutOfAComment) {
  for (const std::string end : {"\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xFF\n"}) {
    const std::string lie = "x" + end + "  commandLines: [evil]" + end + "---" + end;
    ReferenceValueSet set = some_set();
    set.files = {{Sha256Value{7}, "/a" + end + "b/c/d"}};
    const Capture capture{.sets = {set},
                          .sources = {lie},
                          .notes = {{Sha256Value{3}, lie}, {Sha256Value{6}, lie}},
                          .findings = {{"Reason", lie, lie}},
                          .remarks = {lie}};
    const std::string text =
        capture_text(capture, {.when = kOrigin.when, .command = lie}, Format::kYaml);
    EXPECT_EQ(text.find("\n  commandLines: [evil]"), std::string::npos);
    for (const char c : text) {
      ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << text;
    }
    const auto read = read_back(text);
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].command_lines, set.command_lines);
  }
}

TEST(CaptureText, BreaksLongComments) {
  std::string remark;
  for (int i = 0; i < 100; ++i) {
    remark += "word ";
  }
  const std::string text =
      capture_text({.sets = {some_set()}, .remarks = {remark}}, kOrigin, Format::kYaml);
  EXPECT_NE(text.find("\n#     word"), std::string::npos);
  EXPECT_EQ(read_back(text).size(), 1u);
}

}  // namespace
}  // namespace seaworthy::commands

#include "commands/diff.h"

#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/yaml.h"
#include "policy/boot_match.h"
#include "policy/evaluate.h"
#include "support/evidence_builder.h"
#include "verify/loader.h"

namespace seaworthy::commands {
namespace {

using api::ReferenceValueSet;
using api::Sha256Value;
using codec::Json;
using verify::Reason;

const Sha256Value kA{1}, kB{2}, kC{3};
const Output kText{};

ReferenceValueSet boot_set() {
  ReferenceValueSet set;
  set.meta.name = "some";
  set.pcrs = {{0, kA}};
  set.applications = {kA};
  set.events = {{.pcr = 8, .sha256 = {kA}}};
  set.command_lines = {"/vmlinuz quiet"};
  set.files = {{kA, "/a"}};
  return set;
}
ReferenceValueSet file_set() {
  ReferenceValueSet set;
  set.meta.name = "files";
  set.files = {{kB, "/b"}};
  set.runtime.measurements = {{".ima", kC}};
  return set;
}
std::string document(const ReferenceValueSet& set) {
  return codec::to_yaml_text(api::reference_values_json(set));
}
Result<ReferenceValueSet> parsed(const std::string& text) {
  return parse_set_file(as_bytes(text));
}

TEST(SetFile, IsReadAsKubectlTakesIt) {
  const ReferenceValueSet set = boot_set();
  EXPECT_EQ(*parsed(document(set)), set);
  EXPECT_EQ(*parsed("# a comment\n---\n" + document(set)), set);
  EXPECT_EQ(*parsed("\n" + api::reference_values_json(set).dump()), set);
}

TEST(SetFile, SeveralSetsAreOneIfOneOfThemDescribesABoot) {
  const Json list{
      {"kind", "List"},
      {"items", {api::reference_values_json(file_set()), api::reference_values_json(boot_set())}}};
  for (const std::string& text :
       {document(boot_set()) + "---\n" + document(file_set()),
        document(file_set()) + "---\n" + document(boot_set()), list.dump()}) {
    const auto set = parsed(text);
    ASSERT_TRUE(set) << set.error().message();
    EXPECT_EQ(set->meta.name, "some");
    EXPECT_EQ(set->pcrs, boot_set().pcrs);
    EXPECT_EQ(set->files.size(), 2u);
    EXPECT_EQ(set->runtime.measurements.size(), 1u);
  }
}

TEST(SetFile, RefusesAnythingElse) {
  EXPECT_EQ(parsed("").error().message(), "it holds no ReferenceValueSet");
  EXPECT_EQ(parsed("kind: Pod").error().message(),
            "it holds 'Pod', and not only ReferenceValueSets");
  EXPECT_FALSE(parsed("[1]"));
  EXPECT_FALSE(parsed("{\"kind\": \"ReferenceValueSet\""));
  EXPECT_FALSE(parsed(document(boot_set()) + "---\nkind: Pod\n"));
  EXPECT_EQ(parsed(document(boot_set()) + "---\n" + document(boot_set())).error().message(),
            "it holds two sets that describe a boot: some and some");
}

std::string text_of(const ReferenceValueSet& from, const ReferenceValueSet& to, bool all = false) {
  return diff_text(difference(from, to), {.from = "A", .to = "B", .notes = {}, .all = all}, kText);
}

TEST(Diff, ShowsWhatChanged) {
  ReferenceValueSet to = boot_set();
  to.pcrs = {{0, kB}, {7, kC}};
  to.applications = {kB};
  to.events = {};
  to.command_lines = {"/vmlinuz init=/bin/sh"};
  to.files = {{kB, "/a"}, {kC, "/new"}};
  to.retire_after = Time::from_unix(seconds(0));
  const std::string a = codec::to_hex(kA), b = codec::to_hex(kB), c = codec::to_hex(kC);
  EXPECT_EQ(text_of(boot_set(), to),
            "--- A\n+++ B\n"
            "PCR 0, firmware code\n  - " +
                a + "\n  + " + b +
                "\n"
                "PCR 7, Secure Boot: state, keys, what they verified: compared now\n  + " +
                c +
                "\n"
                "applications: 1 added, 1 removed\n  - " +
                a + "\n  + " + b +
                "\n"
                "events of PCR 8, GRUB: commands, command line: not compared any more\n  - " +
                a +
                "\n"
                "command line: /vmlinuz quiet\n  - quiet\n  + init=/bin/sh\n"
                "files: 1 new, 0 gone, 1 with other content, 0 the same\n"
                "  + /new  " +
                c + "\n  ~ /a\n      " + a + "\n      " + b +
                "\n"
                "retireAfter\n  + 1970-01-01T00:00:00Z\n");
  EXPECT_EQ(text_of(boot_set(), boot_set()), "A and B say the same.\n");
}

TEST(Diff, ShowsTwentyFilesOfAKindUnlessAllAreWanted) {
  ReferenceValueSet to = boot_set();
  for (std::uint8_t i = 0; i <= kMaxFilesShown; ++i) {
    to.files.push_back({Sha256Value{9, i}, "/new/" + std::to_string(i)});
  }
  const std::string some = text_of(boot_set(), to);
  EXPECT_NE(some.find("files: 21 new"), std::string::npos);
  EXPECT_NE(some.find("and 1 more: --all shows them"), std::string::npos);
  EXPECT_EQ(text_of(boot_set(), to, true).find("--all"), std::string::npos);
}

TEST(Diff, SendsNothingOfASetToTheTerminalButText) {
  ReferenceValueSet to = boot_set();
  to.files = {{kB, "/\x1b[2J"}};
  to.command_lines = {"x \x1b[2J"};
  EXPECT_EQ(text_of(boot_set(), to).find('\x1b'), std::string::npos);
  const std::string coloured =
      diff_text(difference(boot_set(), to), {.from = "A", .to = "B"}, {.colour = Colour::kAlways});
  EXPECT_EQ(coloured.find("\x1b[2J"), std::string::npos);
  EXPECT_NE(coloured.find("\x1b[32m"), std::string::npos);
}

TEST(Diff, GivesTheDocumentedFieldsToPrograms) {
  ReferenceValueSet to = boot_set();
  to.pcrs = {{0, kB}};
  to.events = {};
  to.command_lines = {"/vmlinuz ro"};
  to.files = {{kB, "/a", true}};
  const auto json = codec::parse_json(
      diff_text(difference(boot_set(), to), {.from = "A", .to = "B", .notes = {"a note"}},
                {.format = Format::kJson}),
      {.max_bytes = 1 << 20});
  ASSERT_TRUE(json);
  const std::string a = codec::to_hex(kA), b = codec::to_hex(kB);
  const Json none{{"added", Json::array()}, {"removed", Json::array()}};
  Json line = Json::object({{"added", {"ro"}}, {"removed", {"quiet"}}});
  line["from"] = "/vmlinuz quiet";
  line["to"] = "/vmlinuz ro";
  Json lines = none;
  lines["changed"] = Json::array({line});
  const Json expected{
      {"from", "A"},
      {"to", "B"},
      {"same", false},
      {"notes", Json::array({"a note"})},
      {"pcrs", Json::array({{{"index", 0}, {"from", a}, {"to", b}}})},
      {"applications", none},
      {"unifiedKernels", none},
      {"events", Json::array({{{"pcr", 8},
                               {"from", true},
                               {"to", false},
                               {"added", Json::array()},
                               {"removed", Json::array({a})}}})},
      {"commandLines", lines},
      {"files",
       {{"same", 0},
        {"added", Json::array()},
        {"removed", Json::array()},
        {"changed",
         Json::array({{{"path", "/a"},
                       {"from", Json::array({{{"sha256", a}, {"match", "Content"}}})},
                       {"to", Json::array({{{"sha256", b}, {"match", "ContentAndPath"}}})}}})}}},
      {"signers", none},
      {"deniedFiles", none},
      {"measurements", none},
      {"imaPolicies", none},
      {"notBefore", nullptr},
      {"retireAfter", nullptr}};
  EXPECT_EQ(*json, expected) << json->dump(2);
}

// ---- A node's status -------------------------------------------------------------------------

api::NodeAttestation node_with(const verify::Findings& findings, const std::string& command_line) {
  api::NodeAttestation node;
  node.meta.name = "worker-1";
  node.boot = api::BootSummary{
      .secure_boot = "On", .boot_log_digest = "", .kernel_command_line = command_line};
  node.verdicts.emplace_back().findings = verify::views(findings);
  return node;
}

TEST(StatusOfANode, WithoutFindingsIsTheSet) {
  const auto node = node_with({}, "/vmlinuz quiet");
  EXPECT_TRUE(difference(boot_set(), as_status_tells(node, boot_set())).same());
  api::NodeAttestation empty;
  EXPECT_TRUE(difference(boot_set(), as_status_tells(empty, boot_set())).same());
}

TEST(StatusOfANode, TellsOfAnotherCommandLine) {
  const auto d =
      difference(boot_set(), as_status_tells(node_with({}, "/vmlinuz init=/x"), boot_set()));
  ASSERT_EQ(d.changed_command_lines.size(), 1u);
  EXPECT_EQ(d.changed_command_lines[0].to, "/vmlinuz init=/x");
}

// The findings are those that policy/ makes, so that a change of their texts is noticed here.
TEST(StatusOfANode, TellsWhatPolicyFound) {
  testing::EvidenceBuilder machine;
  machine.run("/tmp/evil");
  ReferenceValueSet set;
  set.meta.name = "some";
  set.pcrs = {{0, kA}};
  set.applications = {kA};
  set.events = {{.pcr = 8, .sha256 = {kA}}};
  set.command_lines = {testing::kCommandLine};
  set.files = {{kA, "/a"}};
  const auto evidence = machine.build();
  const auto outcome = machine.verify(evidence);
  api::AttestationPolicy policy;
  policy.evidence.reference_values = {"some"};
  policy.evidence.runtime.reference_values = {"some"};
  const auto appraisal =
      policy::evaluate(policy::compile(policy, {{"some", policy::compile(set)}}),
                       std::get<verify::VerifiedEvidence>(outcome), {}, {}, Time());
  const auto told = as_status_tells(node_with(appraisal.findings, testing::kCommandLine), set);
  const SetDifference d = difference(set, told);
  ASSERT_EQ(d.pcrs.size(), 1u);
  EXPECT_EQ(d.pcrs[0].to, verify::bytes_of(machine.pcrs()[0]));
  EXPECT_EQ(d.applications.added.size(), 3u);
  ASSERT_EQ(d.events.size(), 1u);
  EXPECT_EQ(d.events[0].digests.added.size(), 3u);
  ASSERT_EQ(d.files.size(), 3u);
  EXPECT_EQ(d.files[0].path, "/tmp/evil");
  EXPECT_EQ(d.files[0].to[0].sha256,
            verify::bytes_of(testing::EvidenceBuilder::file_digest("/tmp/evil")));
  EXPECT_TRUE(d.command_lines.none());
}

}  // namespace
}  // namespace seaworthy::commands

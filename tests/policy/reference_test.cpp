#include "policy/reference.h"

#include <gtest/gtest.h>

namespace seaworthy::policy {
namespace {

api::ReferenceValueSet some_set() {
  api::ReferenceValueSet set;
  set.meta.name = "debian";
  set.applications = {{9}, {1}, {1}};
  set.command_lines = {"/b", "/a"};
  set.files = {{{7}, "/bin/x"}, {{3}, ""}};
  return set;
}

std::map<std::string, std::shared_ptr<const CompiledSet>> only(const api::ReferenceValueSet& set) {
  return {{set.meta.name, compile(set)}};
}

TEST(Reference, FindsWhatIsInASet) {
  const auto set = compile(some_set());
  EXPECT_TRUE(set->has_application({1}));
  EXPECT_FALSE(set->has_application({2}));
  EXPECT_TRUE(set->has_command_line("/a"));
  EXPECT_FALSE(set->has_command_line("/a "));
  EXPECT_TRUE(set->files->contents.has({7}));
  EXPECT_FALSE(set->files->contents.has({8}));
  EXPECT_TRUE(set->describes_boot());
  EXPECT_EQ(set->applications.size(), 2u);
}

TEST(Reference, A111_NamesThatNoSetHasAreKept) {
  api::AttestationPolicy policy;
  policy.meta.name = "production";
  policy.evidence.reference_values = {"debian", "gone"};
  policy.evidence.runtime.reference_values = {"gone too"};
  const CompiledPolicy compiled = compile(policy, only(some_set()));
  EXPECT_EQ(compiled.boot_sets.size(), 1u);
  EXPECT_EQ(compiled.missing_boot_sets, std::vector<std::string>{"gone"});
  EXPECT_EQ(compiled.missing_file_sets, std::vector<std::string>{"gone too"});
}

TEST(Reference, TheGenerationChangesWithEverythingThatDecides) {
  api::AttestationPolicy policy;
  policy.meta.name = "production";
  policy.evidence.reference_values = {"debian"};
  const std::uint64_t base = compile(policy, only(some_set())).generation;
  EXPECT_EQ(compile(policy, only(some_set())).generation, base);
  api::ReferenceValueSet set = some_set();
  set.files.push_back({{4}, ""});
  EXPECT_NE(compile(policy, only(set)).generation, base);
  set = some_set();
  set.pcrs.push_back({4, {}});
  EXPECT_NE(compile(policy, only(set)).generation, base);
  const auto changed = [&](auto change) {
    api::ReferenceValueSet other = some_set();
    change(other);
    EXPECT_NE(compile(policy, only(other)).generation, base);
  };
  changed([](auto& s) { s.unified_kernels.push_back({4}); });
  changed([](auto& s) { s.events.push_back({.pcr = 9, .sha256 = {}}); });
  changed([](auto& s) { s.not_before = Time::from_unix(seconds(1)); });
  changed([](auto& s) { s.retire_after = Time::from_unix(seconds(1)); });
  const auto demands = [&](auto change) {
    api::AttestationPolicy other = policy;
    change(other.evidence);
    EXPECT_NE(compile(other, only(some_set())).generation, base);
  };
  const api::AttestationPolicy::SecureBootMinimum::Keys keys{.sha256 = {{4}}};
  demands([](auto& e) { e.allowed_quirks = {"DmaProtectionDisabled"}; });
  demands([](auto& e) { e.secure_boot_minimum.sbat = {{"shim", 4}}; });
  demands([](auto& e) { e.secure_boot_minimum.revoked = {{4}}; });
  demands([&](auto& e) { e.secure_boot_minimum.pk = keys; });
  demands([&](auto& e) { e.secure_boot_minimum.kek = keys; });
  demands([&](auto& e) { e.secure_boot_minimum.db = keys; });
  EXPECT_NE(compile(policy, {}).generation, base);
  policy.evidence.runtime.unknown_files = api::UnknownFilesRule::kReport;
  EXPECT_NE(compile(policy, only(some_set())).generation, base);
}

TEST(Reference, TheGenerationDoesNotDependOnTheOrderOfASet) {
  api::ReferenceValueSet set = some_set();
  std::swap(set.files[0], set.files[1]);
  EXPECT_EQ(compile(set)->generation, compile(some_set())->generation);
}

TEST(Reference, WhatAFileIsKnownByChangesWhenAWindowOpensOrCloses) {
  api::AttestationPolicy policy;
  policy.evidence.runtime.reference_values = {"debian"};
  api::ReferenceValueSet set = some_set();
  const auto at = [](int t) { return Time::from_unix(seconds(t)); };
  set.not_before = at(100);
  set.retire_after = at(200);
  const CompiledPolicy compiled = compile(policy, only(set));
  EXPECT_EQ(compiled.generation_at(at(0)), compiled.generation_at(at(99)));
  EXPECT_NE(compiled.generation_at(at(99)), compiled.generation_at(at(100)));
  EXPECT_EQ(compiled.generation_at(at(100)), compiled.generation_at(at(199)));
  EXPECT_NE(compiled.generation_at(at(199)), compiled.generation_at(at(200)));
}

TEST(Reference, PolicyAndVerifierKnowTheSameQuirks) {
  EXPECT_EQ(api::kQuirkNames.size(), verify::kAllQuirks.size());
  for (const std::string_view name : api::kQuirkNames) {
    EXPECT_TRUE(verify::quirk_named(name)) << name;
  }
}

TEST(Reference, OnlyRegistersOfSystemdNeedTheWiderSelection) {
  const auto needs = [](auto change) {
    api::AttestationPolicy policy;
    policy.evidence.reference_values = {"debian"};
    api::ReferenceValueSet set = some_set();
    change(set);
    return compile(policy, only(set)).needs_userspace_pcrs();
  };
  EXPECT_FALSE(needs([](auto& s) { s.pcrs = {{9, {}}, {14, {}}}; }));
  EXPECT_TRUE(needs([](auto& s) { s.pcrs = {{11, {}}}; }));
  EXPECT_TRUE(needs([](auto& s) { s.events = {{.pcr = 15, .sha256 = {}}}; }));
  EXPECT_FALSE(needs([](auto& s) { s.events = {{.pcr = 9, .sha256 = {}}}; }));
  EXPECT_TRUE(needs([](auto& s) { s.unified_kernels = {{4}}; }));
}

}  // namespace
}  // namespace seaworthy::policy

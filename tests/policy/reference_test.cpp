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
  EXPECT_TRUE(set->has_file({7}));
  EXPECT_FALSE(set->has_file({8}));
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
  EXPECT_NE(compile(policy, {}).generation, base);
  policy.evidence.runtime.unknown_files = api::UnknownFilesRule::kReport;
  EXPECT_NE(compile(policy, only(some_set())).generation, base);
}

TEST(Reference, TheGenerationDoesNotDependOnTheOrderOfASet) {
  api::ReferenceValueSet set = some_set();
  std::swap(set.files[0], set.files[1]);
  EXPECT_EQ(compile(set)->generation, compile(some_set())->generation);
}

}  // namespace
}  // namespace seaworthy::policy

#include "api/what_if.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace seaworthy::api {
namespace {

Json policy() {
  return json_of(R"({
    "metadata": {"name": "whatif-x-p", "labels": {"seaworthy.dev/what-if": "x"},
                 "creationTimestamp": "2026-11-24T13:34:00Z"},
    "spec": {"enforcement": {"mode": "DryRun"}}})");
}

TEST(WhatIf, EndsAnHourAfterItBegan) {
  EXPECT_EQ(what_if_end(policy()), *Time::parse_rfc3339("2026-11-24T14:34:00Z"));
}

TEST(WhatIf, OtherPoliciesAreNoneWhateverTheirLabelsSay) {
  for (const char* patch :
       {R"({"spec": {"enforcement": {"mode": "Enforce"}}})", R"({"spec": {"enforcement": null}})",
        R"({"spec": null})", R"({"metadata": {"labels": null}})",
        R"({"metadata": {"labels": {"seaworthy.dev/what-if": null}}})",
        R"({"metadata": {"creationTimestamp": null}})",
        R"({"metadata": {"creationTimestamp": "yesterday"}})", R"({"metadata": []})"}) {
    Json changed = policy();
    changed.merge_patch(json_of(patch));
    EXPECT_EQ(what_if_end(changed), std::nullopt) << patch;
  }
}

}  // namespace
}  // namespace seaworthy::api

// What tests of this layer say about outcomes.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/evidence_builder.h"
#include "verify/evidence.h"

namespace seaworthy::verify {

inline std::vector<Reason> reasons(const Findings& findings) {
  std::vector<Reason> all;
  for (const Finding& finding : findings) {
    all.push_back(finding.reason);
  }
  return all;
}

inline std::string text(const Findings& findings) {
  std::string all;
  for (const Finding& finding : findings) {
    all +=
        std::string(name(finding.reason)) + " [" + finding.about + "] " + finding.message() + "\n";
  }
  return all;
}

template <class T>
std::vector<Reason> refusals(const Checked<T>& checked) {
  const auto* findings = std::get_if<Findings>(&checked);
  return findings == nullptr ? std::vector<Reason>{} : reasons(*findings);
}

inline std::vector<Reason> refusals(const seaworthy::testing::Outcome& outcome) {
  const auto* refused = std::get_if<Refused>(&outcome);
  return refused == nullptr ? std::vector<Reason>{} : reasons(refused->findings);
}

using Reasons = std::vector<Reason>;

// The first entries of an IMA list.
inline Bytes first_entries(const Bytes& list, int count) {
  eventlog::ImaReader reader(list);
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(reader.next());
  }
  return to_bytes(ByteSpan(list).first(reader.consumed()));
}

}  // namespace seaworthy::verify

namespace seaworthy::verify {
inline void PrintTo(Reason reason, std::ostream* out) {
  *out << name(reason);
}
}  // namespace seaworthy::verify

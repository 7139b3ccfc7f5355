// Whether a node holds a class, by what is signed and known at one moment.
#pragma once

#include <string>

#include "admission/reasons.h"
#include "admission/snapshot.h"
#include "base/time.h"

namespace seaworthy::admission {

// A node under a policy. kTrusted, or why not.
struct Standing {
  Reason reason = Reason::kNeverAppraised;
  const VerdictView* verdict = nullptr;  // the one that decided, if one did; lives in the snapshot
  std::string detail;                    // for people: what exactly; empty if trusted

  bool trusted() const { return reason == Reason::kTrusted; }
};

// Trusted only if a verifier signed so about this Node (its UID) under this policy (its UID), with
// a key that is published and valid now, and neither result nor verdict has expired; and if no
// other verifier's result that is to be believed says otherwise. Does not establish that the policy
// still has the generation that was applied: after a change, a verdict under the old text counts
// until it expires (at most maxAgeSeconds), or every edit would stop all scheduling for an
// interval.
Standing standing(const Snapshot& snapshot, const NodeName& node, const PolicyView& policy,
                  Time now);

}  // namespace seaworthy::admission

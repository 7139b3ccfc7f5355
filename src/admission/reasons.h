// Why a request was answered as it was. The names are stable: they stand in the denial that people
// read, in audit annotations, in metric labels and in tests.
#pragma once

#include <cstdint>
#include <string_view>

namespace seaworthy::admission {

enum class Reason : std::uint8_t {
  // Nothing to object.
  kTrusted,       // the node holds every class that governs the namespace
  kNotGoverned,   // no policy names the namespace
  kNotPlaced,     // the pod has no node yet: its binding will be asked about
  kNotPlacement,  // the request cannot bring a pod, or new code in one, to a node

  // The node does not hold a class.
  kNodeUnknown,     // there is no Node of that name
  kNotAttested,     // no signed result about the node
  kResultRefused,   // there is one, and it is not to be believed
  kKeyNotTrusted,   // its key is no longer published, or has run out
  kNodeReplaced,    // it is about another Node of the same name
  kNeverAppraised,  // it says nothing about this policy, or that nothing is known
  kPolicyReplaced,  // it is about another policy of the same name
  kViolated,        // evidence contradicts the policy
  kStale,           // the last good evidence is too old

  // The request itself cannot be allowed.
  kPolicyInvalid,      // a governing policy cannot be understood, so it cannot be honoured
  kBindingWithoutUid,  // could bind a pod that was not the one asked about
  kLegacyBinding,      // the API server removes the UID on this path
  kBindingMetadata,    // would change labels or annotations of the pod past all other checks
  kBindingTarget,      // is not to a Node
  kMalformedObject,    // not what the API server says it is
  kUnexpectedRequest,  // nothing this build knows how to judge
  kSnapshotTooOld,     // we have been cut off from the API server
};

std::string_view name(Reason reason);  // "Violated", …

}  // namespace seaworthy::admission

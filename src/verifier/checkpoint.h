// How far one replica has verified a node's IMA list, sealed, for another replica to go on from:
// the agent carries it from one to the other. Docs: docs/agent-protocol.md "Checkpoints".
//
// Rules R13, R19; attacks. It spares showing entries, never judging them: whatever was
// measured after it has to be shown, because PCR 10 is extended from the value in it. So an old one
// of the same boot is harmless, and the node may keep as many as it likes. Not secret: it says what
// the node has sent, and what it is told in every answer.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "api/evidence.h"
#include "crypto/sealed.h"
#include "policy/files.h"
#include "verifier/caller.h"
#include "verifier/context.h"
#include "verify/evidence.h"

namespace seaworthy::verifier {

struct Checkpoint {
  NodeUid node_uid;
  std::string record_uid;  // of the NodeAttestation: another one is another enrolment
  Bytes ak_name;
  verify::LastQuote last;
  // Over PCR 0 to 9, with which the list's first entry was compared (R21).
  crypto::Digest boot_pcrs{crypto::HashAlg::kSha256};
  verify::ImaProgress ima;
  // What each policy remembers of the entries; counts under the same generation only, which is a
  // hash over what the policy and its reference values say, so equal on every replica.
  std::map<PolicyName, policy::FileAppraisal> files;
  bool operator==(const Checkpoint&) const = default;
};

// Null above api::kMaxCheckpointBytes. `build` says by which program: what another version found
// good has to be judged anew, as after every restart into one.
std::optional<Bytes> seal_checkpoint(const crypto::SealKey& key, const std::string& build,
                                     const Checkpoint& checkpoint);
// kDenied: not sealed by us. kUnsupported: by another build. kMalformed cannot happen otherwise.
Result<Checkpoint> open_checkpoint(const crypto::SealKey& key, const std::string& build,
                                   ByteSpan sealed);

// The hash over the values of PCR 0 to 9, which are claims until verify_pcrs() has accepted them.
crypto::Digest boot_pcrs(const verify::ClaimedPcrs& pcrs);

// Lets this replica go on from the checkpoint in a request, where its own memory does not reach: as
// if it had verified those entries itself. Only forward: what it remembers of a later quote stands.
// A checkpoint of another node, key, enrolment or boot, or of nobody, is as good as none, and
// nothing is found against the node.
//
// Called before the evidence is verified, and rests on nothing in it: what was sealed is true of
// this node whatever it sends now. What the quote claims only says of which boot it has to be.
void take_checkpoint(Context& context, const Caller& caller, const api::AttestRequest& request,
                     NodeState& state) REQUIRES(state.mutex);

// After evidence was verified and judged, with the values that it showed. Null if it would be too
// large: then another replica asks for the list from its first entry.
std::optional<api::CheckpointMessage> give_checkpoint(Context& context, const Caller& caller,
                                                      const verify::ClaimedPcrs& pcrs,
                                                      const NodeState& state) REQUIRES(state.mutex);

}  // namespace seaworthy::verifier

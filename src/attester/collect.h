// TPM, boot log and IMA list → one message of evidence.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/evidence.h"
#include "attester/device.h"
#include "attester/ima_history.h"
#include "base/result.h"

namespace seaworthy::attester {

// Where evidence comes from. References; the owners outlive it.
struct Sources {
  Device& device;
  std::string boot_log_path;
  std::string userspace_log_path = {};  // systemd's; empty: none
  ImaHistory& ima;
};

// What a request is bound to.
struct Binding {
  ByteSpan ak_name;        // tpm::name_of(ak_public)
  std::string_view token;  // of the very request that carries the evidence
};

// The last checkpoint that a verifier gave: for one that remembers less than the challenge expects.
using Carried = std::optional<api::CheckpointMessage>;

enum class BootLog { kIfUnknown, kAlways };

struct Evidence {
  api::AttestRequest request;
  std::uint64_t ima_entries = 0;  // in the list; 0 if there is none
  // False if the IMA entries asked for do not fit into one message: the verifier cannot reach the
  // quoted PCR 10 then, and this is why.
  bool ima_complete = true;
  std::optional<Error> ima_not_kept = {};  // why not, if it should be
};

// Answers a challenge: PCR values (a hint), then the quote, then the IMA list, then the boot log.
// In this order because the kernel appends to the list before it extends: a list read after the
// quote holds every entry that the quote covers, and perhaps some more (R19, A-90). Nothing is
// tried twice here. The list begins where the checkpoint ends, if the verifier does not remember as
// much and does not want to see it all the same.
//
// A node without boot log sends an empty one, which proves nothing of its boot (BootLogMissing).
// A node without IMA list sends none, and the policy says what that means; a list that was there
// and is gone is kUnavailable. Errors of Device as they are; kMalformed for a challenge that no TPM
// could answer or a boot log above api::kMaxBootLogBytes.
Result<Evidence> collect(const Sources& from, const api::ChallengeMessage& challenge,
                         const Binding& binding, BootLog boot_log = BootLog::kIfUnknown,
                         const Carried& checkpoint = {});

}  // namespace seaworthy::attester

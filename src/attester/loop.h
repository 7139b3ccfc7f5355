// The life of an attester: identify, enrol, attest, and attest again at each interval and whenever
// the node runs something new. Protocol: docs/agent-protocol.md.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "api/evidence.h"
#include "attester/backoff.h"
#include "attester/collect.h"
#include "attester/device.h"
#include "attester/observer.h"
#include "attester/token.h"
#include "attester/verifier_client.h"
#include "base/random.h"
#include "base/time.h"
#include "http/client.h"

namespace seaworthy::attester {

struct LoopConfig {
  std::string boot_log_path;
  std::string userspace_log_path = {};   // systemd's; empty: none
  std::string ima_path;                  // empty: none
  std::string state_folder = {};         // on tmpfs: where the IMA list is kept; empty: nowhere
  std::chrono::milliseconds watch{750};  // how often the IMA list is looked at
  std::chrono::milliseconds least_gap{1'000};  // between two messages that a change caused
};

// A state machine whose steps block at most for one TPM operation sequence and two requests. It is
// told nothing: what is due follows from its state, the clock and the IMA list, so the verifier,
// the TPM and the token may come and go in any order.
//
// - In steady state one POST per interval; its answer carries the next challenge. A nonce that grew
//   too old, and one that may have been used (the answer was lost), is replaced.
// - New IMA entries are sent at once. While they keep coming, the gap between messages doubles, up
//   to half an interval: a quote holds the TPM for up to a second.
// - The last checkpoint goes along with each message, for whichever replica of the verifier gets
//   it. One that does not read such a field (an older one) refuses the message: then it is left
//   out.
// - 404 (the verifier does not know this node): enrols anew. Every other refusal and failure: backs
//   off and asks for a new challenge.
//
// Not thread-safe: one thread calls step().
class Loop {
 public:
  struct Parts {
    Device& device;
    http::Client& client;
    TokenSource token;
    const Clock& clock;
    Random& random;
    Observer& observer;
  };
  Loop(Parts parts, LoopConfig config);

  // Does what is due. Gives the time until the next call: at most `watch` while attesting.
  std::chrono::milliseconds step(std::stop_token stop);

  // Steps until asked to stop.
  void run(std::stop_token stop);

  std::chrono::seconds interval() const { return interval_; }

 private:
  using Millis = std::chrono::milliseconds;
  enum class State { kIdentify, kChallenge, kEnrol, kAttest };

  Millis identify();
  Millis ask_challenge(std::stop_token stop);
  Millis do_enrol(std::stop_token stop);
  Millis attest_if_due(std::stop_token stop);
  Millis attest(std::stop_token stop, bool triggered);
  Millis judged(const api::AttestResponse& response, const Evidence& sent, bool triggered);
  void take_challenge(api::ChallengeMessage challenge);
  bool look_at_ima();
  Millis held_up(const char* doing, const Wait& wait, State next);

  Parts parts_;
  LoopConfig config_;
  VerifierClient verifier_;
  ImaHistory ima_;
  Backoff backoff_;

  State state_ = State::kIdentify;
  std::optional<Identity> identity_;
  Bytes ak_name_;
  std::optional<api::ChallengeMessage> challenge_;
  Carried checkpoint_;
  Monotonic challenge_expires_;
  Monotonic due_;         // of the next evidence, if nothing changes
  Monotonic sent_;        // the last one
  Monotonic resume_;      // nothing is done before
  Millis gap_;            // to keep between messages that changes cause
  bool changed_ = false;  // something to send before it is due
  BootLog boot_log_ = BootLog::kIfUnknown;
  int more_in_a_row_ = 0;
  std::chrono::seconds interval_{30};
};

}  // namespace seaworthy::attester

// The evidence that a person has asked to see: docs/evidence.md. In the memory of this replica
// only, of a few nodes and for a few minutes. Nobody is trusted or distrusted by what is in here:
// it is written after a round was verified, and only read_evidence() reads it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "api/node_evidence.h"
#include "base/mutex.h"
#include "base/strong.h"
#include "base/time.h"
#include "verify/ima.h"

namespace seaworthy::verifier {

// Verified evidence, as it came, and whose it is.
struct KeptEvidence {
  std::string id;  // SHA-256 of what the TPM signed, hexadecimal
  api::NodeEvidence evidence;
  std::string record_uid;  // of the NodeAttestation under which it was verified
};

// Thread-safe. What is too old is freed at the next call, whichever it is and for whom.
class WantedEvidence {
 public:
  struct Limits {
    std::size_t max_nodes = 8;
    std::size_t max_list_bytes = api::kMaxImaInAll;  // of one node's IMA list
    std::size_t max_bytes = 64 << 20;                // of all nodes together
    // How long a node stays wanted, and what came for it then stays.
    milliseconds life{300'000};
  };
  WantedEvidence() : WantedEvidence(Limits{}) {}
  explicit WantedEvidence(Limits limits) : limits_(limits) {}

  struct Waiting {};
  struct TooMany {};  // nodes are wanted already
  struct Never {      // it does not come; nor if somebody asks anew, as long as that is remembered
    std::string why;
  };
  using Standing = std::variant<Waiting, TooMany, Never, std::shared_ptr<const KeptEvidence>>;
  // A person asks, and does not mean what came longer ago than `max_age`: then it is waited for
  // anew, and what is there stays until something newer comes.
  Standing ask(const NodeUid& node, milliseconds max_age, Monotonic now);
  // Null if there is none.
  std::shared_ptr<const KeptEvidence> kept(const NodeUid& node, Monotonic now);

  // Whether somebody waits for this node's evidence.
  bool waits(const NodeUid& node, Monotonic now);
  // If so: from which entry on its IMA list is needed. `known`: how far the verifier has seen it.
  std::optional<std::uint64_t> ima_from(const NodeUid& node, const verify::ImaProgress& known,
                                        Monotonic now);

  // What came of a node's IMA list, and how far the verifier had seen that before. Parts are put
  // together where one ends with the very values with which the next began: a later part that is
  // proven proves them all.
  struct ImaPart {
    const verify::ImaProgress& before;  // of no meaning if the part begins with the first entry
    std::uint64_t from;
    ByteSpan entries;
  };
  // A part of a long list, after which the verifier is at `after`. Nothing in it is proven yet.
  void add_part(const NodeUid& node, const ImaPart& part, const verify::ImaProgress& after,
                Monotonic now);
  // Verified evidence, whose IMA list is to be put together with this last part. False if it is not
  // whole, because the parts before are not here.
  bool keep(const NodeUid& node, const ImaPart& last, KeptEvidence evidence, Monotonic now);
  // True once while the same person waits: nobody is asked in a circle.
  bool ask_again(const NodeUid& node, Monotonic now);

  // What came of the node so far is that of another machine, or of one that nobody knows any more.
  void start_over(const NodeUid& node);
  void forget(const NodeUid& node);
  std::size_t size(Monotonic now);  // nodes

 private:
  struct Want {
    Monotonic until;
    std::shared_ptr<const KeptEvidence> kept = {};  // stays until a newer one comes
    bool waiting = true;
    bool asked_again = false;
    Bytes list = {};                 // the parts so far
    verify::ImaProgress after = {};  // them
    Monotonic settled = {};          // since when it is not waited for
    std::string never = {};
  };
  void sweep(Monotonic now) REQUIRES(mutex_);
  static bool continues(Want& want, const ImaPart& part);
  Want* waiting_for(const NodeUid& node, Monotonic now) REQUIRES(mutex_);
  // False, and the want is settled, if it would be more than there may be.
  bool has_room(Want& want, std::size_t list_bytes, std::size_t more, Monotonic now)
      REQUIRES(mutex_);
  void settle(Want& want, Monotonic now) REQUIRES(mutex_);

  const Limits limits_;
  Mutex mutex_;
  std::map<NodeUid, Want> wants_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::verifier

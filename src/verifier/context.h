// What every endpoint of the verifier works with. Owned by the program; outlives the handlers.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "api/attestation.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/sealed.h"
#include "kube/events.h"
#include "kube/informer.h"
#include "verifier/claims.h"
#include "verifier/enrolment_secrets.h"
#include "verifier/nodes.h"
#include "verifier/nonce.h"
#include "verifier/signer.h"
#include "verifier/view.h"
#include "verify/findings.h"

namespace seaworthy::verifier {

struct Context {
  const Clock& clock;
  Random& random;
  kube::Client& client;
  const kube::Informer<api::ObjectMeta>& nodes;  // metadata only
  const kube::Informer<api::NodeAttestation>& records;
  ClusterView& view;
  NodeStates& states;
  const ClaimIndex& claims;
  const ResultSigner& signer;
  kube::EventRecorder& events;
  crypto::SealKey key;  // shared by the replicas
  Nonces nonces;
  EnrolmentSessions sessions;
  NonceBook book;
  std::string build;                                // "seaworthy 0.1.0"
  std::function<void(const std::string&)> problem;  // for the log: what failed on our side
  // For the metrics: what became of a checkpoint that an agent showed or should have got.
  std::function<void(std::string_view outcome)> checkpoint_used = [](std::string_view) {};

  Context(const Clock& clock_, Random& random_, kube::Client& client_,
          const kube::Informer<api::ObjectMeta>& nodes_,
          const kube::Informer<api::NodeAttestation>& records_, ClusterView& view_,
          NodeStates& states_, const ClaimIndex& claims_, const ResultSigner& signer_,
          kube::EventRecorder& events_, const crypto::SealKey& key_, std::string build_,
          std::function<void(const std::string&)> problem_)
      : clock(clock_),
        random(random_),
        client(client_),
        nodes(nodes_),
        records(records_),
        view(view_),
        states(states_),
        claims(claims_),
        signer(signer_),
        events(events_),
        key(key_),
        nonces(key, signer_.verifier(), random_),
        sessions(key, random_),
        build(std::move(build_)),
        problem(std::move(problem_)) {}
};

// An Event of type Warning at the node, for people.
void warn(Context& context, const NodeName& node, const NodeUid& uid, const std::string& reason,
          const std::string& action, const std::string& note);
// The same about findings; the first of them is the topic.
void warn(Context& context, const NodeName& node, const NodeUid& uid, const std::string& reason,
          const std::string& action, const verify::Findings& findings);

// Why a request of an agent is not answered as it hopes: an HTTP status and what the body says.
struct Refusal {
  int status = 403;
  api::ErrorMessage message;
};
Refusal refusal(int status, std::string code, std::string message,
                std::vector<api::FindingView> findings = {});
// An Error of ours as the agent sees it: no internals, and whether to come again.
Refusal refusal_for(const Error& error);

template <class T>
using Answer = std::variant<T, Refusal>;

std::vector<api::FindingView> shown(const verify::Findings& findings);
// "Reason (about): message; …"
std::string sentence(const std::vector<api::FindingView>& findings);

}  // namespace seaworthy::verifier

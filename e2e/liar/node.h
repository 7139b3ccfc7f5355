// A node in the hands of an attacker: its TPM, its logs, its agent's token, and the way to the
// verifier.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "abuse.h"
#include "api/evidence.h"
#include "attester/device.h"
#include "attester/ima_history.h"
#include "base/result.h"
#include "http/client.h"
#include "runtime/system_clock.h"

namespace seaworthy::liar {

struct Options {
  std::string verifier_url = "https://seaworthy-operator.seaworthy-system.svc";
  std::string volumes;  // of the agent's pod, as its kubelet keeps them: token and CA are in there
  std::string runtime = "/host/run/seaworthy-machine";  // TPM, boot log and IMA list of the machine
};

class Node {
 public:
  static Result<std::unique_ptr<Node>> create(Options options);

  // What a lie changes of honest evidence.
  using Change = std::function<Result<void>(const api::ChallengeMessage&, api::AttestRequest&)>;

  // Asks for a challenge, answers it honestly and whole (boot log, IMA list from its beginning)
  // but for `change`, and prints what the verifier says. Where it asks for more, the lie is told
  // again.
  Result<void> tell(const std::string& what, const Change& change);

  // The parts of it.
  Result<api::ChallengeMessage> challenge();
  Result<api::AttestRequest> evidence(const api::ChallengeMessage& challenge);
  Result<http::Response> send(const std::string& what, const api::AttestRequest& request);
  // Sends any body, with the agent's token, and prints the answer.
  Result<http::Response> post(const std::string& what, const char* path, std::string body);

  // What the agent would have the TPM sign.
  Result<Bytes> qualifying_data(const api::ChallengeMessage& challenge);
  Result<Bytes> channel();  // the hash of the token, which goes into it

  const Options& options() const { return options_; }
  attester::Device& device() { return *device_; }
  const attester::Identity& identity() const { return identity_; }
  const Bytes& ak_name() const { return ak_name_; }
  Abuse& abuse() { return abuse_; }

 private:
  explicit Node(Options options);
  Result<std::string> token() const;

  const Options options_;
  const runtime::SystemClock clock_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<attester::Device> device_;
  Abuse abuse_;
  attester::ImaHistory ima_;
  attester::Identity identity_;
  Bytes ak_name_;
};

// Prints what is about to be said.
void say(const std::string& what);
// For the lies that need something from elsewhere; an error if there is nothing.
Result<std::string> standard_input();

}  // namespace seaworthy::liar

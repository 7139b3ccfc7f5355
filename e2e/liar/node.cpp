#include "node.h"

#include <iostream>
#include <iterator>
#include <utility>

#include "attester/collect.h"
#include "attester/files.h"
#include "attester/token.h"
#include "attester/tss/device.h"
#include "codec/json.h"
#include "http/cpprest/client.h"
#include "tpm/name.h"
#include "tpm/public_area.h"
#include "tpm/qualifying_data.h"

namespace seaworthy::liar {
namespace {

constexpr std::size_t kMaxAnswer = 1 << 20;
constexpr int kMostAttempts = 4;

std::string tcti(const Options& options) {
  return "swtpm:path=" + options.runtime + "/tpm.sock";
}

// The node's honest agent uses the same TPM: where its later quote was accepted first, ours is old.
// That says nothing about the lie.
bool overtaken(const api::AttestResponse& answer) {
  return answer.findings.size() == 1 && answer.findings.front().reason == "ClockWentBack";
}

// The answer without what only machines want to read.
void print_answer(const char* path, const http::Response& response) {
  std::cout << "POST " << path << ": " << response.status << '\n';
  auto json = codec::parse_json(response.body, {.max_bytes = kMaxAnswer});
  if (!json) {
    std::cout << response.body.substr(0, 500) << std::endl;
    return;
  }
  if (json->is_object()) {
    json->erase("challenge");
  }
  std::cout << json->dump(2) << std::endl;
}

}  // namespace

void say(const std::string& what) {
  std::cout << "# " << what << std::endl;
}

Result<std::string> standard_input() {
  std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  if (text.empty()) {
    return malformed("nothing on standard input");
  }
  return text;
}

Node::Node(Options options)
    : options_(std::move(options)),
      device_(attester::tss::create_device(tcti(options_))),
      abuse_(tcti(options_)),
      ima_({.list = options_.runtime + "/binary_runtime_measurements"}) {}

Result<std::unique_ptr<Node>> Node::create(Options options) {
  auto node = std::unique_ptr<Node>(new Node(std::move(options)));
  http::ClientConfig config;
  config.base_url = node->options_.verifier_url;
  const Bytes ca = TRY(attester::read_bounded(
      node->options_.volumes + "/kubernetes.io~configmap/ca/ca.crt", kMaxAnswer));
  config.ca_pem = as_text(ca);
  config.user_agent = "seaworthy-liar";
  node->client_ = TRY(http::cpprest::create_client(std::move(config), node->clock_));
  node->identity_ = TRY(node->device_->identity());
  const auto ak = TRY(tpm::parse_public_area(node->identity_.ak_public));
  node->ak_name_ = tpm::name_of(ak);
  return node;
}

Result<std::string> Node::token() const {
  return attester::token_file(options_.volumes + "/kubernetes.io~projected/token/token")();
}

Result<http::Response> Node::post(const std::string& what, const char* path, std::string body) {
  http::Request request;
  request.method = "POST";
  request.target = path;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Authorization", "Bearer " + TRY(token()));
  request.body = std::move(body);
  request.max_response_bytes = kMaxAnswer;
  request.repeatable = true;  // the verifier takes a second copy for what it is
  http::Response response =
      TRY(client_->send(request, clock_.monotonic() + std::chrono::seconds(30), {}));
  if (!what.empty()) {
    say(what);
    print_answer(path, response);
  }
  return response;
}

Result<api::ChallengeMessage> Node::challenge() {
  const http::Response response = TRY(post("", "/v1/challenge", "{}"));
  if (!response.ok()) {
    return unavailable("no challenge: " + response.body);
  }
  return api::parse_challenge(response.body);
}

Result<Bytes> Node::channel() {
  const crypto::Digest channel = attester::channel_binding(TRY(token()));
  return to_bytes(channel.bytes());
}

Result<Bytes> Node::qualifying_data(const api::ChallengeMessage& challenge) {
  std::vector<tpm::PcrSelection> selection;
  for (const api::PcrBankSelection& bank : challenge.selection) {
    tpm::PcrMask mask;
    for (const std::uint8_t pcr : bank.pcrs) {
      mask.add(TRY(tpm::PcrIndex::of(pcr)));
    }
    selection.push_back({.bank = *crypto::hash_alg_named(bank.bank), .pcrs = mask});
  }
  const Bytes channel_hash = TRY(channel());
  return to_bytes(tpm::qualifying_data({.nonces = {challenge.nonce},
                                        .node_uid = challenge.node_uid,
                                        .ak_name = ak_name_,
                                        .channel = channel_hash,
                                        .selection = selection})
                      .bytes());
}

Result<api::AttestRequest> Node::evidence(const api::ChallengeMessage& challenge) {
  api::ChallengeMessage whole = challenge;
  whole.ima_from = 0;
  const std::string bearer = TRY(token());
  auto collected = TRY(
      attester::collect({.device = *device_,
                         .boot_log_path = options_.runtime + "/binary_bios_measurements",
                         .ima = ima_},
                        whole, {.ak_name = ak_name_, .token = bearer}, attester::BootLog::kAlways));
  return std::move(collected.request);
}

Result<http::Response> Node::send(const std::string& what, const api::AttestRequest& request) {
  return post(what, "/v1/attest", codec::to_json_text(api::to_json(request)));
}

Result<void> Node::tell(const std::string& what, const Change& change) {
  for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
    const api::ChallengeMessage asked = TRY(challenge());
    api::AttestRequest request = TRY(evidence(asked));
    TRY(change(asked, request));
    const http::Response response = TRY(send("", request));
    const auto answer = api::parse_attest_response(response.body);
    if (!response.ok() || !answer ||
        (answer->outcome != api::AttestOutcome::kNeedMore && !overtaken(*answer))) {
      say(what);
      print_answer("/v1/attest", response);
      return {};
    }
  }
  return unavailable("the verifier asked for more again and again, or the agent was faster");
}

}  // namespace seaworthy::liar

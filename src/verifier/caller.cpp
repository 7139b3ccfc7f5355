#include "verifier/caller.h"

#include <string_view>

#include "api/meta.h"
#include "api/node_evidence.h"

namespace seaworthy::verifier {
namespace {

// What a token alone can do is little (the quote is what proves), and asking again for every
// evidence would cost the API server a review per node and interval.
constexpr milliseconds kRemembered{60'000};
constexpr std::size_t kMaxRemembered = 100'000;

Error denied(std::string message) {
  return {ErrorCode::kDenied, std::move(message)};
}

Result<std::string> bearer_token(const http::Request& request) {
  const auto header = request.headers.get("authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!header || !header->starts_with(kScheme)) {
    return denied("no bearer token: agents authenticate with the projected token of their pod");
  }
  return std::string(header->substr(kScheme.size()));
}

// Whom the API server takes the bearer for, if the token is for us and of this account.
Result<kube::TokenIdentity> identify(kube::Client& client, const std::string& token,
                                     const CallerAuthenticator::Config& demanded,
                                     std::string_view whom, const kube::Call& call) {
  if (token.empty() || token.size() > api::kMaxTokenBytes ||
      token.find_first_of(" \t\r\n") != std::string::npos) {
    return denied("the bearer token is empty, too long or not a token");
  }
  auto identity = TRY(kube::token_review(client, token, demanded.audience, call));
  if (!identity) {
    return denied("the bearer token is not valid for audience '" + demanded.audience + "'");
  }
  if (identity->user != demanded.service_account) {
    return denied("the bearer token is that of '" + identity->user + "', not of " +
                  std::string(whom));
  }
  return *std::move(identity);
}

}  // namespace

Result<Caller> CallerAuthenticator::authenticate(const http::Request& request, Deadline deadline,
                                                 std::stop_token stop) {
  const std::string token = TRY(bearer_token(request));
  const crypto::Digest token_hash = crypto::sha256(as_bytes(token));
  if (auto known = cached(token_hash)) {
    return *std::move(known);
  }
  const auto identity =
      TRY(identify(client_, token, config_, "the agent", {deadline, std::move(stop)}));
  Caller caller{NodeName(identity.extra_value("authentication.kubernetes.io/node-name")),
                NodeUid(identity.extra_value("authentication.kubernetes.io/node-uid")),
                identity.extra_value("authentication.kubernetes.io/pod-uid"), token_hash};
  if (!api::is_dns_subdomain(caller.node.str()) || caller.node_uid.empty() ||
      caller.pod_uid.empty()) {
    return denied(
        "the bearer token is not bound to a pod on a node: only the kubelet's projected tokens "
        "are");
  }
  MutexLock lock(mutex_);
  const Monotonic now = clock_.monotonic();
  if (now - last_sweep_ > seconds(10)) {
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    last_sweep_ = now;
  }
  if (known_.size() < kMaxRemembered) {
    known_.insert_or_assign(token_hash, Known{caller, now + kRemembered});
  }
  return caller;
}

std::optional<Caller> CallerAuthenticator::cached(const crypto::Digest& token_hash) {
  MutexLock lock(mutex_);
  const auto found = known_.find(token_hash);
  if (found == known_.end() || found->second.until <= clock_.monotonic()) {
    return std::nullopt;
  }
  return found->second.caller;
}

Result<void> EvidenceReaders::authenticate(const std::string& token, Deadline deadline,
                                           std::stop_token stop) {
  TRY(identify(client_, token, {api::kEvidenceAudience, service_account_},
               "those who read evidence", {deadline, std::move(stop)}));
  return {};
}

}  // namespace seaworthy::verifier

#include "verifier/caller.h"

#include <string_view>

#include "api/meta.h"

namespace seaworthy::verifier {
namespace {

// What a token alone can do is little (the quote is what proves), and asking again for every
// evidence would cost the API server a review per node and interval.
constexpr milliseconds kRemembered{60'000};
constexpr std::size_t kMaxRemembered = 100'000;
constexpr std::size_t kMaxTokenBytes = 8'192;  // projected tokens have about 1,200

Error denied(std::string message) {
  return {ErrorCode::kDenied, std::move(message)};
}

Result<std::string> bearer_token(const http::Request& request) {
  const auto header = request.headers.get("authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!header || !header->starts_with(kScheme)) {
    return denied("no bearer token: agents authenticate with the projected token of their pod");
  }
  const std::string_view token = header->substr(kScheme.size());
  if (token.empty() || token.size() > kMaxTokenBytes ||
      token.find_first_of(" \t\r\n") != std::string_view::npos) {
    return denied("the bearer token is empty, too long or not a token");
  }
  return std::string(token);
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
      TRY(kube::token_review(client_, token, config_.audience, {deadline, std::move(stop)}));
  if (!identity) {
    return denied("the bearer token is not valid for audience '" + config_.audience + "'");
  }
  if (identity->user != config_.service_account) {
    return denied("the bearer token is that of '" + identity->user + "', not of the agent");
  }
  Caller caller{NodeName(identity->extra_value("authentication.kubernetes.io/node-name")),
                NodeUid(identity->extra_value("authentication.kubernetes.io/node-uid")),
                identity->extra_value("authentication.kubernetes.io/pod-uid"), token_hash};
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

}  // namespace seaworthy::verifier

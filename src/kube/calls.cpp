// What all clients share, in terms of the interface (client.h).
#include <algorithm>

#include "codec/fields.h"
#include "kube/client.h"

namespace seaworthy::kube {
namespace {

constexpr std::uint32_t kPageSize = 500;
constexpr std::size_t kMaxListed = 1'000'000;
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxToken = 16'384;

Result<TokenIdentity> parse_identity(codec::Fields& status) {
  TokenIdentity out;
  out.audiences = TRY(status.texts("audiences", 64, kMaxText));
  auto user = TRY(status.object("user"));
  out.user = TRY(user.text("username", kMaxText));
  out.uid = TRY(user.maybe_text("uid", kMaxText)).value_or("");
  out.groups = TRY(user.texts("groups", 1024, kMaxText));
  if (auto extra = TRY(user.maybe_object("extra"))) {
    for (const auto& [key, unused] : extra->json().items()) {
      out.extra[key] = TRY(extra->texts(key, 64, kMaxText));
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Json>> list_all(Client& client, const Resource& resource, ListOptions options,
                                   const Call& call) {
  options.limit = kPageSize;
  const std::string first_version = options.resource_version;
  std::vector<Json> all;
  bool started_anew = false;
  while (true) {
    auto answer = TRY(client.list_page(resource, options, call));
    if (const auto* later = std::get_if<NotNow>(&answer)) {
      if (later->why == NotNow::Why::kExpired && !started_anew) {
        started_anew = true;
        all.clear();
        options.continue_token.clear();
        options.resource_version.clear();
        continue;
      }
      return unavailable("list " + std::string(resource.plural) + ": " + later->message);
    }
    auto& page = std::get<ListPage>(answer);
    std::move(page.items.begin(), page.items.end(), std::back_inserter(all));
    if (page.continue_token.empty()) {
      return all;
    }
    if (all.size() > kMaxListed) {
      return malformed("list " + std::string(resource.plural) + ": does not end");
    }
    options.continue_token = std::move(page.continue_token);
    options.resource_version.clear();
  }
}

Result<Json> apply_status(Client& client, const Resource& resource, const Json& object,
                          const std::string& field_manager, const Call& call) {
  return client.apply(resource, object,
                      {.field_manager = field_manager, .subresource = "status", .force = true},
                      call);
}

std::string TokenIdentity::extra_value(const std::string& key) const {
  const auto at = extra.find(key);
  return at != extra.end() && at->second.size() == 1 ? at->second.front() : "";
}

Result<std::optional<TokenIdentity>> token_review(Client& client, const std::string& token,
                                                  const std::string& audience, const Call& call) {
  const Json review = {{"apiVersion", kTokenReviews.api_version()},
                       {"kind", "TokenReview"},
                       {"spec", {{"token", token}, {"audiences", Json::array({audience})}}}};
  const Json answer = TRY(client.create(kTokenReviews, review, call));
  auto root = TRY(codec::Fields::of(answer, "TokenReview"));
  auto status = TRY(root.object("status"));
  if (!TRY(status.maybe_boolean("authenticated")).value_or(false)) {
    return std::optional<TokenIdentity>();
  }
  TokenIdentity identity = TRY(parse_identity(status));
  // An authenticator that knows nothing of audiences answers without them: then the token is for
  // the API server's own audience, not for ours.
  if (std::find(identity.audiences.begin(), identity.audiences.end(), audience) ==
      identity.audiences.end()) {
    return std::optional<TokenIdentity>();
  }
  return std::optional<TokenIdentity>(std::move(identity));
}

Result<std::string> request_token(Client& client, const ObjectKey& service_account,
                                  const std::string& audience, std::chrono::seconds life,
                                  const Call& call) {
  const Json request = {
      {"apiVersion", kTokenReviews.api_version()},
      {"kind", "TokenRequest"},
      {"spec", {{"audiences", Json::array({audience})}, {"expirationSeconds", life.count()}}}};
  const Json answer =
      TRY(client.post_path(path_of(kServiceAccounts, service_account, "token"), request, call));
  auto root = TRY(codec::Fields::of(answer, "TokenRequest"));
  auto status = TRY(root.object("status"));
  return status.text("token", kMaxToken);
}

std::string pod_proxy_path(const ObjectKey& pod, std::uint16_t port, std::string_view path) {
  const ObjectKey target{pod.namespace_, "https:" + pod.name + ":" + std::to_string(port)};
  return path_of(kPods, target, "proxy").append(path);
}

Result<Json> create_event(Client& client, const Json& event, const Call& call) {
  return client.create(kEvents, event, call);
}

}  // namespace seaworthy::kube

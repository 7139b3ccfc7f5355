#include "kube/client.h"

#include <utility>

#include "http/message.h"
#include "kube/status.h"
#include "kube/watch_decoder.h"

namespace seaworthy::kube {
namespace {

constexpr const char* kJson = "application/json";
constexpr std::size_t kMaxObjectBytes = 16 << 20;  // etcd: 1.5 MiB; JSON escapes and managedFields
constexpr std::size_t kMaxListBytes = 256 << 20;   // 100,000 nodes as metadata: about 150 MiB
constexpr codec::JsonLimits kObjectLimits{.max_bytes = kMaxObjectBytes, .max_depth = 100};
constexpr codec::JsonLimits kListLimits{
    .max_bytes = kMaxListBytes, .max_depth = 100, .max_values = 50'000'000};

// "?a=b&c=d" out of what is not empty.
class Query {
 public:
  void add(std::string_view key, std::string_view value) {
    if (!value.empty()) {
      text_.append(text_.empty() ? "?" : "&").append(key).append("=");
      text_.append(http::percent_encode(value));
    }
  }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

std::string what_is(std::string_view verb, const Resource& resource, const ObjectKey& key,
                    std::string_view subresource = {}) {
  std::string what(verb);
  what.append(" ").append(resource.plural);
  if (!key.name.empty() || !key.namespace_.empty()) {
    what.append(" ").append(key.str());
  }
  if (!subresource.empty()) {
    what.append("/").append(subresource);
  }
  return what;
}

class ApiClient final : public Client {
 public:
  ApiClient(std::shared_ptr<http::Client> http, Impersonation impersonation,
            std::function<void()> on_unauthorized)
      : http_(std::move(http)),
        impersonation_(std::move(impersonation)),
        on_unauthorized_(std::move(on_unauthorized)) {}

  Result<Json> get(const Resource& resource, const ObjectKey& key, const Call& call) override {
    return object(request("GET", path_of(resource, key)), what_is("get", resource, key), call);
  }

  Result<std::variant<ListPage, NotNow>> list_page(const Resource& resource,
                                                   const ListOptions& options,
                                                   const Call& call) override;
  Result<WatchEnd> watch(const Resource& resource, const WatchOptions& options, const Call& call,
                         const WatchSink& sink) override;

  Result<Json> apply(const Resource& resource, const Json& body, const ApplyOptions& options,
                     const Call& call) override {
    const ObjectKey key = key_of(body);
    Query query;
    query.add("fieldManager", options.field_manager);
    query.add("force", options.force ? "true" : "false");
    query.add("dryRun", options.dry_run ? "All" : "");
    auto patch = request("PATCH", path_of(resource, key, options.subresource) + query.str());
    patch.headers.set("Content-Type", "application/apply-patch+yaml");
    patch.body = codec::to_json_text(body);
    return object(std::move(patch), what_is("apply", resource, key, options.subresource), call);
  }

  Result<Json> patch(const Resource& resource, const ObjectKey& key, PatchType type,
                     const Json& body, const PatchOptions& options, const Call& call) override {
    Query query;
    query.add("fieldManager", options.field_manager);
    query.add("dryRun", options.dry_run ? "All" : "");
    auto patch = request("PATCH", path_of(resource, key, options.subresource) + query.str());
    patch.headers.set("Content-Type", type == PatchType::kMerge ? "application/merge-patch+json"
                                                                : "application/json-patch+json");
    patch.body = codec::to_json_text(body);
    return object(std::move(patch), what_is("patch", resource, key, options.subresource), call);
  }

  Result<Json> create(const Resource& resource, const Json& body, const Call& call) override {
    const ObjectKey key = key_of(body);
    return post(path_of(resource, {key.namespace_, ""}), body, what_is("create", resource, key),
                call);
  }

  Result<Json> try_create(const Resource& resource, const Json& body, const Call& call) override {
    const ObjectKey key = key_of(body);
    return post(path_of(resource, {key.namespace_, ""}) + "?dryRun=All&fieldValidation=Strict",
                body, what_is("create", resource, key), call);
  }

  Result<Json> replace(const Resource& resource, const Json& body, const Call& call) override {
    const ObjectKey key = key_of(body);
    auto put = request("PUT", path_of(resource, key));
    put.headers.set("Content-Type", kJson);
    put.body = codec::to_json_text(body);
    return object(std::move(put), what_is("replace", resource, key), call);
  }

  Result<void> delete_(const Resource& resource, const ObjectKey& key, const DeleteOptions& options,
                       const Call& call) override {
    auto remove = request("DELETE", path_of(resource, key));
    Json preconditions = Json::object();
    if (!options.uid.empty()) {
      preconditions["uid"] = options.uid;
    }
    if (!options.resource_version.empty()) {
      preconditions["resourceVersion"] = options.resource_version;
    }
    if (!preconditions.empty()) {
      remove.headers.set("Content-Type", kJson);
      remove.body = codec::to_json_text(
          {{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", preconditions}});
    }
    TRY(object(std::move(remove), what_is("delete", resource, key), call));
    return {};
  }

  Result<Json> get_path(const std::string& path, const Call& call) override {
    return object(request("GET", path), "get " + path, call);
  }
  Result<Json> post_path(const std::string& path, const Json& body, const Call& call) override {
    return post(path, body, "post " + path, call);
  }

 private:
  http::Request request(std::string method, std::string target) const {
    http::Request out;
    out.method = std::move(method);
    out.target = std::move(target);
    out.max_response_bytes = kMaxObjectBytes;
    out.headers.set("Accept", kJson);
    if (!impersonation_.user.empty()) {
      out.headers.set("Impersonate-User", impersonation_.user);
      if (!impersonation_.uid.empty()) {
        out.headers.set("Impersonate-Uid", impersonation_.uid);
      }
      for (const std::string& group : impersonation_.groups) {
        out.headers.add("Impersonate-Group", group);
      }
      for (const auto& [key, values] : impersonation_.extra) {
        for (const std::string& value : values) {
          out.headers.add("Impersonate-Extra-" + http::percent_encode(key), value);
        }
      }
    }
    return out;
  }

  Result<http::Response> send(const http::Request& what, const Call& call) {
    auto response = TRY(http_->send(what, call.deadline, call.stop));
    notice(response.status);
    return response;
  }
  void notice(int status) {
    if (status == 401 && on_unauthorized_) {
      on_unauthorized_();
    }
  }

  Result<Json> object(http::Request sent, const std::string& what, const Call& call) {
    const http::Response response = TRY(send(sent, call));
    if (!response.ok()) {
      return to_error(status_of(response), what);
    }
    auto body = codec::parse_json(response.body, kObjectLimits);
    if (!body) {
      return std::move(body).error().in(what + ": the answer");
    }
    return body;
  }

  Result<Json> post(const std::string& path, const Json& body, const std::string& what,
                    const Call& call) {
    auto sent = request("POST", path);
    sent.headers.set("Content-Type", kJson);
    sent.body = codec::to_json_text(body);
    return object(std::move(sent), what, call);
  }

  std::shared_ptr<http::Client> http_;
  Impersonation impersonation_;
  std::function<void()> on_unauthorized_;
};

std::string accept(Content content, std::string_view kind) {
  return content == Content::kWhole
             ? kJson
             : std::string(kJson) + ";as=" + std::string(kind) + ";g=meta.k8s.io;v=v1";
}

Result<std::variant<ListPage, NotNow>> ApiClient::list_page(const Resource& resource,
                                                            const ListOptions& options,
                                                            const Call& call) {
  Query query;
  query.add("labelSelector", options.label_selector);
  query.add("fieldSelector", options.field_selector);
  query.add("resourceVersion", options.resource_version);
  query.add("limit", options.limit == 0 ? "" : std::to_string(options.limit));
  query.add("continue", options.continue_token);
  auto sent = request("GET", path_of(resource, {options.namespace_, ""}) + query.str());
  sent.headers.set("Accept", accept(options.content, "PartialObjectMetadataList"));
  sent.max_response_bytes = kMaxListBytes;

  const std::string what = what_is("list", resource, {options.namespace_, ""});
  const http::Response response = TRY(send(sent, call));
  if (!response.ok()) {
    const Status status = status_of(response);
    if (auto later = not_now(status)) {
      return std::variant<ListPage, NotNow>(*std::move(later));
    }
    return to_error(status, what);
  }
  auto body = codec::parse_json(response.body, kListLimits);
  if (!body) {
    return std::move(body).error().in(what + ": the answer");
  }
  ListPage page;
  const auto items = body->find("items");
  const auto meta = body->find("metadata");
  if (!body->is_object() || items == body->end() || meta == body->end() || !meta->is_object() ||
      !(items->is_array() || items->is_null())) {
    return malformed(what + ": the answer is not a list");
  }
  page.resource_version = resource_version_of(*body);
  if (const auto more = meta->find("continue"); more != meta->end() && more->is_string()) {
    page.continue_token = more->get<std::string>();
  }
  page.items.reserve(items->size());
  for (Json& item : *items) {
    if (!item.is_object()) {
      return malformed(what + ": an item of the list is not an object");
    }
    item.emplace("apiVersion", resource.api_version());
    item.emplace("kind", std::string(resource.kind));
    page.items.push_back(std::move(item));
  }
  return std::variant<ListPage, NotNow>(std::move(page));
}

Result<WatchEnd> ApiClient::watch(const Resource& resource, const WatchOptions& options,
                                  const Call& call, const WatchSink& sink) {
  Query query;
  query.add("watch", "true");
  query.add("allowWatchBookmarks", "true");
  query.add("timeoutSeconds", std::to_string(options.timeout.count()));
  query.add("resourceVersion", options.resource_version);
  query.add("labelSelector", options.label_selector);
  query.add("fieldSelector", options.field_selector);
  auto sent = request("GET", path_of(resource, {options.namespace_, ""}) + query.str());
  sent.headers.set("Accept", accept(options.content, "PartialObjectMetadata"));
  const std::string what = what_is("watch", resource, {options.namespace_, ""});

  WatchDecoder decoder;
  std::optional<Status> refused;  // by an ERROR event
  std::optional<Error> broken;
  bool stopped_by_sink = false;
  bool heard = false;
  auto response = http_->stream(sent, call.deadline, call.stop, [&](std::string_view chunk) {
    heard = true;
    auto flow = decoder.feed(chunk, [&](WatchMessage message) -> Result<http::Flow> {
      if (auto* status = std::get_if<Status>(&message)) {
        refused = std::move(*status);
        return http::Flow::kStop;
      }
      const http::Flow said = sink(std::get<WatchEvent>(std::move(message)));
      stopped_by_sink = said == http::Flow::kStop;
      return said;
    });
    if (!flow) {
      broken = std::move(flow).error();
      return http::Flow::kStop;
    }
    return *flow;
  });

  if (broken) {
    return std::move(*broken).in(what);
  }
  if (refused) {
    if (auto later = not_now(*refused)) {
      return WatchEnd(*std::move(later));
    }
    return to_error(*refused, what);
  }
  if (stopped_by_sink) {
    return WatchEnd(WatchClosed::kByUs);
  }
  if (!response) {
    if (heard && response.error().code() == ErrorCode::kUnavailable) {
      return WatchEnd(WatchClosed::kCut);
    }
    return std::move(response).error().in(what);
  }
  notice(response->status);
  if (!response->ok()) {
    const Status status = status_of(*response);
    if (auto later = not_now(status)) {
      return WatchEnd(*std::move(later));
    }
    return to_error(status, what);
  }
  return WatchEnd(decoder.in_the_middle() ? WatchClosed::kCut : WatchClosed::kOrderly);
}

}  // namespace

Call call_within(const Clock& clock, std::chrono::milliseconds time, std::stop_token stop) {
  return {clock.monotonic() + time, std::move(stop)};
}

std::unique_ptr<Client> create_client(std::shared_ptr<http::Client> http,
                                      Impersonation impersonation,
                                      std::function<void()> on_unauthorized) {
  return std::make_unique<ApiClient>(std::move(http), std::move(impersonation),
                                     std::move(on_unauthorized));
}

}  // namespace seaworthy::kube

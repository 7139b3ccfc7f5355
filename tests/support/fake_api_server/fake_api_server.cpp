#include "support/fake_api_server/fake_api_server.h"

#include <algorithm>

#include "support/fake_api_server/request_view.h"

namespace seaworthy::testing {
namespace {

using codec::Json;
using http::Response;

// Kinds whose status is a subresource: the main resource ignores it and the other way round.
bool has_status_subresource(const std::string& collection) {
  return collection.starts_with("seaworthy.dev/") || collection == "v1/nodes" ||
         collection == "v1/pods";
}

Json parse_body(const http::Request& request) {
  auto body = codec::parse_json(request.body, {.max_bytes = 64 << 20, .max_depth = 100});
  return body ? *std::move(body) : Json();
}

std::string rv_text(const Json& object) {
  return kube::resource_version_of(object);
}

// How a server answers a write that is bound to another UID: deletes and PUTs say 409, patches 422.
enum class OtherUid { kConflict, kInvalid };

// The answer if preconditions in metadata do not hold; nullopt if they do or there are none.
std::optional<Response> refuse_precondition(const Json& wanted, const Json& live,
                                            OtherUid other_uid) {
  const Json meta = wanted.value("metadata", Json::object());
  const std::string name = live["metadata"].value("name", "");
  for (const char* field : {"resourceVersion", "uid"}) {
    const auto want = meta.value(field, "");
    if (!want.empty() && want != live["metadata"].value(field, "")) {
      if (std::string_view(field) == "uid" && other_uid == OtherUid::kInvalid) {
        Response invalid = status_response(422, "Invalid", "metadata.uid: field is immutable");
        Json body = Json::parse(invalid.body);
        body["details"] = {{"causes", Json::array({{{"field", "metadata.uid"}}})}};
        invalid.body = codec::to_json_text(body);
        return invalid;
      }
      return status_response(
          409, "Conflict",
          "Operation cannot be fulfilled on \"" + name + "\": precondition " + field);
    }
  }
  return std::nullopt;
}

// What a write may not change.
void keep_server_fields(Json& object, const Json& live) {
  for (const char* field :
       {"uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp"}) {
    if (live["metadata"].contains(field)) {
      object["metadata"][field] = live["metadata"][field];
    } else {
      object["metadata"].erase(field);
    }
  }
}

}  // namespace

std::optional<FakeApiServer::Address> FakeApiServer::parse(std::string_view path) {
  std::vector<std::string> steps;
  for (std::size_t from = 1; from <= path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    auto step = http::percent_decode(path.substr(from, end - from));
    if (!step || step->empty()) {
      return std::nullopt;
    }
    steps.push_back(*step);
    from = end + 1;
  }
  std::size_t at = 0;
  Address out;
  if (steps.size() >= 3 && steps[0] == "api") {
    out.collection = steps[1] + "/";
    at = 2;
  } else if (steps.size() >= 4 && steps[0] == "apis") {
    out.collection = steps[1] + "/" + steps[2] + "/";
    at = 3;
  } else {
    return std::nullopt;
  }
  if (steps[at] == "namespaces" && steps.size() >= at + 3 && steps[at + 2] != "status") {
    out.key.namespace_ = steps[at + 1];
    at += 2;
  }
  out.collection += steps[at++];
  if (at < steps.size()) {
    out.key.name = steps[at++];
  }
  if (at < steps.size()) {
    out.subresource = steps[at++];
  }
  return at == steps.size() ? std::optional(out) : std::nullopt;
}

FakeApiServer::Record* FakeApiServer::record_at(const Address& at) {
  auto& collection = collections_[at.collection];
  const auto there = collection.find(at.key);
  return there == collection.end() ? nullptr : &there->second;
}

Json FakeApiServer::commit(const Address& at, Record record) {
  Record* live = record_at(at);
  Json& object = record.object;
  Json& meta = object["metadata"];
  const Json before = live ? live->object : Json();
  if (!live) {
    const std::string digits = std::to_string(next_uid_++);
    meta["uid"] = "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
    meta["creationTimestamp"] = clock_.now().rfc3339();
    meta["generation"] = 1;
  } else if (before == object) {
    live->owners = std::move(record.owners);
    return object;
  } else if (before.value("spec", Json()) != object.value("spec", Json())) {
    meta["generation"] = meta.value("generation", 1) + 1;
  }
  const Json finalizers = meta.value("finalizers", Json::array());
  if (meta.contains("deletionTimestamp") && finalizers.empty()) {
    expunge(at.collection, at.key);
    return object;
  }
  meta["resourceVersion"] = std::to_string(++version_);
  history_.push_back({version_, at.collection, live ? "MODIFIED" : "ADDED", before, object});
  collections_[at.collection][at.key] = std::move(record);
  changed_.notify_all();
  return history_.back().object;
}

// Deletes it and then, as the garbage collector would, whatever it alone owns.
void FakeApiServer::expunge(const std::string& collection, const kube::ObjectKey& key) {
  const auto there = collections_[collection].find(key);
  if (there == collections_[collection].end()) {
    return;
  }
  Json object = there->second.object;
  collections_[collection].erase(there);
  const Json before = object;
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  history_.push_back({version_, collection, "DELETED", before, object});
  changed_.notify_all();

  std::vector<std::pair<std::string, kube::ObjectKey>> orphans;
  for (const auto& [name, objects] : collections_) {
    for (const auto& [other, record] : objects) {
      const Json owners = record.object["metadata"].value("ownerReferences", Json::array());
      if (owners.size() == 1 && owners[0].value("uid", "") == kube::uid_of(before)) {
        orphans.emplace_back(name, other);
      }
    }
  }
  for (const auto& [name, other] : orphans) {
    expunge(name, other);
  }
}

std::optional<Response> FakeApiServer::scripted() {
  if (script_.empty()) {
    return std::nullopt;
  }
  Response out = std::move(script_.front());
  script_.pop_front();
  return out;
}

Response FakeApiServer::list(const Address& at, const http::Request& request) {
  auto query = query_of(request);
  std::size_t skip = 0;
  std::string as_of = std::to_string(version_);
  if (const std::string& token = query["continue"]; !token.empty()) {
    const auto comma = token.find(',');
    as_of = token.substr(0, comma);
    skip = std::stoul(token.substr(comma + 1));
    if (std::stoull(as_of) < compacted_) {
      return status_response(410, "Expired", "The provided continue parameter is too old");
    }
  } else if (const std::string& version = query["resourceVersion"];
             !version.empty() && std::stoull(version) > version_) {
    Response late = status_response(504, "Timeout", "Too large resource version: " + version);
    Json body = Json::parse(late.body);
    body["details"] = {{"causes", Json::array({{{"reason", "ResourceVersionTooLarge"}}})}};
    late.body = codec::to_json_text(body);
    return late;
  }
  const std::size_t limit = query["limit"].empty() || query["resourceVersion"] == "0"
                                ? SIZE_MAX
                                : std::stoul(query["limit"]);
  Json items = Json::array();
  std::size_t index = 0;
  std::string more;
  for (const auto& [key, record] : collections_[at.collection]) {
    if (!selected(record.object, at.key.namespace_, query) || index++ < skip) {
      continue;
    }
    if (items.size() == limit) {
      more = as_of + "," + std::to_string(index - 1);
      break;
    }
    Json item = view_of(record.object, request);
    item.erase("apiVersion");
    item.erase("kind");
    items.push_back(std::move(item));
  }
  Json meta = {{"resourceVersion", as_of}};
  if (!more.empty()) {
    meta["continue"] = more;
  }
  return object_response(
      {{"kind", "List"}, {"apiVersion", "v1"}, {"metadata", meta}, {"items", std::move(items)}});
}

Response FakeApiServer::create(const Address& where, Json object, const http::Request& request) {
  Address at = where;
  at.key.name = kube::key_of(object).name;
  if (at.key.name.empty()) {
    return status_response(422, "Invalid", "metadata.name: Required value");
  }
  if (!at.key.namespace_.empty()) {
    object["metadata"]["namespace"] = at.key.namespace_;
  }
  if (record_at(at) != nullptr) {
    return status_response(409, "AlreadyExists", "\"" + at.key.name + "\" already exists");
  }
  if (!rv_text(object).empty()) {
    return status_response(400, "BadRequest",
                           "resourceVersion should not be set on objects to be created");
  }
  if (at.collection.starts_with("seaworthy.dev/")) {
    object.erase("status");
  }
  if (query_of(request)["dryRun"] == "All") {
    return object_response(object, 201);
  }
  return object_response(commit(at, {std::move(object), {}}), 201);
}

Response FakeApiServer::replace(const Address& at, Json object) {
  Record* live = record_at(at);
  if (live == nullptr) {
    return status_response(404, "NotFound", "\"" + at.key.name + "\" not found");
  }
  if (auto refusal = refuse_precondition(object, live->object, OtherUid::kConflict)) {
    return *std::move(refusal);
  }
  Json next = live->object;
  if (at.subresource == "status") {
    next["status"] = object.value("status", Json::object());
  } else {
    keep_server_fields(object, live->object);
    if (has_status_subresource(at.collection)) {
      object.erase("status");
      if (next.contains("status")) {
        object["status"] = next["status"];
      }
    }
    next = std::move(object);
  }
  return object_response(commit(at, {std::move(next), live->owners}));
}

Response FakeApiServer::patch(const Address& at, const http::Request& request) {
  const std::string type(request.headers.get("Content-Type").value_or(""));
  Json body = parse_body(request);
  if (type == "application/apply-patch+yaml") {
    return apply(at, std::move(body), request);
  }
  Record* live = record_at(at);
  if (live == nullptr) {
    return status_response(404, "NotFound", "\"" + at.key.name + "\" not found");
  }
  Json next = live->object;
  if (type == "application/merge-patch+json") {
    if (auto refusal = refuse_precondition(body, live->object, OtherUid::kInvalid)) {
      return *std::move(refusal);
    }
    next.merge_patch(body);
  } else {
    try {
      next = next.patch(body);
    } catch (const Json::exception& e) { return status_response(422, "Invalid", e.what()); }
  }
  if (at.subresource != "status") {
    next["metadata"]["resourceVersion"] = live->object["metadata"]["resourceVersion"];
  }
  return replace(at, std::move(next));
}

Response FakeApiServer::apply(const Address& at, Json applied, const http::Request& request) {
  auto query = query_of(request);
  const std::string manager = query["fieldManager"];
  if (manager.empty() || !applied.is_object() || kube::key_of(applied).name != at.key.name) {
    return status_response(400, "BadRequest", "apply needs a fieldManager and the object's name");
  }
  Record* live = record_at(at);
  const bool status = at.subresource == "status";
  if (live == nullptr && (status || !rv_text(applied).empty() || !kube::uid_of(applied).empty())) {
    return status ? status_response(404, "NotFound", "\"" + at.key.name + "\" not found")
                  : status_response(409, "Conflict", "uid mismatch: the object does not exist");
  }
  Record next = live != nullptr ? *live : Record{};
  if (live != nullptr) {
    if (auto refusal = refuse_precondition(applied, live->object, OtherUid::kInvalid)) {
      return *std::move(refusal);
    }
  } else {
    next.object = {{"apiVersion", applied["apiVersion"]},
                   {"kind", applied["kind"]},
                   {"metadata", {{"name", at.key.name}}}};
    if (!at.key.namespace_.empty()) {
      next.object["metadata"]["namespace"] = at.key.namespace_;
    }
  }
  if (status) {
    applied = {{"status", applied.value("status", Json::object())}};
  } else if (has_status_subresource(at.collection)) {
    applied.erase("status");
  }
  const std::string owner = manager + (status ? "/status" : "");
  if (auto conflict =
          server_side_apply(next.object, applied, owner, query["force"] == "true", next.owners)) {
    return status_response(409, "Conflict", "Apply failed with 1 conflict: " + *conflict);
  }
  if (live != nullptr) {
    keep_server_fields(next.object, live->object);
  }
  if (query["dryRun"] == "All") {
    return object_response(next.object);
  }
  return object_response(commit(at, std::move(next)), live != nullptr ? 200 : 201);
}

Response FakeApiServer::remove(const Address& at, const http::Request& request) {
  Record* live = record_at(at);
  if (live == nullptr) {
    return status_response(404, "NotFound", "\"" + at.key.name + "\" not found");
  }
  const Json options = parse_body(request);
  if (options.is_object() && options.contains("preconditions")) {
    if (auto refusal = refuse_precondition({{"metadata", options["preconditions"]}}, live->object,
                                           OtherUid::kConflict)) {
      return *std::move(refusal);
    }
  }
  if (!live->object["metadata"].value("finalizers", Json::array()).empty()) {
    Record next = *live;
    next.object["metadata"]["deletionTimestamp"] = clock_.now().rfc3339();
    return object_response(commit(at, std::move(next)));
  }
  expunge(at.collection, at.key);
  return http::json_response(200, R"({"kind":"Status","apiVersion":"v1","status":"Success"})");
}

Response FakeApiServer::review_token(Json review) {
  const Json spec = review.value("spec", Json::object());
  const std::string audience =
      spec.value("audiences", Json::array()).empty() ? "" : spec["audiences"][0].get<std::string>();
  const auto found = tokens_.find({spec.value("token", ""), audience});
  if (found == tokens_.end()) {
    review["status"] = {{"user", Json::object()}, {"error", "[invalid bearer token]"}};
  } else {
    const kube::TokenIdentity& who = found->second;
    review["status"] = {
        {"authenticated", true},
        {"audiences", Json::array({audience})},
        {"user",
         {{"username", who.user}, {"uid", who.uid}, {"groups", who.groups}, {"extra", who.extra}}}};
  }
  return object_response(review, 201);
}

Response FakeApiServer::make_token(const Address& at, Json request) {
  if (record_at(at) == nullptr) {
    return status_response(404, "NotFound", "serviceaccounts \"" + at.key.name + "\" not found");
  }
  const Json spec = request.value("spec", Json::object());
  if (spec.value("expirationSeconds", 3600) < 600) {
    return status_response(
        422, "Invalid", "spec.expirationSeconds: may not specify a duration less than 10 minutes");
  }
  const std::string token = "token-" + std::to_string(next_token_++);
  kube::TokenIdentity who;
  who.user = "system:serviceaccount:" + at.key.namespace_ + ":" + at.key.name;
  tokens_[{token, spec["audiences"].at(0).get<std::string>()}] = std::move(who);
  request["status"] = {{"token", token}, {"expirationTimestamp", clock_.now().rfc3339()}};
  return object_response(request, 201);
}

Response FakeApiServer::handle(const http::Request& request) {
  if (auto answer = scripted()) {
    return *std::move(answer);
  }
  if (request.method == "GET" && request.path() == "/version") {
    return object_response({{"major", "1"}, {"minor", "36"}, {"gitVersion", "v1.36.0-fake"}});
  }
  if (request.method == "GET" && request.path() == "/apis/admissionregistration.k8s.io/v1") {
    Json resources = Json::array();
    for (const char* name : {"validatingwebhookconfigurations", "validatingadmissionpolicies",
                             "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}) {
      resources.push_back({{"name", name}});
    }
    return object_response({{"kind", "APIResourceList"}, {"resources", resources}});
  }
  const auto at = parse(request.path());
  if (!at) {
    return status_response(404, "NotFound", "the server could not find the requested resource");
  }
  const bool is_token = at->collection == "v1/serviceaccounts" && at->subresource == "token";
  if (request.method != "GET" && !is_token &&
      at->collection != "authentication.k8s.io/v1/tokenreviews") {
    ++writes_;
  }
  if (request.method == "GET") {
    if (at->key.name.empty()) {
      return list(*at, request);
    }
    const Record* there = record_at(*at);
    return there == nullptr ? status_response(404, "NotFound", "\"" + at->key.name + "\" not found")
                            : object_response(view_of(there->object, request));
  }
  if (request.method == "POST") {
    Json body = parse_body(request);
    if (is_token) {
      return make_token(*at, std::move(body));
    }
    return at->collection == "authentication.k8s.io/v1/tokenreviews"
               ? review_token(std::move(body))
               : create(*at, std::move(body), request);
  }
  if (request.method == "PUT") {
    return replace(*at, parse_body(request));
  }
  return request.method == "PATCH" ? patch(*at, request) : remove(*at, request);
}

Result<Response> FakeApiServer::send(const http::Request& request, Deadline deadline,
                                     std::stop_token stop) {
  if (stop.stop_requested()) {
    return Error(ErrorCode::kCancelled, request.method + ": stopped");
  }
  if (clock_.monotonic() > deadline) {
    return Error(ErrorCode::kDeadline, request.method + ": too late");
  }
  std::function<void(const std::string&)> hook;
  {
    MutexLock lock(mutex_);
    hook = hook_;
  }
  if (hook) {
    hook(request.method + " " + request.target);
  }
  if (auto answer = proxied(request)) {
    return *std::move(answer);
  }
  MutexLock lock(mutex_);
  requests_.push_back(request.method + " " + request.target);
  if (!reachable_) {
    return unavailable(request.method + " " + std::string(request.path()) + ": connection refused");
  }
  return handle(request);
}

}  // namespace seaworthy::testing

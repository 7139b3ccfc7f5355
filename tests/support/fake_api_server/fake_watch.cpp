// The fake API server's watches, and what tests do to it.
#include <chrono>

#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_api_server/request_view.h"

namespace seaworthy::testing {
namespace {

using codec::Json;

constexpr std::chrono::milliseconds kLook{5};  // how often a quiet watch looks at the fake clock

// Gives a line in two pieces, as a network would.
http::Flow send_line(const http::ChunkSink& sink, const std::string& type, const Json& object) {
  const std::string line = codec::to_json_text({{"type", type}, {"object", object}}) + "\n";
  const std::size_t half = line.size() / 2;
  if (sink(std::string_view(line).substr(0, half)) == http::Flow::kStop) {
    return http::Flow::kStop;
  }
  return sink(std::string_view(line).substr(half));
}

}  // namespace

Result<http::Response> FakeApiServer::stream(const http::Request& request, Deadline deadline,
                                             std::stop_token stop, const http::ChunkSink& sink) {
  const auto at = parse(request.path());
  auto query = query_of(request);
  std::uint64_t seen = 0;
  std::size_t position = 0;
  std::uint64_t drops = 0;
  std::uint64_t bookmarks = 0;
  bool expired = false;
  {
    MutexLock lock(mutex_);
    requests_.push_back(request.method + " " + request.target);
    if (!reachable_) {
      return unavailable("GET " + std::string(request.path()) + ": connection refused");
    }
    if (auto answer = scripted()) {
      return *std::move(answer);
    }
    if (!at) {
      return status_response(404, "NotFound", "no such resource");
    }
    const std::string& from = query["resourceVersion"];
    seen = from.empty() ? version_ : std::stoull(from);
    drops = drops_;
    bookmarks = bookmarks_;
    expired = seen < compacted_;
    ++watching_;
  }
  struct Count {
    FakeApiServer& server;
    ~Count() {
      MutexLock lock(server.mutex_);
      --server.watching_;
    }
  } const count{*this};
  if (expired) {
    send_line(sink, "ERROR",
              {{"kind", "Status"},
               {"code", 410},
               {"reason", "Expired"},
               {"message", "too old resource version"}});
    return http::Response{};
  }
  const auto timeout = std::chrono::seconds(std::stol(query["timeoutSeconds"]));
  const Monotonic end = clock_.monotonic() + timeout;
  while (true) {
    std::vector<std::pair<std::string, Json>> lines;
    {
      MutexLock lock(mutex_);
      while (position >= history_.size() && drops == drops_ && bookmarks == bookmarks_ &&
             !stop.stop_requested() && clock_.monotonic() < std::min(end, deadline)) {
        changed_.wait_for(mutex_, kLook);
      }
      if (stop.stop_requested()) {
        return Error(ErrorCode::kCancelled, "watch: stopped");
      }
      if (drops != drops_) {
        return unavailable("watch: the connection ended in the middle");
      }
      for (; position < history_.size(); ++position) {
        const Change& change = history_[position];
        if (change.version <= seen || change.collection != at->collection) {
          continue;
        }
        seen = change.version;
        const bool was =
            change.before.is_object() && selected(change.before, at->key.namespace_, query);
        const bool is =
            change.type != "DELETED" && selected(change.object, at->key.namespace_, query);
        if (!was && !is) {
          continue;
        }
        lines.emplace_back(!is   ? "DELETED"
                           : was ? "MODIFIED"
                                 : "ADDED",
                           view_of(change.object, request));
      }
      const bool over = clock_.monotonic() >= end;
      if (bookmarks != bookmarks_ || over) {
        bookmarks = bookmarks_;
        lines.emplace_back("BOOKMARK",
                           Json{{"metadata", {{"resourceVersion", std::to_string(version_)}}}});
      }
    }
    for (const auto& [type, object] : lines) {
      if (send_line(sink, type, object) == http::Flow::kStop) {
        return http::Response{};
      }
    }
    if (clock_.monotonic() >= end) {
      return http::Response{};
    }
    if (clock_.monotonic() >= deadline) {
      return Error(ErrorCode::kDeadline, "watch: too late");
    }
  }
}

std::unique_ptr<kube::Client> FakeApiServer::client() {
  return kube::create_client(std::shared_ptr<http::Client>(this, [](http::Client*) {}));
}

Json FakeApiServer::put(const kube::Resource& resource, Json object) {
  MutexLock lock(mutex_);
  const Address at{resource.api_version() + "/" + std::string(resource.plural),
                   kube::key_of(object), ""};
  object["apiVersion"] = resource.api_version();
  object["kind"] = std::string(resource.kind);
  Ownership owners;
  if (const Record* live = record_at(at)) {
    for (const char* field : {"uid", "creationTimestamp", "generation", "resourceVersion"}) {
      object["metadata"][field] = live->object["metadata"][field];
    }
    owners = live->owners;
  }
  return commit(at, {std::move(object), std::move(owners)});
}

std::optional<Json> FakeApiServer::find(const kube::Resource& resource,
                                        const kube::ObjectKey& key) const {
  MutexLock lock(mutex_);
  const auto collection =
      collections_.find(resource.api_version() + "/" + std::string(resource.plural));
  if (collection == collections_.end()) {
    return std::nullopt;
  }
  const auto there = collection->second.find(key);
  return there == collection->second.end() ? std::nullopt : std::optional(there->second.object);
}

std::vector<Json> FakeApiServer::all(const kube::Resource& resource) const {
  MutexLock lock(mutex_);
  std::vector<Json> out;
  const auto collection =
      collections_.find(resource.api_version() + "/" + std::string(resource.plural));
  if (collection != collections_.end()) {
    for (const auto& [key, record] : collection->second) {
      out.push_back(record.object);
    }
  }
  return out;
}

bool FakeApiServer::erase(const kube::Resource& resource, const kube::ObjectKey& key) {
  MutexLock lock(mutex_);
  const std::string collection = resource.api_version() + "/" + std::string(resource.plural);
  const bool there = collections_[collection].contains(key);
  expunge(collection, key);
  return there;
}

void FakeApiServer::add_token(const std::string& token, const std::string& audience,
                              kube::TokenIdentity who) {
  MutexLock lock(mutex_);
  tokens_[{token, audience}] = std::move(who);
}

void FakeApiServer::drop_watches() {
  MutexLock lock(mutex_);
  ++drops_;
  changed_.notify_all();
}

void FakeApiServer::send_bookmarks() {
  MutexLock lock(mutex_);
  ++bookmarks_;
  changed_.notify_all();
}

void FakeApiServer::compact() {
  MutexLock lock(mutex_);
  compacted_ = ++version_;
}

void FakeApiServer::set_reachable(bool yes) {
  MutexLock lock(mutex_);
  reachable_ = yes;
  if (!yes) {
    ++drops_;
  }
  changed_.notify_all();
}

void FakeApiServer::fail_next(int times, int status,
                              std::optional<std::chrono::seconds> retry_after) {
  MutexLock lock(mutex_);
  for (int i = 0; i < times; ++i) {
    script_.push_back(status_response(status, "Scripted", "scripted failure"));
    script_.back().retry_after = retry_after;
  }
}

void FakeApiServer::recover() {
  MutexLock lock(mutex_);
  script_.clear();
}

void FakeApiServer::on_request(std::function<void(const std::string&)> hook) {
  MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

std::vector<std::string> FakeApiServer::requests() const {
  MutexLock lock(mutex_);
  return requests_;
}
std::size_t FakeApiServer::writes() const {
  MutexLock lock(mutex_);
  return writes_;
}
std::size_t FakeApiServer::watching() const {
  MutexLock lock(mutex_);
  return watching_;
}

}  // namespace seaworthy::testing

// An API server in memory: objects with resourceVersions, watches that resume and expire,
// server-side apply, preconditions, finalizers, owner references, TokenReview, TokenRequest, the
// proxy to pods. An http::Client, so that kube's own client is what talks to it. It behaves as the
// real one does: the contract suite (tests/kube/contract.h) runs against both.
//
// Not there: schemas and defaulting, authorization, admission.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "http/client.h"
#include "kube/client.h"
#include "support/fake_api_server/apply.h"

namespace seaworthy::testing {

class FakeApiServer final : public http::Client {
 public:
  explicit FakeApiServer(const Clock& clock) : clock_(clock) {}

  Result<http::Response> send(const http::Request& request, Deadline deadline,
                              std::stop_token stop) override EXCLUDES(mutex_);
  Result<http::Response> stream(const http::Request& request, Deadline deadline,
                                std::stop_token stop, const http::ChunkSink& sink) override
      EXCLUDES(mutex_);

  // A client that talks to this server, which outlives it.
  std::unique_ptr<kube::Client> client();

  // The world, as an administrator sees and changes it; status included.
  codec::Json put(const kube::Resource& resource, codec::Json object);
  std::optional<codec::Json> find(const kube::Resource& resource, const kube::ObjectKey& key) const;
  std::vector<codec::Json> all(const kube::Resource& resource) const;
  bool erase(const kube::Resource& resource, const kube::ObjectKey& key);

  // Tokens that TokenReview accepts, for one audience.
  void add_token(const std::string& token, const std::string& audience, kube::TokenIdentity who);

  // What pods answer to requests that come through the proxy: of those that are there, on port
  // 8443.
  using Pods = std::function<http::Response(const kube::ObjectKey& pod, const http::Request&)>;
  void on_proxy(Pods pods);

  // Trouble.
  void drop_watches();  // cuts the connections of all watches
  void send_bookmarks();
  void compact();                // forgets history: older resourceVersions are 410
  void set_reachable(bool yes);  // no: connection refused, watches cut
  void fail_next(int times, int status, std::optional<std::chrono::seconds> retry_after = {});
  void recover();  // forgets the failures that are still to come
  // Called before a request is handled, with "PATCH /api/v1/nodes/n1"; may call put() and so race.
  void on_request(std::function<void(const std::string&)> hook);

  // What was asked so far, "<METHOD> <target>"; watches included.
  std::vector<std::string> requests() const;
  // Requests that change something.
  std::size_t writes() const;
  std::size_t watching() const;  // watches open now

 private:
  struct Address {
    std::string collection;  // "seaworthy.dev/v1alpha1/nodeattestations"
    kube::ObjectKey key;
    std::string subresource;
  };
  struct Record {
    codec::Json object;
    Ownership owners;
  };
  struct Change {
    std::uint64_t version;
    std::string collection;
    std::string type;
    codec::Json before;  // null if there was none
    codec::Json object;
  };
  using Collection = std::map<kube::ObjectKey, Record>;

  static std::optional<Address> parse(std::string_view path);
  http::Response handle(const http::Request& request) REQUIRES(mutex_);
  http::Response list(const Address& at, const http::Request& request) REQUIRES(mutex_);
  http::Response create(const Address& at, codec::Json object, const http::Request& request)
      REQUIRES(mutex_);
  http::Response replace(const Address& at, codec::Json object) REQUIRES(mutex_);
  http::Response patch(const Address& at, const http::Request& request) REQUIRES(mutex_);
  http::Response apply(const Address& at, codec::Json applied, const http::Request& request)
      REQUIRES(mutex_);
  http::Response remove(const Address& at, const http::Request& request) REQUIRES(mutex_);
  http::Response review_token(codec::Json review) REQUIRES(mutex_);
  http::Response make_token(const Address& at, codec::Json request) REQUIRES(mutex_);
  std::optional<http::Response> proxied(const http::Request& request) EXCLUDES(mutex_);
  // Stores and tells the watches, if anything differs; gives the object as stored.
  codec::Json commit(const Address& at, Record record) REQUIRES(mutex_);
  void expunge(const std::string& collection, const kube::ObjectKey& key) REQUIRES(mutex_);
  Record* record_at(const Address& at) REQUIRES(mutex_);
  std::optional<http::Response> scripted() REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  Condition changed_;
  std::uint64_t version_ GUARDED_BY(mutex_) = 100;
  std::uint64_t compacted_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_uid_ GUARDED_BY(mutex_) = 1;
  std::uint64_t drops_ GUARDED_BY(mutex_) = 0;
  std::uint64_t bookmarks_ GUARDED_BY(mutex_) = 0;
  bool reachable_ GUARDED_BY(mutex_) = true;
  std::size_t writes_ GUARDED_BY(mutex_) = 0;
  std::size_t watching_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, Collection> collections_ GUARDED_BY(mutex_);
  std::vector<Change> history_ GUARDED_BY(mutex_);
  std::deque<http::Response> script_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, kube::TokenIdentity> tokens_ GUARDED_BY(mutex_);
  std::uint64_t next_token_ GUARDED_BY(mutex_) = 1;
  std::function<void(const std::string&)> hook_ GUARDED_BY(mutex_);
  Pods pods_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::testing

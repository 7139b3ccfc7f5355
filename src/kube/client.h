// The Kubernetes API as this product uses it: objects are JSON, callers parse what they read.
// Spec: Kubernetes API 1.36, "API Concepts"; metav1.Status.
//
// Status → ErrorCode, in one table (status.cpp):
//   400, 413, 415, 422        kMalformed: the request will never be accepted as it is
//   401, 403, 405             kDenied
//   404                       kNotFound
//   409, 410, 412             kConflict: read again (also AlreadyExists, and 422 for another UID)
//   408, 429, 5xx             kUnavailable; 504 kDeadline
// LIST and WATCH tell 410 and Retry-After apart from that, because a reflector acts on them.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/client.h"
#include "kube/resource.h"

namespace seaworthy::kube {

// Until when a call has to be over, and what ends it before. There is no call without.
struct Call {
  Deadline deadline;
  std::stop_token stop;
};
Call call_within(const Clock& clock, std::chrono::milliseconds time, std::stop_token stop);
inline constexpr std::chrono::milliseconds kUsualCallTime{10'000};

// "Not as asked": the answer to a LIST or WATCH that is neither objects nor a plain error.
struct NotNow {
  enum class Why : std::uint8_t {
    kExpired,  // 410, or an RV the server does not have yet: list afresh
    kBusy,     // 429, or 503 with Retry-After: the same again, later
  };
  Why why = Why::kBusy;
  std::optional<std::chrono::seconds> retry_after;
  std::string message;
};

enum class Content : std::uint8_t {
  kWhole,
  kMetadataOnly
};  // kMetadataOnly: PartialObjectMetadata

struct ListOptions {
  std::string namespace_ = {};  // "" with a namespaced kind: all namespaces
  std::string label_selector = {};
  std::string field_selector = {};
  std::string resource_version = {};  // "": the newest; "0": any that the server has at hand
  std::uint32_t limit = 0;            // objects per page; 0: all at once
  std::string continue_token = {};    // of the page before; resource_version must then be ""
  Content content = Content::kWhole;
};
struct ListPage {
  std::vector<Json> items;  // with apiVersion and kind, which the server leaves out in lists
  std::string resource_version;
  std::string continue_token;  // "": the last page
};

struct WatchOptions {
  std::string namespace_ = {};
  std::string label_selector = {};
  std::string field_selector = {};
  std::string resource_version = {};
  std::chrono::seconds timeout{300};  // after which the server ends the watch
  Content content = Content::kWhole;
};
struct WatchEvent {
  enum class Type : std::uint8_t { kAdded, kModified, kDeleted, kBookmark };
  Type type = Type::kBookmark;
  Json object;  // of a bookmark: only metadata.resourceVersion means something
};
using WatchSink = std::function<http::Flow(WatchEvent)>;
enum class WatchClosed : std::uint8_t {
  kOrderly,  // by the server, at its timeout: until then we were current
  kCut,      // the connection broke after something had come
  kByUs,     // the sink said so
};
using WatchEnd = std::variant<WatchClosed, NotNow>;

struct ApplyOptions {
  std::string field_manager = {};
  std::string_view subresource = {};  // "status"
  bool force = true;                  // take fields over from other managers
  bool dry_run = false;
};
enum class PatchType : std::uint8_t { kMerge, kJson };  // RFC 7386, RFC 6902
struct PatchOptions {
  std::string field_manager = {};
  std::string_view subresource = {};
  bool dry_run = false;
};
struct DeleteOptions {
  std::string uid = {};               // delete only this incarnation; "": whichever there is
  std::string resource_version = {};  // likewise
};

// TokenReview (authentication.k8s.io/v1), the answer.
struct TokenIdentity {
  std::string user = {};  // "system:serviceaccount:<ns>:<name>"
  std::string uid = {};
  std::vector<std::string> groups = {};
  std::map<std::string, std::vector<std::string>> extra = {};
  std::vector<std::string> audiences = {};

  // The one value of an extra key ("authentication.kubernetes.io/node-name"); "" if there is none
  // or more than one.
  std::string extra_value(const std::string& key) const;
};

// Thread-safe. Nothing is retried in here: the caller knows what is safe to repeat.
class Client {
 public:
  virtual ~Client() = default;

  virtual Result<Json> get(const Resource&, const ObjectKey&, const Call&) = 0;
  // One page. See list_all() for whole collections.
  virtual Result<std::variant<ListPage, NotNow>> list_page(const Resource&, const ListOptions&,
                                                           const Call&) = 0;
  // Gives each event to the sink on the calling thread, until the watch ends. An end that the
  // server did not announce is not an error: the caller watches again from the last RV it saw.
  virtual Result<WatchEnd> watch(const Resource&, const WatchOptions&, const Call&,
                                 const WatchSink&) = 0;

  // Server-side apply. `object` has apiVersion, kind, name (and namespace), and *all* that the
  // field manager owns: what it leaves out is given up. metadata.resourceVersion or uid in it are
  // preconditions (kConflict).
  virtual Result<Json> apply(const Resource&, const Json& object, const ApplyOptions&,
                             const Call&) = 0;
  // A merge patch is an object: metadata.resourceVersion and uid in it are preconditions
  // (kConflict). A JSON patch is a list of operations; a `test` that fails is kMalformed.
  virtual Result<Json> patch(const Resource&, const ObjectKey&, PatchType, const Json& patch,
                             const PatchOptions&, const Call&) = 0;
  // kConflict if an object of that name exists.
  virtual Result<Json> create(const Resource&, const Json& object, const Call&) = 0;
  // What create() would make of it: defaults filled in, and an unknown field is kMalformed. Nothing
  // is stored.
  virtual Result<Json> try_create(const Resource&, const Json& object, const Call&) = 0;
  // PUT: metadata.resourceVersion in `object` is the precondition (kConflict).
  virtual Result<Json> replace(const Resource&, const Json& object, const Call&) = 0;
  virtual Result<void> delete_(const Resource&, const ObjectKey&, const DeleteOptions&,
                               const Call&) = 0;
  // Any GET that answers JSON: "/version", "/apis/admissionregistration.k8s.io/v1". `path` is
  // percent-encoded already.
  virtual Result<Json> get_path(const std::string& path, const Call&) = 0;
  // Any POST to a path, for subresources ("binding") and reviews.
  virtual Result<Json> post_path(const std::string& path, const Json& body, const Call&) = 0;
};

// What all implementations share, in terms of the above.

// Follows the pages; starts anew (once) if they expire underneath. For people's commands and
// one-time reads; whoever needs to follow changes uses an Informer.
Result<std::vector<Json>> list_all(Client&, const Resource&, ListOptions, const Call&);
Result<Json> apply_status(Client&, const Resource&, const Json& object,
                          const std::string& field_manager, const Call&);
// nullopt: not a valid token for that audience. The answer's audiences were compared with ours:
// an API server that ignores them does not make a token valid. The token is sent to the API server
// only and never in an error.
Result<std::optional<TokenIdentity>> token_review(Client&, const std::string& token,
                                                  const std::string& audience, const Call&);
// TokenRequest: a token of the ServiceAccount, for that audience and about so long (the API server
// wants ten minutes at least). Never in an error.
Result<std::string> request_token(Client&, const ObjectKey& service_account,
                                  const std::string& audience, std::chrono::seconds life,
                                  const Call&);
// Where the API server passes a request on to a pod's HTTPS port, without its Authorization. `path`
// begins with a slash and is percent-encoded already. It checks no certificate there.
std::string pod_proxy_path(const ObjectKey& pod, std::uint16_t port, std::string_view path);
// POST to events.k8s.io/v1; see EventRecorder, which builds them.
Result<Json> create_event(Client&, const Json& event, const Call&);

// Whose rights a request is made with (kubeconfig's as, as-uid, as-groups, as-user-extra).
struct Impersonation {
  std::string user = {};
  std::string uid = {};
  std::vector<std::string> groups = {};
  std::map<std::string, std::vector<std::string>> extra = {};
};

// The client over HTTP. `on_unauthorized` is called after a 401 (drop a cached token); may be
// empty.
std::unique_ptr<Client> create_client(std::shared_ptr<http::Client> http,
                                      Impersonation impersonation = {},
                                      std::function<void()> on_unauthorized = {});

}  // namespace seaworthy::kube

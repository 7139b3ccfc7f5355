// Requests to pods through the API server: /api/v1/namespaces/NS/pods/https:NAME:PORT/proxy/PATH.
#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_api_server/request_view.h"

namespace seaworthy::testing {
namespace {

struct Target {
  kube::ObjectKey pod;
  std::string path;
};

std::optional<Target> parse_target(std::string_view target) {
  constexpr std::string_view kBefore = "/api/v1/namespaces/";
  constexpr std::string_view kPods = "/pods/";
  constexpr std::string_view kProxy = "/proxy/";
  const std::size_t pods = target.find(kPods);
  const std::size_t proxy = target.find(kProxy);
  if (!target.starts_with(kBefore) || pods == std::string_view::npos ||
      proxy == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string name =
      *http::percent_decode(target.substr(pods + kPods.size(), proxy - pods - kPods.size()));
  const std::size_t from = name.find(':') + 1;
  const std::string port = ":8443";
  const bool known = name.starts_with("https:") && name.ends_with(port);
  return Target{{std::string(target.substr(kBefore.size(), pods - kBefore.size())),
                 known ? name.substr(from, name.size() - from - port.size()) : ""},
                "/" + std::string(target.substr(proxy + kProxy.size()))};
}

}  // namespace

void FakeApiServer::on_proxy(Pods pods) {
  MutexLock lock(mutex_);
  pods_ = std::move(pods);
}

std::optional<http::Response> FakeApiServer::proxied(const http::Request& request) {
  const auto target = parse_target(request.target);
  if (!target) {
    return std::nullopt;
  }
  Pods pods;
  {
    MutexLock lock(mutex_);
    if (!reachable_ || !script_.empty()) {
      return std::nullopt;
    }
    requests_.push_back(request.method + " " + request.target);
    if (record_at({"v1/pods", target->pod, ""}) == nullptr) {
      return status_response(404, "NotFound", "pods \"" + target->pod.name + "\" not found");
    }
    pods = pods_;
  }
  if (!pods) {
    return status_response(503, "ServiceUnavailable", "error trying to reach service: refused");
  }
  // Without the lock: a pod may ask the API server in turn.
  http::Request passed = request;
  passed.target = target->path;
  passed.headers.remove("Authorization");
  return pods(target->pod, passed);
}

}  // namespace seaworthy::testing

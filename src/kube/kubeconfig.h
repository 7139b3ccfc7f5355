// A kubeconfig as data: parsed, merged, one context picked. No file is read here but by `read`.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/client.h"
#include "kube/exec_plugin.h"

namespace seaworthy::kube {

struct KubeCluster {
  std::string server;
  std::string ca_pem;   // certificate-authority-data
  std::string ca_file;  // absolute
  std::string tls_server_name;
  bool insecure_skip_verify = false;
  std::string proxy_url;
};
struct KubeUser {
  std::string certificate_pem, certificate_file;
  std::string key_pem, key_file;
  std::string token, token_file;
  std::optional<ExecPlugin> exec;
  Impersonation impersonation;
  std::string unsupported;  // a field that is set and that we cannot honour; "" if none
};
struct KubeContext {
  std::string cluster;
  std::string user;
  std::string namespace_;
};
struct Kubeconfig {
  std::string current_context;
  std::map<std::string, KubeCluster> clusters;
  std::map<std::string, KubeUser> users;
  std::map<std::string, KubeContext> contexts;
};

inline constexpr std::size_t kMaxKubeconfigBytes = 4 << 20;

// `path` is where the text came from: for errors, and its directory for relative paths.
Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& path);
// What `into` does not have is taken from `more`: the first file to define a name wins.
void merge(Kubeconfig& into, Kubeconfig more);

}  // namespace seaworthy::kube

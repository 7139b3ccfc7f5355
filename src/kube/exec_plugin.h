// Credential plugins: programs that print an ExecCredential.
// Spec: client.authentication.k8s.io/v1 and v1beta1 (Kubernetes 1.36).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "codec/fields.h"
#include "codec/json.h"

namespace seaworthy::kube {

struct ExecPlugin {
  std::string api_version;
  std::string command;  // absolute, or a name to be found in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;  // added to our own
  std::string install_hint;
  bool provide_cluster_info = false;
};

// `directory` is that of the kubeconfig: a command with a slash is relative to it.
Result<ExecPlugin> parse_exec_plugin(codec::Fields& exec, const std::string& directory);

struct ExecCredential {
  std::string token;  // may be empty if there is a certificate
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::optional<Time> expires;
};
Result<ExecCredential> parse_exec_credential(const std::string& output,
                                             const std::string& api_version);

// Runs the plugin: no shell, no standard input, at most a minute, at most 1 MiB of output; what it
// says on standard error goes to ours. `cluster` is the Cluster of KUBERNETES_EXEC_INFO. Errors
// never quote the output.
Result<ExecCredential> run_exec_plugin(const ExecPlugin& plugin, const codec::Json& cluster);

}  // namespace seaworthy::kube

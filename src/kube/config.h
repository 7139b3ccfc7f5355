// Where the API server is and how to authenticate to it: in a pod, or by kubeconfig as kubectl
// reads it. Spec: Kubernetes 1.36, "Organizing Cluster Access Using kubeconfig Files",
// client.authentication.k8s.io/v1 and v1beta1.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/client.h"
#include "kube/client.h"

namespace seaworthy::kube {

// The value of an environment variable. process_environment() asks the real one.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// Everything that a client needs. Its functions may be called from any thread and share state with
// copies of this value; the Clock given at loading outlives them all.
struct Config {
  http::ClientConfig http;  // for http::cpprest::create_client()
  Impersonation impersonation;
  std::string namespace_;                 // of the context or the pod; "default" if it says none
  std::function<void()> on_unauthorized;  // after a 401: the next call reads credentials afresh
};

inline constexpr const char* kServiceAccountDirectory =
    "/var/run/secrets/kubernetes.io/serviceaccount";

// A pod's own: KUBERNETES_SERVICE_HOST and _PORT, and the files `token`, `ca.crt` and `namespace`.
// The token is read again at most every minute; while it cannot be read the old one is used, except
// after a 401. The CA is read again for every new connection. kNotFound: not in a pod.
Result<Config> in_cluster_config(const Environment& environment, const Clock& clock,
                                 const std::string& directory = kServiceAccountDirectory);

struct KubeconfigOptions {
  std::string path = {};     // --kubeconfig; wins over KUBECONFIG and ~/.kube/config
  std::string context = {};  // --context; default: current-context
};

// Merges the files of KUBECONFIG (':'-separated; absent ones are skipped; the first to set a value
// or define a name wins), picks the context and resolves its cluster and user. Paths in a file are
// relative to it. Inline data wins over files, as in kubectl.
//
//   kNotFound     no file, or a context, cluster or user that is named but not defined;
//   kMalformed    names the file and the field;
//   kUnsupported  username/password, auth-provider, proxy-url, exec plugins with interactiveMode
//                 Always or another API version.
// An exec plugin is run without a shell, when loading and again when its token is about to expire
// or was refused. A client certificate from a plugin is taken once, when loading.
Result<Config> load_kubeconfig(const KubeconfigOptions& options, const Environment& environment,
                               const Clock& clock);

// For programs: kubeconfig if options or KUBECONFIG name one, else the pod's own.
Result<Config> load_config(const KubeconfigOptions& options, const Environment& environment,
                           const Clock& clock);

}  // namespace seaworthy::kube

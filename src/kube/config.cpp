#include "kube/config.h"

#include <algorithm>
#include <cstdlib>

#include "codec/base64.h"
#include "kube/kubeconfig.h"
#include "kube/token_source.h"

namespace seaworthy::kube {
namespace {

constexpr std::chrono::milliseconds kTokenFileAge{60'000};
constexpr std::size_t kMaxPemBytes = 1 << 20;

// Installs a token that is kept by `source`.
void use_token(Config& config, std::shared_ptr<TokenSource> source) {
  config.http.token_provider = [source] { return source->token(); };
  config.on_unauthorized = [source] { source->drop(); };
}

std::vector<std::string> split_paths(const std::string& list) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (from <= list.size()) {
    const std::size_t end = std::min(list.find(':', from), list.size());
    if (end > from) {
      out.push_back(list.substr(from, end - from));
    }
    from = end + 1;
  }
  return out;
}

Result<Kubeconfig> read_kubeconfig(const KubeconfigOptions& options,
                                   const Environment& environment) {
  if (!options.path.empty()) {
    return parse_kubeconfig(TRY(read_file(options.path, kMaxKubeconfigBytes)), options.path);
  }
  std::vector<std::string> paths = split_paths(environment("KUBECONFIG").value_or(""));
  if (paths.empty()) {
    const std::string home = environment("HOME").value_or("");
    if (home.empty()) {
      return not_found("kubeconfig: neither KUBECONFIG nor HOME is set");
    }
    paths.push_back(home + "/.kube/config");
  }
  Kubeconfig merged;
  bool any = false;
  for (const std::string& path : paths) {
    auto text = read_file(path, kMaxKubeconfigBytes);
    if (!text && text.error().code() == ErrorCode::kNotFound) {
      continue;
    }
    if (!text) {
      return std::move(text).error();
    }
    merge(merged, TRY(parse_kubeconfig(*text, path)));
    any = true;
  }
  if (!any) {
    return not_found("kubeconfig: no such file: " + paths.front());
  }
  return merged;
}

Result<void> use_cluster(Config& config, const KubeCluster& cluster) {
  if (!cluster.proxy_url.empty()) {
    return unsupported(
        "kubeconfig: proxy-url is not supported: going direct would not be what it "
        "asks for");
  }
  if (cluster.server.empty()) {
    return malformed("kubeconfig: the cluster has no server");
  }
  config.http.base_url = cluster.server;
  config.http.server_name = cluster.tls_server_name;
  config.http.insecure_skip_verify = cluster.insecure_skip_verify;
  if (!cluster.ca_pem.empty()) {
    config.http.ca_pem = cluster.ca_pem;
  } else if (!cluster.ca_file.empty()) {
    config.http.ca_pem = TRY(read_file(cluster.ca_file, kMaxPemBytes));
    config.http.ca_provider = [file = cluster.ca_file] { return read_file(file, kMaxPemBytes); };
  }
  return {};
}

// The Cluster of KUBERNETES_EXEC_INFO.
codec::Json exec_cluster(const Config& config) {
  codec::Json out = {{"server", config.http.base_url}};
  if (!config.http.server_name.empty()) {
    out["tls-server-name"] = config.http.server_name;
  }
  if (config.http.insecure_skip_verify) {
    out["insecure-skip-tls-verify"] = true;
  }
  if (!config.http.ca_pem.empty()) {
    out["certificate-authority-data"] = codec::to_base64(as_bytes(config.http.ca_pem));
  }
  return out;
}

Result<void> use_exec(Config& config, const ExecPlugin& plugin, const Clock& clock) {
  const codec::Json cluster = exec_cluster(config);
  ExecCredential first = TRY(run_exec_plugin(plugin, cluster));
  config.http.client_certificate_pem = first.client_certificate_pem;
  config.http.client_key_pem = first.client_key_pem;
  if (first.token.empty()) {
    return {};
  }
  auto read = [plugin, cluster]() -> Result<FreshToken> {
    ExecCredential again = TRY(run_exec_plugin(plugin, cluster));
    if (again.token.empty()) {
      return malformed("exec plugin " + plugin.command + ": gives no token any more");
    }
    return FreshToken{std::move(again.token), again.expires};
  };
  auto source = std::make_shared<TokenSource>(read, std::nullopt, clock);
  source->put({std::move(first.token), first.expires});
  use_token(config, std::move(source));
  return {};
}

Result<void> use_user(Config& config, const KubeUser& user, const Clock& clock) {
  if (!user.unsupported.empty()) {
    return unsupported("kubeconfig: " + user.unsupported +
                       ": this way to authenticate is not "
                       "supported; use a client certificate, a token or an exec plugin");
  }
  config.impersonation = user.impersonation;
  config.http.client_certificate_pem =
      user.certificate_pem.empty() && !user.certificate_file.empty()
          ? TRY(read_file(user.certificate_file, kMaxPemBytes))
          : user.certificate_pem;
  config.http.client_key_pem = user.key_pem.empty() && !user.key_file.empty()
                                   ? TRY(read_file(user.key_file, kMaxPemBytes))
                                   : user.key_pem;
  if (!user.token_file.empty()) {
    auto source = std::make_shared<TokenSource>(
        [file = user.token_file] { return read_token_file(file); }, kTokenFileAge, clock);
    TRY(source->token());  // a file that is not there is told now, not at the first call
    use_token(config, std::move(source));
  } else if (!user.token.empty()) {
    config.http.token_provider = [token = user.token]() -> Result<std::string> { return token; };
  } else if (user.exec) {
    return use_exec(config, *user.exec, clock);
  }
  return {};
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<Config> in_cluster_config(const Environment& environment, const Clock& clock,
                                 const std::string& directory) {
  std::string host = environment("KUBERNETES_SERVICE_HOST").value_or("");
  const std::string port = environment("KUBERNETES_SERVICE_PORT").value_or("");
  if (host.empty() || port.empty()) {
    return not_found(
        "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  if (host.find(':') != std::string::npos) {
    host = "[" + host + "]";
  }
  Config config;
  config.http.base_url = "https://" + host + ":" + port;
  const std::string ca_file = directory + "/ca.crt";
  config.http.ca_pem = TRY(read_file(ca_file, kMaxPemBytes));
  config.http.ca_provider = [ca_file] { return read_file(ca_file, kMaxPemBytes); };
  const std::string token_file = directory + "/token";
  auto source = std::make_shared<TokenSource>([token_file] { return read_token_file(token_file); },
                                              kTokenFileAge, clock);
  TRY(source->token());
  use_token(config, std::move(source));
  auto own = read_file(directory + "/namespace", 256);
  config.namespace_ = own ? own->substr(0, own->find_last_not_of(" \r\n") + 1) : "default";
  return config;
}

Result<Config> load_kubeconfig(const KubeconfigOptions& options, const Environment& environment,
                               const Clock& clock) {
  const Kubeconfig all = TRY(read_kubeconfig(options, environment));
  const std::string name = options.context.empty() ? all.current_context : options.context;
  if (name.empty()) {
    return not_found("kubeconfig: no current-context; name one with --context");
  }
  const auto context = all.contexts.find(name);
  if (context == all.contexts.end()) {
    return not_found("kubeconfig: no context " + name);
  }
  const auto cluster = all.clusters.find(context->second.cluster);
  if (cluster == all.clusters.end()) {
    return not_found("kubeconfig: context " + name + " names the cluster " +
                     context->second.cluster + ", which is not defined");
  }
  Config config;
  config.namespace_ = context->second.namespace_.empty() ? "default" : context->second.namespace_;
  TRY(use_cluster(config, cluster->second));
  if (!context->second.user.empty()) {
    const auto user = all.users.find(context->second.user);
    if (user == all.users.end()) {
      return not_found("kubeconfig: context " + name + " names the user " + context->second.user +
                       ", which is not defined");
    }
    TRY(use_user(config, user->second, clock));
  }
  return config;
}

Result<Config> load_config(const KubeconfigOptions& options, const Environment& environment,
                           const Clock& clock) {
  const bool asked = !options.path.empty() || !options.context.empty() ||
                     !environment("KUBECONFIG").value_or("").empty();
  if (!asked) {
    auto own = in_cluster_config(environment, clock);
    if (own || own.error().code() != ErrorCode::kNotFound) {
      return own;
    }
  }
  return load_kubeconfig(options, environment, clock);
}

}  // namespace seaworthy::kube

#include "kube/kubeconfig.h"

#include "codec/yaml.h"

namespace seaworthy::kube {
namespace {

using codec::Fields;

constexpr std::size_t kMaxEntries = 10'000;
constexpr std::size_t kMaxText = 1 << 20;
constexpr std::size_t kMaxName = 4096;

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

Result<std::string> text_or_empty(Fields& in, std::string_view field) {
  return TRY(in.maybe_text(field, kMaxText)).value_or("");
}

// A path relative to the file it stands in.
Result<std::string> file_name(Fields& in, std::string_view field, const std::string& directory) {
  std::string path = TRY(text_or_empty(in, field));
  if (!path.empty() && path.front() != '/') {
    path = directory + "/" + path;
  }
  return path;
}

Result<std::string> inline_pem(Fields& in, std::string_view field) {
  auto bytes = TRY(in.maybe_base64(field, kMaxText));
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

Result<KubeCluster> parse_cluster(Fields& in, const std::string& directory) {
  KubeCluster out;
  out.server = TRY(in.text("server", kMaxName));
  out.ca_pem = TRY(inline_pem(in, "certificate-authority-data"));
  out.ca_file = TRY(file_name(in, "certificate-authority", directory));
  out.tls_server_name = TRY(text_or_empty(in, "tls-server-name"));
  out.insecure_skip_verify = TRY(in.maybe_boolean("insecure-skip-tls-verify")).value_or(false);
  out.proxy_url = TRY(text_or_empty(in, "proxy-url"));
  return out;
}

Result<KubeUser> parse_user(Fields& in, const std::string& directory) {
  KubeUser out;
  out.certificate_pem = TRY(inline_pem(in, "client-certificate-data"));
  out.certificate_file = TRY(file_name(in, "client-certificate", directory));
  out.key_pem = TRY(inline_pem(in, "client-key-data"));
  out.key_file = TRY(file_name(in, "client-key", directory));
  out.token = TRY(text_or_empty(in, "token"));
  out.token_file = TRY(file_name(in, "tokenFile", directory));
  out.impersonation.user = TRY(text_or_empty(in, "as"));
  out.impersonation.uid = TRY(text_or_empty(in, "as-uid"));
  out.impersonation.groups = TRY(in.texts("as-groups", 1024, kMaxName));
  if (auto extra = TRY(in.maybe_object("as-user-extra"))) {
    for (const auto& [key, unused] : extra->json().items()) {
      out.impersonation.extra[key] = TRY(extra->texts(key, 64, kMaxName));
    }
  }
  for (const char* field : {"username", "password", "auth-provider"}) {
    if (in.has(field)) {
      out.unsupported = in.path_of(field);
    }
  }
  // Last, since another user's plugin of an unknown version must not make the file unreadable.
  if (auto exec = TRY(in.maybe_object("exec"))) {
    auto plugin = parse_exec_plugin(*exec, directory);
    if (plugin) {
      out.exec = *std::move(plugin);
    } else if (plugin.error().code() == ErrorCode::kUnsupported) {
      out.unsupported = plugin.error().message();
    } else {
      return std::move(plugin).error();
    }
  }
  return out;
}

Result<KubeContext> parse_context(Fields& in, const std::string&) {
  KubeContext out;
  out.cluster = TRY(text_or_empty(in, "cluster"));
  out.user = TRY(text_or_empty(in, "user"));
  out.namespace_ = TRY(text_or_empty(in, "namespace"));
  return out;
}

// A list of {name, <field>: {…}} as a map; the first of a name wins.
template <class T, class Parse>
Result<std::map<std::string, T>> named(Fields& root, std::string_view list, std::string_view field,
                                       const std::string& directory, Parse parse) {
  std::map<std::string, T> out;
  for (Fields& entry : TRY(root.objects(list, kMaxEntries))) {
    auto name = TRY(entry.text("name", kMaxName));
    auto inside = TRY(entry.maybe_object(field));
    if (!inside) {
      out.emplace(std::move(name), T{});  // kubectl writes "user: {}" and takes "user:" too
      continue;
    }
    auto value = TRY(parse(*inside, directory));
    out.emplace(std::move(name), std::move(value));
  }
  return out;
}

Result<Kubeconfig> parse_root(const codec::Json& json, const std::string& directory) {
  auto root = TRY(Fields::of(json, ""));
  const std::string kind = TRY(root.maybe_text("kind", 64)).value_or("Config");
  if (kind != "Config") {
    return malformed("kind: expected Config, got " + kind);
  }
  Kubeconfig out;
  out.current_context = TRY(root.maybe_text("current-context", kMaxName)).value_or("");
  out.clusters = TRY(named<KubeCluster>(root, "clusters", "cluster", directory, parse_cluster));
  out.users = TRY(named<KubeUser>(root, "users", "user", directory, parse_user));
  out.contexts = TRY(named<KubeContext>(root, "contexts", "context", directory, parse_context));
  return out;
}

}  // namespace

Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& path) {
  auto documents = codec::parse_yaml(text, {.max_bytes = kMaxKubeconfigBytes});
  if (!documents) {
    return std::move(documents).error().in(path);
  }
  if (documents->empty() || (documents->size() == 1 && documents->front().is_null())) {
    return Kubeconfig{};  // an empty file is an empty configuration, as for kubectl
  }
  if (documents->size() != 1) {
    return malformed(path + ": more than one YAML document");
  }
  auto config = parse_root(documents->front(), directory_of(path));
  if (!config) {
    return std::move(config).error().in(path);
  }
  return config;
}

void merge(Kubeconfig& into, Kubeconfig more) {
  if (into.current_context.empty()) {
    into.current_context = std::move(more.current_context);
  }
  into.clusters.merge(more.clusters);
  into.users.merge(more.users);
  into.contexts.merge(more.contexts);
}

}  // namespace seaworthy::kube

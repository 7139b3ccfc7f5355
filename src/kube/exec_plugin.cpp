#include "kube/exec_plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

extern char** environ;

namespace seaworthy::kube {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;
constexpr std::chrono::seconds kMaxTime{60};
constexpr std::size_t kMaxText = 64 * 1024;
constexpr const char* kV1 = "client.authentication.k8s.io/v1";
constexpr const char* kV1Beta1 = "client.authentication.k8s.io/v1beta1";

std::vector<std::string> environment_for(const ExecPlugin& plugin, const codec::Json& cluster) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const std::string_view name = entry.substr(0, entry.find('='));
    bool overridden = name == "KUBERNETES_EXEC_INFO";
    for (const auto& [key, unused] : plugin.env) {
      overridden = overridden || name == key;
    }
    if (!overridden) {
      out.emplace_back(entry);
    }
  }
  for (const auto& [key, value] : plugin.env) {
    out.push_back(key + "=" + value);
  }
  codec::Json info = {{"apiVersion", plugin.api_version},
                      {"kind", "ExecCredential"},
                      {"spec", {{"interactive", false}}}};
  if (plugin.provide_cluster_info) {
    info["spec"]["cluster"] = cluster;
  }
  out.push_back("KUBERNETES_EXEC_INFO=" + codec::to_json_text(info));
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

// Everything the child writes, until it closes its end. Empty optional: too much, or too slow.
std::optional<std::string> drain(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + kMaxTime;
  std::string out;
  char piece[16 * 1024];
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
      return std::nullopt;
    }
    const ssize_t n = ::read(fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return out;
    }
    out.append(piece, static_cast<std::size_t>(n));
    if (out.size() > kMaxOutput) {
      return std::nullopt;
    }
  }
}

Result<std::string> output_of(const ExecPlugin& plugin, const codec::Json& cluster) {
  std::vector<std::string> args{plugin.command};
  args.insert(args.end(), plugin.args.begin(), plugin.args.end());
  std::vector<std::string> env = environment_for(plugin, cluster);
  const auto argv = pointers(args);
  const auto envp = pointers(env);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return unavailable(plugin.command + ": no pipe: " + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  pid_t child = -1;
  const int why =
      ::posix_spawnp(&child, plugin.command.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (why != 0) {
    ::close(ends[0]);
    return Error(why == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                 "exec plugin " + plugin.command + ": " + std::strerror(why) +
                     (plugin.install_hint.empty() ? "" : "; " + plugin.install_hint));
  }
  auto output = drain(ends[0]);
  ::close(ends[0]);
  if (!output) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (!output) {
    return unavailable("exec plugin " + plugin.command + ": took longer than a minute, or wrote " +
                       "more than 1 MiB");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return unavailable("exec plugin " + plugin.command + ": failed" +
                       (WIFEXITED(status) ? " with status " + std::to_string(WEXITSTATUS(status))
                                          : std::string(" by a signal")));
  }
  return *std::move(output);
}

}  // namespace

Result<ExecPlugin> parse_exec_plugin(codec::Fields& exec, const std::string& directory) {
  ExecPlugin plugin;
  plugin.api_version = TRY(exec.text("apiVersion", 256));
  if (plugin.api_version != kV1 && plugin.api_version != kV1Beta1) {
    return unsupported(exec.path_of("apiVersion") + ": " + plugin.api_version + " is not " + kV1 +
                       " or " + kV1Beta1);
  }
  plugin.command = TRY(exec.text("command", kMaxText));
  if (plugin.command.find('/') != std::string::npos && plugin.command.front() != '/') {
    plugin.command = directory + "/" + plugin.command;
  }
  plugin.args = TRY(exec.texts("args", 1024, kMaxText));
  for (codec::Fields& entry : TRY(exec.objects("env", 1024))) {
    auto name = TRY(entry.text("name", kMaxText));
    auto value = TRY(entry.maybe_text("value", kMaxText)).value_or("");
    plugin.env.emplace_back(std::move(name), std::move(value));
  }
  plugin.install_hint = TRY(exec.maybe_text("installHint", kMaxText)).value_or("");
  plugin.provide_cluster_info = TRY(exec.maybe_boolean("provideClusterInfo")).value_or(false);
  if (TRY(exec.maybe_text("interactiveMode", 64)).value_or("") == "Always") {
    return unsupported(exec.path_of("interactiveMode") +
                       ": a plugin that must talk to a person cannot be used here");
  }
  return plugin;
}

Result<ExecCredential> parse_exec_credential(const std::string& output,
                                             const std::string& api_version) {
  const auto json = codec::parse_json(output, {.max_bytes = kMaxOutput});
  if (!json) {
    return malformed("exec plugin: the output is not one JSON object");  // it may hold a token
  }
  auto root = TRY(codec::Fields::of(*json, ""));
  const std::string version = TRY(root.text("apiVersion", 256));
  if (version != api_version) {
    return malformed("exec plugin: answered in " + version + ", asked for " + api_version);
  }
  auto status = TRY(root.object("status"));
  ExecCredential out;
  out.token = TRY(status.maybe_text("token", kMaxText)).value_or("");
  out.client_certificate_pem =
      TRY(status.maybe_text("clientCertificateData", kMaxText)).value_or("");
  out.client_key_pem = TRY(status.maybe_text("clientKeyData", kMaxText)).value_or("");
  if (out.client_certificate_pem.empty() != out.client_key_pem.empty()) {
    return malformed("exec plugin: clientCertificateData and clientKeyData go together");
  }
  if (out.token.empty() && out.client_certificate_pem.empty()) {
    return malformed("exec plugin: neither token nor client certificate in the answer");
  }
  if (const auto when = TRY(status.maybe_text("expirationTimestamp", 64))) {
    out.expires = TRY(Time::parse_rfc3339(*when));
  }
  return out;
}

Result<ExecCredential> run_exec_plugin(const ExecPlugin& plugin, const codec::Json& cluster) {
  return parse_exec_credential(TRY(output_of(plugin, cluster)), plugin.api_version);
}

}  // namespace seaworthy::kube

#include "options.h"

#include <CLI/CLI.hpp>

#include "runtime/cli/options.h"

namespace seaworthy::device {
namespace {

constexpr const char* kFooter =
    R"(One container of the node at a time gets the device, by asking for it:
  resources: { limits: { seaworthy.dev/tpm: 1 } }
Metrics, health: GET /metrics, /healthz, /readyz on --health-listen.)";

constexpr std::size_t kMaxIdBytes = 63;        // the API's limit
constexpr std::size_t kMaxResourceBytes = 64;  // with the folder it becomes the name of a socket

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string check_path(const std::string& text) {
  return !text.empty() && text.front() == '/' && text.find("/../") == std::string::npos
             ? ""
             : "an absolute path is needed, not \"" + text + "\"";
}

std::string check_device(const std::string& text) {
  const std::string id = last_part(text);
  if (id.empty() || id.size() > kMaxIdBytes) {
    return "the last part of the path names the device: 1 to 63 characters";
  }
  return check_path(text);
}

// The kubelet knows the whole rule, and says what it does not like.
std::string check_resource(const std::string& text) {
  const std::size_t slash = text.find('/');
  const bool good = slash != std::string::npos && slash > 0 && slash + 1 < text.size() &&
                    text.find('/', slash + 1) == std::string::npos &&
                    text.size() <= kMaxResourceBytes;
  return good ? "" : "a resource is called DOMAIN/NAME, with 64 characters at most";
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app{
      "Seaworthy's device plugin: offers this node's TPM to the kubelet, so that the agent can "
      "open "
      "it without being privileged.",
      "seaworthy-device"};
  app.footer(kFooter);
  app.set_version_flag("--version", "seaworthy-device " SEAWORTHY_VERSION);
  app.add_option("--resource", options.resource, "What containers ask for")
      ->type_name("DOMAIN/NAME")
      ->check(CLI::Validator(check_resource, ""))
      ->capture_default_str();
  app.add_option("--device", options.device, "The device node, on the node and in the container")
      ->type_name("PATH")
      ->check(CLI::Validator(check_device, ""))
      ->capture_default_str();
  app.add_option("--present-while", options.presence,
                 "The device is there while this exists. By default what the kernel shows of it in "
                 "sysfs, which every container sees")
      ->type_name("PATH")
      ->check(CLI::Validator(check_path, ""))
      ->capture_default_str();
  app.add_option("--kubelet-folder", options.folder,
                 "Where the kubelet's socket for device plugins is, and ours will be")
      ->type_name("FOLDER")
      ->check(CLI::Validator(check_path, ""))
      ->capture_default_str();
  runtime::cli::add_listen(app, "--health-listen", "Where health and metrics are served (HTTP)",
                           options.health_address, options.health_port);
  runtime::cli::add_log_level(app, options.log_level);
  runtime::cli::add_log_format(app, options.log_format);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return {options, app.exit(e) == 0 ? 0 : 2}; }
  options.id = last_part(options.device);
  return {options, -1};
}

}  // namespace seaworthy::device

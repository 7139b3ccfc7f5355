#include "options.h"

#include <CLI/CLI.hpp>

#include "http/url.h"

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
  std::string listen = "[::]:8080";
  std::string level = "info";
  std::string format;
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
  app.add_option("--health-listen", listen, "Where health and metrics are served (HTTP)")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--log-level", level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--log-format", format, "json or text; default: text on a terminal, else json")
      ->check(CLI::IsMember({"json", "text"}));
  try {
    app.parse(argc, argv);
    const auto address = http::parse_listen_address(listen);
    if (!address) {
      throw CLI::ValidationError("--health-listen", address.error().message());
    }
    options.health_address = address->address;
    options.health_port = address->port;
  } catch (const CLI::ParseError& e) { return {options, app.exit(e) == 0 ? 0 : 2}; }
  options.id = last_part(options.device);
  if (const auto parsed = telemetry::parse_level(level)) {
    options.log_level = *parsed;
  }
  options.log_format = format.empty()     ? telemetry::stderr_format()
                       : format == "text" ? telemetry::Format::kText
                                          : telemetry::Format::kJson;
  return {options, -1};
}

}  // namespace seaworthy::device

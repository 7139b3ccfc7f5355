#include "runtime/cli/options.h"

#include <CLI/CLI.hpp>

#include "http/url.h"

namespace seaworthy::runtime::cli {

void add_listen(CLI::App& app, const std::string& names, const char* help, std::string& address,
                std::uint16_t& port) {
  const std::string name = names.substr(0, names.find(','));
  app.add_option_function<std::string>(
         names,
         [name, &address, &port](const std::string& text) {
           const auto listen = http::parse_listen_address(text);
           if (!listen) {
             throw CLI::ValidationError(name, listen.error().message());
           }
           address = listen->address;
           port = listen->port;
         },
         help)
      ->type_name("ADDRESS:PORT")
      ->default_str("[" + address + "]:" + std::to_string(port));
}

void add_log_level(CLI::App& app, telemetry::Level& level) {
  app.add_option_function<std::string>(
         "--log-level",
         [&level](const std::string& text) { level = *telemetry::parse_level(text); },
         "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->default_str(std::string(telemetry::name(level)));
}

void add_log_format(CLI::App& app, telemetry::Format& format) {
  format = telemetry::stderr_format();
  app.add_option_function<std::string>(
         "--log-format",
         [&format](const std::string& text) {
           format = text == "text" ? telemetry::Format::kText : telemetry::Format::kJson;
         },
         "json or text; default: text on a terminal, else json")
      ->check(CLI::IsMember({"json", "text"}));
}

}  // namespace seaworthy::runtime::cli

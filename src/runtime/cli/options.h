// Options that every program of ours has, so that they are called and explained alike. On CLI11.
// What is given here is written while the command line is parsed, and outlives that.
#pragma once

#include <cstdint>
#include <string>

#include "telemetry/log.h"

namespace CLI {
class App;
}

namespace seaworthy::runtime::cli {

// ADDRESS:PORT under `names` ("--listen", or several with commas); the default is what the two
// hold. An address that is none is a usage error.
void add_listen(CLI::App& app, const std::string& names, const char* help, std::string& address,
                std::uint16_t& port);
// --log-level; the default is what `level` holds.
void add_log_level(CLI::App& app, telemetry::Level& level);
// --log-format; without it `format` becomes what suits standard error.
void add_log_format(CLI::App& app, telemetry::Format& format);

}  // namespace seaworthy::runtime::cli

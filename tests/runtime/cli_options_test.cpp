#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "runtime/cli/options.h"

namespace seaworthy::runtime::cli {
namespace {

struct Program {
  std::string address = "::";
  std::uint16_t port = 8080;
  telemetry::Level level = telemetry::Level::kInfo;
  telemetry::Format format = telemetry::Format::kJson;
  CLI::App app;

  Program() {
    add_listen(app, "--listen,--address", "where", address, port);
    add_log_level(app, level);
    add_log_format(app, format);
  }
  void parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it
    app.parse(std::move(arguments));
  }
};

TEST(CliOptions, WithoutOptionsTheDefaultsStandAndTheHelpShowsThem) {
  Program program;
  program.parse({});
  EXPECT_EQ(program.address, "::");
  EXPECT_EQ(program.port, 8080);
  EXPECT_EQ(program.level, telemetry::Level::kInfo);
  const std::string help = program.app.help();
  EXPECT_NE(help.find("[::]:8080"), std::string::npos) << help;
  EXPECT_NE(help.find("info"), std::string::npos) << help;
}

TEST(CliOptions, TakesEveryNameOfAnOption) {
  Program program;
  program.parse({"--address", "127.0.0.1:9", "--log-level", "debug", "--log-format", "text"});
  EXPECT_EQ(program.address, "127.0.0.1");
  EXPECT_EQ(program.port, 9);
  EXPECT_EQ(program.level, telemetry::Level::kDebug);
  EXPECT_EQ(program.format, telemetry::Format::kText);
}

TEST(CliOptions, WhatIsWrongIsAUsageErrorThatNamesTheOption) {
  try {
    Program().parse({"--address", "nowhere"});
    FAIL() << "was taken";
  } catch (const CLI::ParseError& e) {
    EXPECT_NE(std::string(e.what()).find("--listen"), std::string::npos) << e.what();
  }
  EXPECT_THROW(Program().parse({"--log-level", "loud"}), CLI::ParseError);
  EXPECT_THROW(Program().parse({"--log-format", "xml"}), CLI::ParseError);
}

}  // namespace
}  // namespace seaworthy::runtime::cli

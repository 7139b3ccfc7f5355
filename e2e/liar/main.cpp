// seaworthy-liar: a hostile agent, for tests. See README.md.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "lies.h"

namespace seaworthy::liar {
namespace {

const Lie* find(const std::string& name) {
  for (const auto& lies : {quote_lies(), boot_log_lies(), ima_lies(), identity_lies()}) {
    for (const Lie& lie : lies) {
      if (lie.name == name) {
        return &lie;
      }
    }
  }
  return nullptr;
}

std::string list() {
  std::string out = "Lies:\n";
  for (const auto& lies : {quote_lies(), boot_log_lies(), ima_lies(), identity_lies()}) {
    for (const Lie& lie : lies) {
      out += "  " + std::string(lie.name) + " (" + std::string(lie.number) + ")\n";
    }
  }
  return out;
}

int program(int argc, char** argv) {
  ::setenv("TSS2_LOG", "all+none", 0);
  CLI::App app(
      "A hostile agent, for tests: what an attacker with root on a node may tell the verifier.");
  app.footer(list());
  Options options;
  std::string name;
  app.add_option("LIE", name)->required();
  app.add_option("--volumes", options.volumes, "of the agent's pod: token and CA are read there")
      ->required();
  app.add_option("--runtime", options.runtime, "folder with tpm.sock, boot log and IMA list");
  app.add_option("--verifier", options.verifier_url);
  CLI11_PARSE(app, argc, argv);
  const Lie* lie = find(name);
  if (lie == nullptr) {
    std::cerr << "no such lie: " << name << '\n' << list();
    return 2;
  }
  auto node = Node::create(std::move(options));
  const auto told = node ? lie->tell(**node) : Result<void>(node.error());
  if (!told) {
    std::cerr << "seaworthy-liar: " << told.error().message() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace seaworthy::liar

int main(int argc, char** argv) {
  return seaworthy::liar::program(argc, argv);
}

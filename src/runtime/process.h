// One process: its parts, started in order and stopped in reverse, and what ends it.
//
//   Process process(log, {.health = &health, .drain_delay = 5s});   // before any thread
//   process.add_server("webhook", server, handler);                // one line per part
//   process.add_thread("leader", [&](std::stop_token stop) { … });
//   return process.run();
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "http/server.h"
#include "runtime/health.h"
#include "telemetry/log.h"

namespace seaworthy::runtime {

struct Component {
  std::string name;

  // Returns when the part is up. The token fires when the process is to stop: return then. An
  // error ends the process. May be empty.
  std::function<Result<void>(std::stop_token)> start;
  std::chrono::milliseconds start_patience{60'000};

  // Returns when the part is down, for which it has `patience`. Called if start() has returned
  // without error. May be empty.
  std::function<void(std::chrono::milliseconds patience)> stop;
  std::chrono::milliseconds stop_patience{10'000};
};

class Process {
 public:
  struct Options {
    Health* health = nullptr;  // told when stopping begins
    // Between that and the first stop: serving goes on until everybody has seen that we are not
    // ready any more.
    std::chrono::milliseconds drain_delay{0};
    // How much longer than its patience a part may take before the process is ended without it.
    std::chrono::milliseconds grace{2'000};
  };

  // Blocks SIGTERM and SIGINT in this thread and so in all that are started later: construct it
  // first. The log outlives it.
  Process(const telemetry::Log& log, Options options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void add(Component component);
  // A part that is a loop. It returns when its token fires; returning before, with or without an
  // error, ends the process with exit code 1.
  void add_thread(std::string name, std::function<Result<void>(std::stop_token)> body,
                  std::chrono::milliseconds stop_patience = std::chrono::milliseconds(10'000));
  // An HTTP server: start, then drain().
  void add_server(std::string name, http::Server& server, http::Handler handler,
                  std::chrono::milliseconds drain_patience = std::chrono::milliseconds(10'000));

  // Starts everything, waits for SIGTERM, SIGINT, stop() or fail(), stops what was started.
  // The exit code: 0 after a signal or stop(), 1 if a part failed. A second signal, or a part
  // that does not start or stop in its time, ends the process at once: _exit(3), without
  // destructors, because somebody is stuck.
  int run();

  // From any thread: end in good order.
  void stop();
  // From any thread: likewise, because of an error of the part `name`. The first one is logged.
  void fail(const std::string& name, const Error& error);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

inline constexpr int kExitStuck = 3;

}  // namespace seaworthy::runtime

// Keeps a copy of a collection current: LIST, then WATCH from its resourceVersion, for ever.
// Behaviour of client-go's tools/cache/reflector.go (v0.36): resume at the last RV, bookmarks,
// 410 → list again (last RV first, then the newest), jittered backoff 0.8 s × 2 up to 30 s.
//
// ReflectorState decides and is pure; Reflector is the thread that does what it says.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"

namespace seaworthy::kube {

// Delay between failures: `initial` × 2ⁿ up to `cap`, times a random factor in [1, 1 + jitter).
// Starts anew when nothing failed for `reset_after`.
struct BackoffConfig {
  std::chrono::milliseconds initial{800};
  std::chrono::milliseconds cap{30'000};
  double jitter = 1.0;
  std::chrono::milliseconds reset_after{120'000};
};
class Backoff {
 public:
  explicit Backoff(BackoffConfig config) : config_(config) {}
  // `dice` is random in [0, 1).
  std::chrono::milliseconds next(Monotonic now, double dice);

 private:
  BackoffConfig config_;
  std::chrono::milliseconds base_{0};
  std::optional<Monotonic> last_;
};

// What the thread is to do next.
struct DoList {
  std::string resource_version;  // empty when continuing or when the newest is needed
  std::string continue_token;
  bool operator==(const DoList&) const = default;
};
struct DoWatch {
  std::string resource_version;
  bool operator==(const DoWatch&) const = default;
};
struct DoWait {
  std::chrono::milliseconds time;
  bool operator==(const DoWait&) const = default;
};
using ReflectorAction = std::variant<DoList, DoWatch, DoWait>;

// What came of it.
struct Listed {
  std::string resource_version;
  std::string continue_token;  // not empty: there is more
};
struct WatchEnded {
  std::chrono::milliseconds lasted;
  std::size_t events = 0;  // bookmarks included
};
struct Waited {};
using ReflectorEvent = std::variant<Listed, WatchEnded, NotNow, Error, Waited>;

// A table of transitions; no clock, no randomness of its own.
class ReflectorState {
 public:
  explicit ReflectorState(BackoffConfig backoff = {}) : backoff_(backoff) {}

  ReflectorAction start();
  ReflectorAction next(const ReflectorEvent& event, Monotonic now, double dice);
  // Every object or bookmark seen on a watch.
  void saw(const std::string& resource_version);

  const std::string& last_resource_version() const { return last_rv_; }

 private:
  enum class Doing { kListing, kWatching, kWaiting };
  ReflectorAction list();
  ReflectorAction watch();
  ReflectorAction wait(std::chrono::milliseconds at_least, ReflectorAction then, Monotonic now,
                       double dice);

  Backoff backoff_;
  Doing doing_ = Doing::kListing;
  std::string last_rv_;          // "" before the first list
  bool rv_unavailable_ = false;  // the last RV is gone: ask for the newest
  bool paging_ = false;
  std::optional<ReflectorAction> after_wait_;
};

// Interruptible waiting, so that tests need no wall time.
using Sleep = std::function<void(std::chrono::milliseconds, std::stop_token)>;
Sleep real_sleep();

// Who keeps the copy. Called on the reflector's thread only.
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;
  virtual void replace(std::vector<Json> all) = 0;  // a complete list
  virtual void upsert(Json object) = 0;
  virtual void remove(Json last_state) = 0;
  virtual void contact() = 0;                   // the server just confirmed that we are current
  virtual void failed(const Error& error) = 0;  // for a log line; the reflector goes on
};

struct ReflectorConfig {
  std::string namespace_ = {};
  std::string label_selector = {};
  std::string field_selector = {};
  Content content = Content::kWhole;
  // How long one watch lasts; the real one is random in [this, 2 × this). Bookmarks come just
  // before the end, so this also bounds how old the last contact of a quiet collection may be.
  std::chrono::seconds watch_timeout{300};
  std::uint32_t page_size = 500;
  BackoffConfig backoff = {};
};

// Runs until `stop`. The references outlive the call.
class Reflector {
 public:
  Reflector(Client& client, const Resource& resource, ReflectorConfig config, const Clock& clock,
            Random& random, Sleep sleep, ReflectorSink& sink);
  void run(std::stop_token stop);

 private:
  ReflectorEvent perform(const DoList& action, std::stop_token stop);
  ReflectorEvent perform(const DoWatch& action, std::stop_token stop);
  ReflectorEvent perform(const DoWait& action, std::stop_token stop);
  double dice();

  Client& client_;
  Resource resource_;
  ReflectorConfig config_;
  const Clock& clock_;
  Random& random_;
  Sleep sleep_;
  ReflectorSink& sink_;
  ReflectorState state_;
  std::vector<Json> pages_;
};

}  // namespace seaworthy::kube

// Events (events.k8s.io/v1) for people: what `kubectl describe` shows. Best effort: an Event may be
// lost, nothing may wait for one and nothing may depend on one.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/reflector.h"

namespace seaworthy::kube {

struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string namespace_;
  std::string uid;
  auto operator<=>(const ObjectReference&) const = default;
};
ObjectReference reference_to(const Resource& resource, const ObjectKey& key, std::string uid);

enum class EventType : std::uint8_t { kNormal, kWarning };

struct EventNote {
  ObjectReference regarding = {};
  EventType type = EventType::kNormal;
  std::string reason = {};  // CamelCase, ≤ 128 bytes
  std::string action = {};  // CamelCase, ≤ 128 bytes: what we did
  std::string note = {};    // for people; cut to 1024 bytes
  // Not sent. The note of a series is that of its first event and cannot be changed, so events
  // whose notes say different things are of different topics: one word of a bounded vocabulary.
  std::string topic = {};
};

// Thread-safe. record() never blocks on the API server: beyond the bound notes are dropped and
// counted. The same event (all but the note equal) within 6 minutes becomes a series: one object,
// its count rising, patched at most every `refresh`.
class EventRecorder {
 public:
  struct Options {
    std::string controller = "seaworthy.dev/seaworthy";  // qualified name
    std::string instance = {};                           // ≤ 128 bytes: the pod's name
    std::size_t max_queued = 1000;
    std::size_t max_series = 4096;  // remembered; beyond, the oldest is forgotten
    std::chrono::milliseconds series_end{6 * 60'000};
    std::chrono::milliseconds refresh{30'000};
  };
  EventRecorder(Client& client, Options options, const Clock& clock);
  ~EventRecorder() { stop(); }

  void start();
  void stop();  // sends nothing more

  void record(EventNote note) EXCLUDES(mutex_);
  std::size_t dropped() const EXCLUDES(mutex_);

  // Sends what is queued, on the calling thread; public for tests and for a last word.
  void flush(std::stop_token stop) EXCLUDES(mutex_);

 private:
  struct Series {
    std::string namespace_;
    std::string name;
    int count = 1;
    Monotonic last;
    Monotonic sent;
  };
  using SeriesKey = std::tuple<ObjectReference, EventType, std::string, std::string, std::string>;
  void send(const EventNote& note, std::stop_token stop);
  Json event_json(const EventNote& note, const std::string& name) const;

  Client& client_;
  Options options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<EventNote> queue_ GUARDED_BY(mutex_);
  std::size_t dropped_ GUARDED_BY(mutex_) = 0;
  std::map<SeriesKey, Series> series_;  // of the sending thread only
  std::uint64_t serial_ = 0;            // likewise
  std::jthread thread_;
};

}  // namespace seaworthy::kube

#include "kube/events.h"

#include <algorithm>

namespace seaworthy::kube {
namespace {

constexpr std::size_t kMaxWord = 128;   // reason, action, reportingInstance
constexpr std::size_t kMaxNote = 1024;  // validation/events.go
constexpr std::size_t kMaxName = 200;   // of a DNS subdomain of 253, with room for the suffix
constexpr std::chrono::milliseconds kSendTime{5'000};

// Cuts text at a byte limit without cutting a UTF-8 sequence.
std::string cut(std::string text, std::size_t max) {
  if (text.size() <= max) {
    return text;
  }
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) {
    --max;
  }
  text.resize(max);
  return text;
}

std::string hex(std::uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return out;
}

}  // namespace

ObjectReference reference_to(const Resource& resource, const ObjectKey& key, std::string uid) {
  return {resource.api_version(), std::string(resource.kind), key.name, key.namespace_,
          std::move(uid)};
}

EventRecorder::EventRecorder(Client& client, Options options, const Clock& clock)
    : client_(client), options_(std::move(options)), clock_(clock) {}

void EventRecorder::start() {
  thread_ = std::jthread([this](std::stop_token stop) {
    const std::stop_callback wake(stop, [this] {
      MutexLock lock(mutex_);
      changed_.notify_all();
    });
    while (!stop.stop_requested()) {
      {
        MutexLock lock(mutex_);
        while (queue_.empty() && !stop.stop_requested()) {
          changed_.wait(mutex_);
        }
      }
      flush(stop);
    }
  });
}

void EventRecorder::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void EventRecorder::record(EventNote note) {
  MutexLock lock(mutex_);
  if (queue_.size() >= options_.max_queued) {
    ++dropped_;
    return;
  }
  queue_.push_back(std::move(note));
  changed_.notify_one();
}

std::size_t EventRecorder::dropped() const {
  MutexLock lock(mutex_);
  return dropped_;
}

void EventRecorder::flush(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::optional<EventNote> note;
    {
      MutexLock lock(mutex_);
      if (queue_.empty()) {
        return;
      }
      note = std::move(queue_.front());
      queue_.pop_front();
    }
    send(*note, stop);
  }
}

Json EventRecorder::event_json(const EventNote& note, const std::string& name) const {
  const ObjectReference& about = note.regarding;
  const std::string where = about.namespace_.empty() ? "default" : about.namespace_;
  Json regarding = {{"apiVersion", about.api_version}, {"kind", about.kind}, {"name", about.name}};
  if (!about.namespace_.empty()) {
    regarding["namespace"] = about.namespace_;
  }
  if (!about.uid.empty()) {
    regarding["uid"] = about.uid;
  }
  return {{"apiVersion", kEvents.api_version()},
          {"kind", "Event"},
          {"metadata", {{"name", name}, {"namespace", where}}},
          {"eventTime", clock_.now().rfc3339_micro()},
          {"reportingController", options_.controller},
          {"reportingInstance",
           cut(options_.instance.empty() ? "unknown" : options_.instance, kMaxWord)},
          {"action", cut(note.action, kMaxWord)},
          {"reason", cut(note.reason, kMaxWord)},
          {"note", cut(note.note, kMaxNote)},
          {"type", note.type == EventType::kNormal ? "Normal" : "Warning"},
          {"regarding", std::move(regarding)}};
}

void EventRecorder::send(const EventNote& note, std::stop_token stop) {
  const Monotonic now = clock_.monotonic();
  const SeriesKey key{note.regarding, note.type, note.reason, note.action, note.topic};
  const auto known = series_.find(key);
  if (known != series_.end() && now - known->second.last < options_.series_end) {
    Series& series = known->second;
    ++series.count;
    series.last = now;
    if (series.count > 2 && now - series.sent < options_.refresh) {
      return;  // counted; told with the next one
    }
    const Json patch = {
        {"series", {{"count", series.count}, {"lastObservedTime", clock_.now().rfc3339_micro()}}}};
    const auto done = client_.patch(kEvents, {series.namespace_, series.name}, PatchType::kMerge,
                                    patch, {}, call_within(clock_, kSendTime, stop));
    series.sent = now;
    if (done || done.error().code() != ErrorCode::kNotFound) {
      return;  // an Event that could not be counted up is no reason to make another
    }
    // It has expired in the meantime: begin anew.
  }
  const std::string name = cut(note.regarding.name, kMaxName) + "." +
                           hex(static_cast<std::uint64_t>(clock_.now().unix_millis().count())) +
                           "-" + hex(++serial_);
  const Json event = event_json(note, name);
  const auto created = create_event(client_, event, call_within(clock_, kSendTime, stop));
  if (!created) {
    MutexLock lock(mutex_);
    ++dropped_;
    return;
  }
  if (series_.size() >= options_.max_series && known == series_.end()) {
    series_.erase(std::min_element(
        series_.begin(), series_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  }
  series_[key] = {key_of(event).namespace_, name, 1, now, now};
}

}  // namespace seaworthy::kube

#include "kube/reflector.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace seaworthy::kube {
namespace {

constexpr std::chrono::milliseconds kListTime{60'000};

}  // namespace

Sleep real_sleep() {
  return [](std::chrono::milliseconds time, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::move(stop), time, [] { return false; });
  };
}

Reflector::Reflector(Client& client, const Resource& resource, ReflectorConfig config,
                     const Clock& clock, Random& random, Sleep sleep, ReflectorSink& sink)
    : client_(client),
      resource_(resource),
      config_(std::move(config)),
      clock_(clock),
      random_(random),
      sleep_(std::move(sleep)),
      sink_(sink),
      state_(config_.backoff) {}

double Reflector::dice() {
  ByteArray<4> bytes;
  random_.fill(bytes);
  const std::uint32_t value = static_cast<std::uint32_t>(bytes[0]) << 24 |
                              static_cast<std::uint32_t>(bytes[1]) << 16 |
                              static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
  return static_cast<double>(value) / 4294967296.0;
}

void Reflector::run(std::stop_token stop) {
  ReflectorAction action = state_.start();
  while (!stop.stop_requested()) {
    ReflectorEvent event =
        std::visit([&](const auto& what) { return perform(what, stop); }, action);
    if (stop.stop_requested()) {
      return;
    }
    if (const auto* error = std::get_if<Error>(&event)) {
      sink_.failed(*error);
    } else if (const auto* later = std::get_if<NotNow>(&event)) {
      sink_.failed(unavailable(std::string(resource_.plural) + ": " + later->message));
    }
    action = state_.next(event, clock_.monotonic(), dice());
  }
}

ReflectorEvent Reflector::perform(const DoWait& action, std::stop_token stop) {
  sleep_(action.time, std::move(stop));
  return Waited{};
}

ReflectorEvent Reflector::perform(const DoList& action, std::stop_token stop) {
  if (action.continue_token.empty()) {
    pages_.clear();
  }
  // "0" is answered from the server's cache, which does not page.
  const ListOptions options{.namespace_ = config_.namespace_,
                            .label_selector = config_.label_selector,
                            .field_selector = config_.field_selector,
                            .resource_version = action.resource_version,
                            .limit = action.resource_version.empty() ? config_.page_size : 0,
                            .continue_token = action.continue_token,
                            .content = config_.content};
  auto answer = client_.list_page(resource_, options, call_within(clock_, kListTime, stop));
  if (!answer) {
    return std::move(answer).error();
  }
  if (auto* later = std::get_if<NotNow>(&*answer)) {
    return std::move(*later);
  }
  auto& page = std::get<ListPage>(*answer);
  std::move(page.items.begin(), page.items.end(), std::back_inserter(pages_));
  if (page.continue_token.empty()) {
    sink_.replace(std::move(pages_));
    pages_.clear();
    sink_.contact();
  }
  return Listed{std::move(page.resource_version), std::move(page.continue_token)};
}

ReflectorEvent Reflector::perform(const DoWatch& action, std::stop_token stop) {
  using std::chrono::seconds;
  const seconds timeout(static_cast<std::int64_t>(
      static_cast<double>(config_.watch_timeout.count()) * (1.0 + dice())));
  // The server ends the watch by itself; a dead connection is noticed a little later.
  const seconds grace = std::clamp(timeout / 3, seconds(5), seconds(30));
  const WatchOptions options{.namespace_ = config_.namespace_,
                             .label_selector = config_.label_selector,
                             .field_selector = config_.field_selector,
                             .resource_version = action.resource_version,
                             .timeout = std::max(timeout, seconds(1)),
                             .content = config_.content};
  const Monotonic began = clock_.monotonic();
  std::size_t events = 0;
  auto end = client_.watch(
      resource_, options, call_within(clock_, timeout + grace, stop), [&](WatchEvent event) {
        ++events;
        const std::string version = resource_version_of(event.object);
        switch (event.type) {
          case WatchEvent::Type::kAdded:
          case WatchEvent::Type::kModified:
            sink_.upsert(std::move(event.object));
            break;
          case WatchEvent::Type::kDeleted:
            sink_.remove(std::move(event.object));
            break;
          case WatchEvent::Type::kBookmark:
            break;
        }
        state_.saw(version);
        sink_.contact();
        return stop.stop_requested() ? http::Flow::kStop : http::Flow::kContinue;
      });
  if (!end) {
    return std::move(end).error();
  }
  if (auto* later = std::get_if<NotNow>(&*end)) {
    return std::move(*later);
  }
  if (std::get<WatchClosed>(*end) == WatchClosed::kOrderly) {
    sink_.contact();
  }
  return WatchEnded{clock_.monotonic() - began, events};
}

}  // namespace seaworthy::kube

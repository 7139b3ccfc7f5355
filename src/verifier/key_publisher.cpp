#include "verifier/key_publisher.h"

#include <algorithm>

namespace seaworthy::verifier {
namespace {

constexpr milliseconds kFirstPause{500};
constexpr milliseconds kLongestPause{30'000};

}  // namespace

void KeyPublisher::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void KeyPublisher::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

bool KeyPublisher::published() const {
  MutexLock lock(mutex_);
  return published_;
}

void KeyPublisher::observed(bool entry_present) {
  MutexLock lock(mutex_);
  if (published_ && !entry_present) {
    missing_ = true;
    changed_.notify_all();
  }
}

void KeyPublisher::run(std::stop_token stop) {
  milliseconds pause = kFirstPause;
  while (!stop.stop_requested()) {
    const auto written = signer_.publish(client_, namespace_, clock_.now(),
                                         kube::call_within(clock_, kube::kUsualCallTime, stop));
    milliseconds wait = kKeyRenewal;
    if (written) {
      pause = kFirstPause;
    } else {
      problem_("cannot publish the signing key: " + written.error().message());
      wait = pause;
      pause = std::min(pause * 2, kLongestPause);
    }
    std::unique_lock<Mutex> lock(mutex_);
    published_ = published_ || written.has_value();
    missing_ = false;
    changed_.wait_for(lock, stop, wait, [this]() NO_THREAD_SAFETY_ANALYSIS { return missing_; });
  }
}

}  // namespace seaworthy::verifier

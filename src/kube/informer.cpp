#include "kube/informer.h"

#include <algorithm>

namespace seaworthy::kube {

InformerBase::InformerBase(Client& client, const Resource& resource, ReflectorConfig config,
                           const Clock& clock, Random& random, Sleep sleep)
    : resource_(resource),
      clock_(clock),
      reflector_(client, resource, std::move(config), clock, random, std::move(sleep), *this) {}

void InformerBase::start() {
  thread_ = std::jthread([this](std::stop_token stop) { reflector_.run(std::move(stop)); });
}

void InformerBase::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

bool InformerBase::wait_for_sync(std::chrono::milliseconds time, std::stop_token stop) {
  const std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    changed_.notify_all();
  });
  const auto until = std::chrono::steady_clock::now() + time;
  MutexLock lock(mutex_);
  while (!synced_.load() && !stop.stop_requested() && std::chrono::steady_clock::now() < until) {
    changed_.wait_until(mutex_, until);
  }
  return synced_.load();
}

std::optional<Monotonic> InformerBase::last_contact() const {
  MutexLock lock(mutex_);
  return contact_;
}

std::optional<std::string> InformerBase::last_error() const {
  MutexLock lock(mutex_);
  return error_;
}

void InformerBase::replace(std::vector<Json> all) {
  store_all(std::move(all));
  MutexLock lock(mutex_);
  synced_.store(true);
  changed_.notify_all();
}

void InformerBase::upsert(Json object) {
  store_one(std::move(object));
}
void InformerBase::remove(Json last_state) {
  forget_one(key_of(last_state));
}

void InformerBase::contact() {
  MutexLock lock(mutex_);
  contact_ = clock_.monotonic();
  error_.reset();
}

void InformerBase::failed(const Error& error) {
  MutexLock lock(mutex_);
  error_ = error.message();
}

}  // namespace seaworthy::kube

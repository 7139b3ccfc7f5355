#include "http/beast/core.h"

#include <vector>

namespace seaworthy::http::beast {

Response Core::handle(const Request& request, const std::stop_token& stop) {
  std::string why;
  try {
    Response response = handler_(request, stop);
    const auto sendable = check_sendable(response);
    if (sendable) {
      return response;
    }
    why = sendable.error().message();
  } catch (const std::exception& e) { why = e.what(); } catch (...) {
    why = "something that is no std::exception";
  }
  problem("handler failed for " + request.method + " " + std::string(request.path()) + ": " + why);
  return text_response(500, "internal error");
}

void Core::problem(std::string_view text) {
  if (!config_.on_problem) {
    return;
  }
  {
    MutexLock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - problems_since_ > std::chrono::seconds(1)) {
      problems_since_ = now;
      problems_ = 0;
    }
    if (++problems_ > kProblemsPerSecond) {
      return;
    }
  }
  config_.on_problem(text);
}

bool Core::admit(const std::shared_ptr<Connection>& connection) {
  MutexLock lock(mutex_);
  if (draining_ || open_.size() >= config_.limits.max_connections) {
    return false;
  }
  open_.emplace(connection.get(), connection);
  return true;
}

void Core::forget(const Connection* connection) {
  MutexLock lock(mutex_);
  open_.erase(connection);
  if (open_.empty()) {
    changed_.notify_all();
  }
}

std::size_t Core::open() const {
  MutexLock lock(mutex_);
  return open_.size();
}

bool Core::drain(std::chrono::milliseconds patience) {
  std::vector<std::shared_ptr<Connection>> all;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    for (const auto& [key, weak] : open_) {
      if (auto connection = weak.lock()) {
        all.push_back(std::move(connection));
      }
    }
  }
  for (const auto& connection : all) {
    connection->notice_drain();
  }
  all.clear();
  MutexLock lock(mutex_);
  return changed_.wait_until(mutex_, std::chrono::steady_clock::now() + patience,
                             [this]() NO_THREAD_SAFETY_ANALYSIS { return open_.empty(); });
}

void Core::cut_all() {
  stop_.request_stop();
  std::vector<std::shared_ptr<Connection>> all;
  {
    MutexLock lock(mutex_);
    for (const auto& [key, weak] : open_) {
      if (auto connection = weak.lock()) {
        all.push_back(std::move(connection));
      }
    }
  }
  for (const auto& connection : all) {
    connection->cut();
  }
}

}  // namespace seaworthy::http::beast

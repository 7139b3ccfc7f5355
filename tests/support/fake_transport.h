// An http::Client without a network: replays scripts, in order, one per call.
//
//   FakeTransport transport;
//   transport.answer({.status = 429, .retry_after = seconds(3)});
//   transport.stream({"{\"type\":\"ADD", "ED\"}\n"}, FakeTransport::End::kEarly);
#pragma once

#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "http/client.h"

namespace seaworthy::testing {

// Thread-safe. A call without a script left is kUnavailable ("connection refused").
class FakeTransport final : public http::Client {
 public:
  enum class End {
    kProper,   // the server ends the body
    kEarly,    // the connection breaks: kUnavailable
    kHangs,    // nothing more comes until the stop token fires (kCancelled); without one: kDeadline
    kEndless,  // the last piece comes again and again
  };

  // One response, whole.
  void answer(http::Response response) {
    add({std::move(response), {}, End::kProper, std::nullopt});
  }
  // A body in pieces. In send() they are joined.
  void stream(std::vector<std::string> pieces, End end = End::kProper, int status = 200) {
    add({http::Response{.status = status}, std::move(pieces), end, std::nullopt});
  }
  void fail(Error error) { add({{}, {}, End::kProper, std::move(error)}); }

  std::vector<http::Request> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }
  std::size_t scripts_left() const {
    MutexLock lock(mutex_);
    return scripts_.size();
  }

  Result<http::Response> send(const http::Request& request, Deadline /*deadline*/,
                              std::stop_token stop) override {
    return replay(request, stop, nullptr);
  }
  Result<http::Response> stream(const http::Request& request, Deadline /*deadline*/,
                                std::stop_token stop, const http::ChunkSink& sink) override {
    return replay(request, stop, &sink);
  }

 private:
  struct Script {
    http::Response response;
    std::vector<std::string> pieces;
    End end;
    std::optional<Error> error;
  };

  void add(Script script) {
    MutexLock lock(mutex_);
    scripts_.push_back(std::move(script));
  }

  Result<http::Response> replay(const http::Request& request, const std::stop_token& stop,
                                const http::ChunkSink* sink) {
    Script script;
    {
      MutexLock lock(mutex_);
      requests_.push_back(request);
      if (scripts_.empty()) {
        return unavailable("no connection: refused, or no route");
      }
      script = std::move(scripts_.front());
      scripts_.pop_front();
    }
    if (stop.stop_requested()) {
      return Error(ErrorCode::kCancelled, "stopped by us");
    }
    if (script.error) {
      return *script.error;
    }
    http::Response response = std::move(script.response);
    const bool streaming = sink != nullptr && response.ok();
    std::string all = std::exchange(response.body, "");
    if (!all.empty()) {
      script.pieces.insert(script.pieces.begin(), std::move(all));
    }
    for (std::size_t i = 0; i < script.pieces.size();) {
      const std::string& piece = script.pieces[i];
      if (stop.stop_requested()) {
        return Error(ErrorCode::kCancelled, "stopped by us");
      }
      if (streaming) {
        if ((*sink)(piece) == http::Flow::kStop) {
          return response;
        }
      } else if (response.body.size() + piece.size() > request.max_response_bytes) {
        return malformed("the response is larger than " +
                         std::to_string(request.max_response_bytes) + " bytes");
      } else {
        response.body += piece;
      }
      const bool last = i + 1 == script.pieces.size();
      i += last && script.end == End::kEndless && !piece.empty() ? 0 : 1;
    }
    switch (script.end) {
      case End::kEarly:
        return unavailable("the connection ended before the response");
      case End::kHangs:
        return hang(stop);
      case End::kProper:
      case End::kEndless:
        break;
    }
    return response;
  }

  Error hang(const std::stop_token& stop) {
    if (!stop.stop_possible()) {
      return {ErrorCode::kDeadline, "no answer before the deadline"};
    }
    MutexLock lock(mutex_);
    hanging_.wait(mutex_, stop, [] { return false; });
    return {ErrorCode::kCancelled, "stopped by us"};
  }

  mutable Mutex mutex_;
  Condition hanging_;
  std::deque<Script> scripts_ GUARDED_BY(mutex_);
  std::vector<http::Request> requests_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::testing

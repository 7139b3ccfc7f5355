// A bearer token that is read again before it is too old.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"

namespace seaworthy::kube {

struct FreshToken {
  std::string token;
  std::optional<Time> expires;  // nullopt: not known
};

// Thread-safe. A reading failure is forgiven while an older token is there that was not refused.
class TokenSource {
 public:
  using Read = std::function<Result<FreshToken>()>;
  // `max_age`: read again after that, whatever the token says; nullopt: only before it expires.
  TokenSource(Read read, std::optional<std::chrono::milliseconds> max_age, const Clock& clock)
      : read_(std::move(read)), max_age_(max_age), clock_(clock) {}

  Result<std::string> token() EXCLUDES(mutex_);
  void put(FreshToken token) EXCLUDES(mutex_);  // known already
  void drop() EXCLUDES(mutex_);                 // the server refused it

 private:
  bool current_locked() const REQUIRES(mutex_);

  Read read_;
  std::optional<std::chrono::milliseconds> max_age_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<FreshToken> token_ GUARDED_BY(mutex_);
  Monotonic tried_ GUARDED_BY(mutex_){};  // when it was last read, or tried in vain
};

// Reads the file; white space around the token is cut. Errors name the file, never its content.
Result<FreshToken> read_token_file(const std::string& path);
// At most `max_bytes`. kNotFound if there is no such file.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace seaworthy::kube

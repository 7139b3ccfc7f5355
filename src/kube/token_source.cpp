#include "kube/token_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace seaworthy::kube {
namespace {

constexpr std::chrono::milliseconds kExpiryMargin{10'000};  // client-go's leeway
constexpr std::size_t kMaxTokenBytes = 64 * 1024;

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    const int why = errno;
    const auto code = why == ENOENT   ? ErrorCode::kNotFound
                      : why == EACCES ? ErrorCode::kDenied
                                      : ErrorCode::kUnavailable;
    return Error(code, path + ": " + std::strerror(why));
  }
  std::string text;
  char piece[16 * 1024];
  while (const std::size_t n = std::fread(piece, 1, sizeof piece, file.get())) {
    text.append(piece, n);
    if (text.size() > max_bytes) {
      return malformed(path + ": larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return unavailable(path + ": cannot be read");
  }
  return text;
}

Result<FreshToken> read_token_file(const std::string& path) {
  std::string text = TRY(read_file(path, kMaxTokenBytes));
  constexpr const char* kSpace = " \t\r\n";
  const auto from = text.find_first_not_of(kSpace);
  if (from == std::string::npos) {
    return malformed(path + ": no token in it");
  }
  return FreshToken{text.substr(from, text.find_last_not_of(kSpace) - from + 1), std::nullopt};
}

bool TokenSource::current_locked() const {
  if (!token_) {
    return false;
  }
  if (max_age_ && clock_.monotonic() - tried_ >= *max_age_) {
    return false;
  }
  return !token_->expires || clock_.now() + kExpiryMargin < *token_->expires;
}

Result<std::string> TokenSource::token() {
  MutexLock lock(mutex_);
  if (current_locked()) {
    return token_->token;
  }
  auto fresh = read_();
  tried_ = clock_.monotonic();
  if (fresh) {
    token_ = *std::move(fresh);
  } else if (!token_ || (token_->expires && clock_.now() >= *token_->expires)) {
    return std::move(fresh).error();
  }
  return token_->token;
}

void TokenSource::put(FreshToken token) {
  MutexLock lock(mutex_);
  token_ = std::move(token);
  tried_ = clock_.monotonic();
}

void TokenSource::drop() {
  MutexLock lock(mutex_);
  token_.reset();
}

}  // namespace seaworthy::kube

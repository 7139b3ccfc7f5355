#include "http/server.h"

namespace seaworthy::http {

void KeyPairHolder::set(KeyPair pair) {
  auto fresh = std::make_shared<const KeyPair>(std::move(pair));
  MutexLock lock(mutex_);
  pair_ = std::move(fresh);
}

std::shared_ptr<const KeyPair> KeyPairHolder::get() const {
  MutexLock lock(mutex_);
  return pair_;
}

}  // namespace seaworthy::http

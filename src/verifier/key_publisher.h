// Keeps this replica's signing key published while it lives.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/time.h"
#include "kube/client.h"
#include "verifier/signer.h"

namespace seaworthy::verifier {

// A thread that publishes at start, again every kKeyRenewal, at once when told that the entry is
// gone, and after a failure with a growing pause. Thread-safe.
class KeyPublisher {
 public:
  KeyPublisher(kube::Client& client, const ResultSigner& signer, std::string ns, const Clock& clock,
               std::function<void(const std::string&)> problem)
      : client_(client),
        signer_(signer),
        namespace_(std::move(ns)),
        clock_(clock),
        problem_(std::move(problem)) {}
  ~KeyPublisher() { stop(); }

  void start();
  void stop();
  // The key stands published: until then nothing that this replica signs is believed.
  bool published() const;
  // What the ConfigMap says now has changed; republishes if our entry is not in it.
  void observed(bool entry_present);

 private:
  void run(std::stop_token stop) NO_THREAD_SAFETY_ANALYSIS;  // waits with a unique_lock

  kube::Client& client_;
  const ResultSigner& signer_;
  const std::string namespace_;
  const Clock& clock_;
  const std::function<void(const std::string&)> problem_;
  mutable Mutex mutex_;
  Condition changed_;
  bool published_ GUARDED_BY(mutex_) = false;
  bool missing_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace seaworthy::verifier

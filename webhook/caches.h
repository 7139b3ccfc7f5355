// What the webhook follows at the API server, written into the Book from which it decides.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "admission/book.h"
#include "base/random.h"
#include "base/time.h"
#include "kube/informer.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace seaworthy::program {

class Caches {
 public:
  struct Options {
    std::string namespace_;
    std::chrono::seconds max_snapshot_age;
  };

  // Everything outlives this.
  Caches(kube::Client& client, Options options, const Clock& clock, Random& random,
         const telemetry::Log& log, admission::Book& book);

  // Returns when all first lists are in the book, or when `stop` fires (kCancelled).
  Result<void> start(std::stop_token stop);
  void stop();

  bool synced() const;
  // How long ago the API server last confirmed the stalest of the caches. A year before it ever
  // did.
  std::chrono::milliseconds age() const;

  void update_metrics(telemetry::Metrics& metrics) const;

 private:
  // An object that is in the book; the informer itself keeps none of it.
  struct InBook {};
  using KeyData = std::map<std::string, std::string>;

  void follow_policies();
  void follow_nodes();
  void follow_attestations();
  void follow_keys();
  std::vector<const kube::InformerBase*> all() const;

  const Clock& clock_;
  const telemetry::Log& log_;
  admission::Book& book_;
  kube::Informer<InBook> policies_;
  kube::Informer<InBook> nodes_;
  kube::Informer<InBook> attestations_;
  kube::Informer<KeyData> keys_;
};

}  // namespace seaworthy::program

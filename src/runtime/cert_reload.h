// A server's certificate and key from a directory, kept up to date without a restart.
#pragma once

#include <chrono>
#include <string>

#include "http/server.h"
#include "runtime/file_watch.h"
#include "telemetry/log.h"

namespace seaworthy::runtime {

// Watches tls.crt and tls.key (the names of a kubernetes.io/tls Secret) and puts them into
// `holder`. Whether the pair is usable is for the server to say, which keeps the old one if not.
class CertReload {
 public:
  struct Options {
    std::string directory;
    std::string client_ca_file{};  // path; "" for none
    std::chrono::milliseconds interval{5'000};
  };

  // Holder and log outlive this.
  CertReload(Options options, http::KeyPairHolder& holder, const telemetry::Log& log);

  // Loads now, or says why that is not possible; then watches until this object ends.
  Result<void> start();
  void stop() { watch_.stop(); }

  // Looks once, at this moment.
  Result<void> look() { return watch_.look(); }

 private:
  FileWatch watch_;
};

}  // namespace seaworthy::runtime

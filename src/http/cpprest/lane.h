// One connection's worth of cpprestsdk: a client object that is used by one call at a time.
//
// cpprestsdk's own pooling mixes the connections of all calls, tells nothing about any of them and
// touches sockets from several threads at once. One object per call in flight, and one I/O thread
// on which everything of cpprestsdk happens, make both predictable.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/cpprest/call.h"
#include "http/cpprest/tls.h"
#include "http/message.h"
#include "http/url.h"

namespace seaworthy::http::cpprest {

class Lane {
 public:
  // Connects to nothing yet. `policy` is null for plain HTTP. The last owner may let go on any
  // thread.
  static Result<std::shared_ptr<Lane>> create(const Url& server,
                                              std::shared_ptr<const TlsPolicy> policy);

  // Begins `request` (checked, with all its headers, Host included); what happens is reported to
  // `call`. The call before it has finished, or this lane is not used again. Returns at once.
  void begin(const Request& request, std::shared_ptr<Call> call);

  // Cuts the connection. Returns at once.
  void cut();

  bool handshake_done() const { return progress_->handshake_done(); }
  std::string tls_problem() const { return progress_->problem(); }

  bool used = false;  // by an earlier call: its connection may have died since
  std::chrono::steady_clock::time_point idle_since;

 private:
  struct Inside;
  Lane(std::shared_ptr<Inside> inside, std::shared_ptr<TlsProgress> progress)
      : inside_(std::move(inside)), progress_(std::move(progress)) {}

  std::shared_ptr<Inside> inside_;
  std::shared_ptr<TlsProgress> progress_;
};

}  // namespace seaworthy::http::cpprest

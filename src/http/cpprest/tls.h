// The client side of TLS: what cpprestsdk leaves to OpenSSL's defaults is decided here.
//
// Establishes: TLS 1.2 or later with a server that chains to the configured authorities and whose
// certificate names the server; SNI for names, none for addresses; ALPN http/1.1. The system's
// certificate store plays no part. What cpprestsdk itself would check is replaced, because it can
// neither check another name than the URL's nor do without the system's store.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace seaworthy::http::cpprest {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

// A certificate and key to authenticate with, parsed.
struct ClientIdentity {
  std::vector<X509Ptr> chain;  // leaf first
  KeyPtr key;
};

// kMalformed for PEM without certificates, with a broken one, or with a key that is not the leaf's.
Result<std::shared_ptr<X509_STORE>> parse_authorities(std::string_view pem);
Result<std::shared_ptr<const ClientIdentity>> parse_identity(std::string_view certificate_pem,
                                                             std::string_view key_pem);

// What is decided for a connection before it is made. Immutable.
struct TlsPolicy {
  std::string server_name;
  bool server_name_is_ip = false;
  bool insecure_skip_verify = false;
  std::shared_ptr<X509_STORE> authorities;         // not null unless insecure
  std::shared_ptr<const ClientIdentity> identity;  // may be null
};

// What is seen while a connection is made and used. Thread-safe.
class TlsProgress {
 public:
  bool handshake_done() const { return handshake_done_; }
  void set_handshake_done(bool done) { handshake_done_ = done; }

  // The first thing that went wrong; "" if nothing did.
  std::string problem() const;
  void set_problem(std::string problem);
  void clear_problem();

  // Called for every TLS record received, with its length, on the I/O thread.
  std::function<void(std::size_t)> on_record;

 private:
  std::atomic<bool> handshake_done_ = false;
  mutable Mutex mutex_;
  std::string problem_ GUARDED_BY(mutex_);
};

// Sets up a context that is used for one connection. It keeps policy and progress alive.
// False if OpenSSL refuses something; the connection must not be made then.
bool configure_tls(SSL_CTX* context, std::shared_ptr<const TlsPolicy> policy,
                   std::shared_ptr<TlsProgress> progress);

}  // namespace seaworthy::http::cpprest

#include "http/cpprest/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>

namespace seaworthy::http::cpprest {
namespace {

constexpr std::size_t kMaxNamesShown = 8;

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;

struct Connection {  // what a context carries for its callbacks
  std::shared_ptr<const TlsPolicy> policy;
  std::shared_ptr<TlsProgress> progress;
};

void free_connection(void* /*parent*/, void* pointer, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                     long /*argl*/, void* /*argp*/) {
  delete static_cast<Connection*>(pointer);
}

int connection_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_connection);
  return index;
}

const Connection* connection_of(const SSL* ssl) {
  return static_cast<const Connection*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), connection_index()));
}

// A key in an encrypted PEM must not make OpenSSL ask on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*unused*/) {
  return -1;
}

BioPtr open_text(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem, std::string_view what) {
  const BioPtr in = open_text(pem);
  std::vector<X509Ptr> out;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr)) {
    out.emplace_back(certificate);
  }
  const unsigned long why = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE) {
    return malformed(std::string(what) + ": certificate " + std::to_string(out.size() + 1) +
                     " is broken PEM or DER");
  }
  if (out.empty()) {
    return malformed(std::string(what) + ": contains no PEM certificate");
  }
  return out;
}

// "DNS:a.example, IP:10.0.0.1": what a certificate is for.
std::string names_of(X509* certificate) {
  std::string out;
  std::size_t shown = 0;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    std::string text;
    if (name->type == GEN_DNS) {
      text = "DNS:" +
             std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      const int bytes = ASN1_STRING_length(name->d.iPAddress);
      std::array<char, INET6_ADDRSTRLEN> shown_ip{};
      if ((bytes == 4 || bytes == 16) &&
          inet_ntop(bytes == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress),
                    shown_ip.data(), shown_ip.size()) != nullptr) {
        text = "IP:" + std::string(shown_ip.data());
      }
    }
    if (!text.empty() && ++shown <= kMaxNamesShown) {
      out += (out.empty() ? "" : ", ") + text;
    }
  }
  GENERAL_NAMES_free(names);
  if (shown > kMaxNamesShown) {
    out += ", …";
  }
  return out.empty() ? "no name at all" : out;
}

std::string subject_of(X509* certificate) {
  std::array<char, 256> text{};
  X509_NAME_oneline(X509_get_subject_name(certificate), text.data(), text.size());
  return text.data();
}

std::string explain(X509_STORE_CTX* verification, const TlsPolicy& policy) {
  const int code = X509_STORE_CTX_get_error(verification);
  X509* const leaf = X509_STORE_CTX_get0_cert(verification);
  if (leaf != nullptr &&
      (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH)) {
    return "the server's certificate is not for " + policy.server_name + " but for " +
           names_of(leaf);
  }
  std::string out = "the server's certificate was refused: ";
  out += X509_verify_cert_error_string(code);
  X509* const at = X509_STORE_CTX_get_current_cert(verification);
  if (at != nullptr) {
    out += " (at " + subject_of(at) + ")";
  }
  return out;
}

// cpprestsdk's own check, which OpenSSL would call per certificate, is not for us.
int accept_as_is(int verdict, X509_STORE_CTX* /*verification*/) {
  return verdict;
}

// Replaces OpenSSL's chain verification for this context (SSL_CTX_set_cert_verify_callback).
int verify(X509_STORE_CTX* verification, void* /*argument*/) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const Connection* connection = connection_of(ssl);
  const TlsPolicy& policy = *connection->policy;
  if (policy.insecure_skip_verify) {
    X509_STORE_CTX_set_error(verification, X509_V_OK);
    return 1;
  }
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(verification);
  // RFC 6125: names are those of subjectAltName; the common name is history.
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = policy.server_name_is_ip
                      ? X509_VERIFY_PARAM_set1_ip_asc(parameters, policy.server_name.c_str())
                      : X509_VERIFY_PARAM_set1_host(parameters, policy.server_name.data(),
                                                    policy.server_name.size());
  // As in Go: whatever the bundle lists is an authority, self-signed or not.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_CTX_set_verify_cb(verification, accept_as_is);
  if (set == 1 && X509_verify_cert(verification) == 1) {
    return 1;
  }
  if (X509_STORE_CTX_get_error(verification) == X509_V_OK) {
    X509_STORE_CTX_set_error(verification, X509_V_ERR_UNSPECIFIED);
  }
  connection->progress->set_problem(explain(verification, policy));
  return 0;
}

void watch_handshake(const SSL* ssl, int where, int value) {
  const Connection* connection = connection_of(ssl);
  if ((where & SSL_CB_HANDSHAKE_START) != 0) {
    // Before the ClientHello is built, on every connection however it came about (cpprestsdk
    // tells about the first of several addresses only). RFC 6066 §3: no addresses in SNI.
    const TlsPolicy& policy = *connection->policy;
    if (!policy.server_name_is_ip && SSL_get_state(ssl) == TLS_ST_BEFORE) {
      SSL_set_tlsext_host_name(const_cast<SSL*>(ssl), policy.server_name.c_str());
    }
  }
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
    connection->progress->set_handshake_done(true);
  }
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value & 0xFF) != SSL_AD_CLOSE_NOTIFY) {
    connection->progress->set_problem(std::string("the server refused: ") +
                                      SSL_alert_desc_string_long(value));
  }
}

void count_records(int writing, int /*version*/, int type, const void* data, std::size_t size,
                   SSL* ssl, void* /*argument*/) {
  if (writing == 0 && type == SSL3_RT_HEADER && size >= SSL3_RT_HEADER_LENGTH) {
    const auto* header = static_cast<const unsigned char*>(data);
    const std::size_t length = static_cast<std::size_t>(header[3]) * 256 + header[4];
    const Connection* connection = connection_of(ssl);
    if (connection->progress->on_record) {
      connection->progress->on_record(length);
    }
  }
}

bool use_identity(SSL_CTX* context, const ClientIdentity& identity) {
  if (SSL_CTX_use_certificate(context, identity.chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1) {
    return false;
  }
  for (std::size_t i = 1; i < identity.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, identity.chain[i].get()) != 1) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<X509_STORE>> parse_authorities(std::string_view pem) {
  const std::vector<X509Ptr> certificates = TRY(parse_certificates(pem, "CA bundle"));
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  for (const X509Ptr& certificate : certificates) {
    if (store == nullptr || X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      return internal_error("CA bundle: OpenSSL does not take a certificate");
    }
  }
  return store;
}

Result<std::shared_ptr<const ClientIdentity>> parse_identity(std::string_view certificate_pem,
                                                             std::string_view key_pem) {
  auto out = std::make_shared<ClientIdentity>();
  out->chain = TRY(parse_certificates(certificate_pem, "client certificate"));
  const BioPtr in = open_text(key_pem);
  out->key.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (out->key == nullptr) {
    return malformed("client key: is not an unencrypted PEM private key");
  }
  const int same = X509_check_private_key(out->chain.front().get(), out->key.get());
  ERR_clear_error();
  if (same != 1) {
    return malformed("client key: does not belong to the client certificate");
  }
  return std::shared_ptr<const ClientIdentity>(std::move(out));
}

std::string TlsProgress::problem() const {
  MutexLock lock(mutex_);
  return problem_;
}

void TlsProgress::set_problem(std::string problem) {
  MutexLock lock(mutex_);
  if (problem_.empty()) {
    problem_ = std::move(problem);
  }
}

void TlsProgress::clear_problem() {
  MutexLock lock(mutex_);
  problem_.clear();
}

bool configure_tls(SSL_CTX* context, std::shared_ptr<const TlsPolicy> policy,
                   std::shared_ptr<TlsProgress> progress) {
  const TlsPolicy& rules = *policy;
  progress->set_handshake_done(false);
  auto connection =
      std::make_unique<Connection>(Connection{std::move(policy), std::move(progress)});
  if (SSL_CTX_set_ex_data(context, connection_index(), connection.get()) != 1) {
    return false;
  }
  connection.release();  // the context frees it

  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  SSL_CTX_set_cert_verify_callback(context, verify, nullptr);
  SSL_CTX_set_info_callback(context, watch_handshake);
  SSL_CTX_set_msg_callback(context, count_records);
  // Never null, so that the system's store, which cpprestsdk has put there, is gone.
  StorePtr empty;
  X509_STORE* store = rules.authorities.get();
  if (store == nullptr) {
    empty.reset(X509_STORE_new());
    store = empty.get();
  }
  SSL_CTX_set1_cert_store(context, store);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_alpn_protos(context, kHttp11.data(), kHttp11.size()) == 0 &&
         (rules.identity == nullptr || use_identity(context, *rules.identity));
}

}  // namespace seaworthy::http::cpprest

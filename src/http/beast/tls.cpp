#include "http/beast/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string_view>

namespace seaworthy::http::beast {
namespace {

constexpr int kMaxChainDepth = 4;
constexpr std::size_t kMaxClientChainBytes = 32 * 1024;
constexpr std::size_t kMaxGroups = 32;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;

// A key in an encrypted PEM must not make OpenSSL ask on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*unused*/) {
  return -1;
}

BioPtr open_text(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem, const char* what) {
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

Result<void> use_key_pair(SSL_CTX* context, const KeyPair& pair) {
  const std::vector<X509Ptr> chain =
      TRY(parse_certificates(pair.certificate_chain_pem, "server certificate"));
  const BioPtr in = open_text(pair.private_key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return malformed("server key: is not an unencrypted PEM private key");
  }
  const bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
                    SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (!used) {
    return malformed("server key: does not belong to the server certificate, or is too weak");
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      ERR_clear_error();
      return malformed("server certificate: OpenSSL does not take intermediate " +
                       std::to_string(i));
    }
  }
  return {};
}

Result<void> ask_for_client_certificate(SSL_CTX* context, std::string_view ca_pem) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : TRY(parse_certificates(ca_pem, "client CA bundle"))) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      ERR_clear_error();
      return malformed("client CA bundle: OpenSSL does not take a certificate");
    }
  }
  // Without SSL_VERIFY_FAIL_IF_NO_PEER_CERT: no certificate is anonymous, a bad one is refused.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context, kMaxChainDepth);
  SSL_CTX_set_max_cert_list(context, kMaxClientChainBytes);
  return {};
}

int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void* /*unused*/) {
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof(kHttp11), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string entry_text(X509_NAME* name, int index) {
  const ASN1_STRING* data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, data);
  std::string out;
  if (size > 0) {
    out.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  }
  OPENSSL_free(utf8);
  return out;
}

}  // namespace

Result<std::shared_ptr<boost::asio::ssl::context>> create_context(const KeyPair& pair) {
  auto out = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  SSL_CTX* const context = out->native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // TLS 1.2; 1.3 has no others
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  TRY(use_key_pair(context, pair));
  if (!pair.client_ca_pem.empty()) {
    TRY(ask_for_client_certificate(context, pair.client_ca_pem));
  }
  return out;
}

PeerIdentity peer_identity(const SSL* ssl) {
  const X509Ptr certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
    return {};
  }
  PeerIdentity out;
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  // The last common name, as Go reads it, so that Kubernetes and we name the same peer.
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
    out.name = entry_text(subject, i);
  }
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_organizationName, i)) >= 0;) {
    if (out.groups.size() < kMaxGroups) {
      out.groups.push_back(entry_text(subject, i));
    }
  }
  return out;
}

}  // namespace seaworthy::http::beast

// The certificates that operator and webhook serve with: made, published and renewed by the leader.
//
// Managed: a CA of our own in Secret seaworthy-serving-ca, leaves in seaworthy-operator-tls and
// seaworthy-webhook-tls, the trust bundle in ConfigMap seaworthy-ca. A new CA is published in the
// bundle beside the old one for an hour before anything is signed by it, and the old one stays in
// the bundle until it expires: no peer ever meets a certificate that it does not know yet.
// External: somebody else (cert-manager) writes the two leaf Secrets; only the bundle is kept, from
// their ca.crt.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "controller/caches.h"
#include "controller/metrics.h"
#include "controller/requeue.h"
#include "crypto/certificate.h"
#include "crypto/ec_key.h"

namespace seaworthy::controller {

inline constexpr const char* kCaSecret = "seaworthy-serving-ca";
inline constexpr const char* kOperatorTlsSecret = "seaworthy-operator-tls";
inline constexpr const char* kWebhookTlsSecret = "seaworthy-webhook-tls";

inline constexpr const char* kIssuerKey = "issuer.sha256";  // of the CA certificate, hexadecimal

inline constexpr std::chrono::hours kCaLife{365 * 24};
inline constexpr std::chrono::hours kLeafLife{30 * 24};
inline constexpr std::chrono::hours kCaOverlap{1};  // published before it signs

// A certificate with its key. Never shown in full: the key is secret.
struct CertifiedKey {
  crypto::Certificate certificate;
  crypto::EcPrivateKey key;
};

// What Secret seaworthy-serving-ca holds.
struct CaState {
  std::optional<CertifiedKey> current;  // signs
  std::optional<CertifiedKey> next;     // published, signs from `promote` on
  std::optional<Time> promote;
  std::vector<crypto::Certificate> previous;  // retired, in the bundle until they expire
};
// Of the Secret's decoded data. What does not parse is absent: it is then made anew.
CaState parse_ca(const std::map<std::string, std::string>& data);
std::map<std::string, std::string> ca_data(const CaState& state);

// The next state at `now`; the same if nothing is due. Draws keys and serials from `random`.
Result<CaState> advance(CaState state, Time now, Random& random);
std::string bundle(const CaState& state, Time now);
// When advance() will have something to do.
Time next_due(const CaState& state);

// Whether a leaf may go on serving: key and certificate belong together, it has all the names, it
// was issued by `ca`, and less than 2/3 of its life is over. `data` is that of its Secret, in which
// kIssuerKey says by which CA certificate it was issued.
bool leaf_is_good(const std::map<std::string, std::string>& data,
                  const std::vector<std::string>& dns_names, const CertifiedKey& ca, Time now);
// The Secret's data for a leaf.
std::map<std::string, std::string> leaf_data(const CertifiedKey& leaf, const CertifiedKey& ca,
                                             const std::string& bundle);
Result<CertifiedKey> make_leaf(const CertifiedKey& ca, const std::vector<std::string>& dns_names,
                               Time now, Random& random);
Time renewal_of(const crypto::Certificate& certificate);  // 2/3 of its life

struct ServingOptions {
  enum class Mode : std::uint8_t { kManaged, kExternal };
  Mode mode = Mode::kManaged;
  std::string namespace_ = "seaworthy-system";
  // More names for the leaves, for control planes outside a cluster.
  std::vector<std::string> more_operator_names = {};
  std::vector<std::string> more_webhook_names = {};
};

class ServingReconciler {
 public:
  ServingReconciler(kube::Client& client, const Caches& caches, Metrics& metrics,
                    ServingOptions options, const Clock& clock, Random& random);
  Result<Requeue> reconcile(std::stop_token stop);

 private:
  struct Secret {
    std::string resource_version;  // "": it does not exist
    std::map<std::string, std::string> data;
  };
  Result<Secret> read(const char* name, const kube::Call& call);
  Result<void> write(const char* name, const char* type, const Secret& before,
                     const std::map<std::string, std::string>& data, const kube::Call& call);
  Result<void> publish(const std::string& bundle, const kube::Call& call);
  Result<Time> keep_leaf(const char* name, const std::vector<std::string>& dns_names,
                         const CertifiedKey& ca, const std::string& bundle, const kube::Call& call);
  Result<Requeue> managed(const kube::Call& call);
  Result<Requeue> external(const kube::Call& call);

  kube::Client& client_;
  const Caches& caches_;
  Metrics& metrics_;
  ServingOptions options_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace seaworthy::controller

#include <algorithm>

#include "codec/hex.h"
#include "controller/serving.h"
#include "crypto/x509_issue.h"

namespace seaworthy::controller {
namespace {

constexpr const char* kCaName = "seaworthy serving CA";
constexpr std::size_t kSerialBytes = 16;
constexpr std::chrono::milliseconds kBackdate{300'000};  // for clocks that are behind

std::string text_at(const std::map<std::string, std::string>& data, const char* key) {
  const auto at = data.find(key);
  return at == data.end() ? "" : at->second;
}

std::optional<CertifiedKey> certified_key(const std::string& certificate_pem,
                                          const std::string& key_pem) {
  auto certificate = crypto::Certificate::parse_pem(certificate_pem);
  auto key = crypto::EcPrivateKey::from_pem(key_pem);
  if (!certificate || !key) {
    return std::nullopt;
  }
  const auto public_key = certificate->public_key();
  if (!public_key || !public_key->same_key(key->public_key())) {
    return std::nullopt;
  }
  return CertifiedKey{*std::move(certificate), *std::move(key)};
}

Result<CertifiedKey> make_ca(Time now, Random& random) {
  auto key = crypto::EcPrivateKey::generate(random);
  auto certificate = TRY(crypto::issue_ca(key, {.common_name = kCaName,
                                                .serial = random.bytes(kSerialBytes),
                                                .not_before = now - kBackdate,
                                                .not_after = now + kCaLife}));
  return CertifiedKey{std::move(certificate), std::move(key)};
}

}  // namespace

Time renewal_of(const crypto::Certificate& certificate) {
  const auto life = certificate.not_after() - certificate.not_before();
  return certificate.not_before() + life * 2 / 3;
}

CaState parse_ca(const std::map<std::string, std::string>& data) {
  CaState out;
  out.current = certified_key(text_at(data, "tls.crt"), text_at(data, "tls.key"));
  out.next = certified_key(text_at(data, "next.crt"), text_at(data, "next.key"));
  if (out.next) {
    auto when = Time::parse_rfc3339(text_at(data, "next.promoteTime"));
    out.promote = when ? std::optional(*when) : std::nullopt;
  }
  if (const std::string previous = text_at(data, "previous.crt"); !previous.empty()) {
    if (auto certificates = crypto::parse_pem_bundle(previous)) {
      out.previous = *std::move(certificates);
    }
  }
  return out;
}

std::map<std::string, std::string> ca_data(const CaState& state) {
  std::map<std::string, std::string> out;
  if (state.current) {
    out["tls.crt"] = state.current->certificate.to_pem();
    out["tls.key"] = state.current->key.to_pem();
  }
  if (state.next) {
    out["next.crt"] = state.next->certificate.to_pem();
    out["next.key"] = state.next->key.to_pem();
    out["next.promoteTime"] = state.promote.value_or(Time()).rfc3339();
  }
  for (const crypto::Certificate& certificate : state.previous) {
    out["previous.crt"] += certificate.to_pem();
  }
  return out;
}

Result<CaState> advance(CaState state, Time now, Random& random) {
  std::erase_if(state.previous, [&](const auto& old) { return old.not_after() <= now; });
  if (!state.current || state.current->certificate.not_after() <= now) {
    // The first one, or nothing was up for months: there is nobody to be gentle with.
    state.current = TRY(make_ca(now, random));
    state.next.reset();
    state.promote.reset();
    return state;
  }
  if (!state.next && now >= renewal_of(state.current->certificate)) {
    state.next = TRY(make_ca(now, random));
    state.promote = now + kCaOverlap;
  } else if (state.next && (!state.promote || now >= *state.promote)) {
    state.previous.push_back(state.current->certificate);
    state.current = std::move(state.next);
    state.next.reset();
    state.promote.reset();
  }
  return state;
}

std::string bundle(const CaState& state, Time now) {
  std::string out;
  if (state.current) {
    out += state.current->certificate.to_pem();
  }
  if (state.next) {
    out += state.next->certificate.to_pem();
  }
  for (const crypto::Certificate& certificate : state.previous) {
    if (certificate.not_after() > now) {
      out += certificate.to_pem();
    }
  }
  return out;
}

Time next_due(const CaState& state) {
  if (!state.current) {
    return Time();
  }
  Time out = state.next ? state.promote.value_or(Time()) : renewal_of(state.current->certificate);
  for (const crypto::Certificate& certificate : state.previous) {
    out = std::min(out, certificate.not_after());
  }
  return out;
}

bool leaf_is_good(const std::map<std::string, std::string>& data,
                  const std::vector<std::string>& dns_names, const CertifiedKey& ca, Time now) {
  const auto leaf = certified_key(text_at(data, "tls.crt"), text_at(data, "tls.key"));
  if (!leaf || text_at(data, kIssuerKey) != codec::to_hex(ca.certificate.fingerprint().bytes())) {
    return false;
  }
  if (now >= renewal_of(leaf->certificate) || now < leaf->certificate.not_before()) {
    return false;
  }
  const auto names = leaf->certificate.dns_names();
  return std::all_of(dns_names.begin(), dns_names.end(), [&](const auto& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

std::map<std::string, std::string> leaf_data(const CertifiedKey& leaf, const CertifiedKey& ca,
                                             const std::string& trusted) {
  return {{"tls.crt", leaf.certificate.to_pem()},
          {"tls.key", leaf.key.to_pem()},
          {"ca.crt", trusted},
          {kIssuerKey, codec::to_hex(ca.certificate.fingerprint().bytes())}};
}

Result<CertifiedKey> make_leaf(const CertifiedKey& ca, const std::vector<std::string>& dns_names,
                               Time now, Random& random) {
  auto key = crypto::EcPrivateKey::generate(random);
  const Time not_after = std::min(now + kLeafLife, ca.certificate.not_after());
  auto certificate =
      TRY(crypto::issue_leaf(ca.certificate, ca.key, key.public_key(),
                             {.common_name = "",
                              .dns_names = dns_names,
                              .serial = random.bytes(kSerialBytes),
                              .not_before = std::max(now - kBackdate, ca.certificate.not_before()),
                              .not_after = not_after}));
  return CertifiedKey{std::move(certificate), std::move(key)};
}

}  // namespace seaworthy::controller

#include "verifier/view.h"

#include "codec/fields.h"
#include "codec/hex.h"
#include "codec/writer.h"
#include "crypto/digest.h"

namespace seaworthy::verifier {

Result<ConfigMapData> parse_config_map(const codec::Json& object) {
  codec::Fields fields = TRY(codec::Fields::of(object, ""));
  ConfigMapData data;
  const auto found = object.find("data");
  if (found == object.end() || found->is_null()) {
    return data;
  }
  if (!found->is_object()) {
    return fields.malformed_at("data", "expected an object");
  }
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) {
      return fields.malformed_at("data." + key, "expected a string");
    }
    data.emplace(key, value.get<std::string>());
  }
  return data;
}

namespace {

constexpr std::string_view kPrefix = "sha256:";

// Of everything that the outcome of an endorsement depends on, besides certificates and time.
std::string digest_of(const verify::EndorsementRules& rules) {
  codec::Writer w;
  for (const crypto::TrustAnchor& anchor : rules.anchors) {
    w.u8('a').raw(anchor.certificate.fingerprint().bytes());
    w.u8(anchor.ignore_leaf_expiry ? 1 : 0).u8(anchor.allow_missing_eku ? 1 : 0);
    w.u8(anchor.allow_sha1 ? 1 : 0);
  }
  for (const crypto::RevocationList& list : rules.revocation_lists) {
    w.u8('r').raw(list.fingerprint().bytes());
  }
  for (const crypto::Digest& certificate : rules.denied_certificates) {
    w.u8('c').raw(certificate.bytes());
  }
  for (const std::string& hash : rules.denied_ek_hashes) {
    w.u8('e').sized16be(as_bytes(hash));
  }
  for (const auto& [manufacturer, version] : rules.denied_firmware) {
    w.u8('f').sized16be(as_bytes(manufacturer)).sized16be(as_bytes(version));
  }
  w.u8(static_cast<std::uint8_t>(rules.certificate));
  w.u8(rules.attestation_key_certificate ? 1 : 0);
  w.sized32le(as_bytes(rules.unusable));
  return codec::to_hex(crypto::sha256(w.bytes()).bytes());
}

}  // namespace

void ClusterView::invalidate() {
  MutexLock lock(mutex_);
  current_.reset();
}

std::shared_ptr<const PolicyViews> ClusterView::current() {
  MutexLock lock(mutex_);
  if (!current_) {
    compile_sets();
    auto views = std::make_shared<PolicyViews>();
    for (const auto& [key, cached] : *policies_.snapshot()) {
      // One that does not parse appraises nobody: no node can hold its class, and the webhook, for
      // which it governs all the same, denies.
      if (cached->value && !cached->value->meta.deleting) {
        views->push_back(view_of(*cached->value));
      }
    }
    current_ = std::move(views);
  }
  return current_;
}

PolicyViews ClusterView::selecting(const std::map<std::string, std::string>& labels) {
  PolicyViews selected;
  for (const auto& view : *current()) {
    if (view->policy.nodes.matches(labels)) {
      selected.push_back(view);
    }
  }
  return selected;
}

void ClusterView::compile_sets() {
  std::map<std::string, CachedSet> next;
  for (const auto& [key, cached] : *sets_.snapshot()) {
    if (!cached->value) {
      continue;  // as if it were not there: a policy that names it trusts nobody by it
    }
    const auto known = compiled_.find(key.name);
    if (known != compiled_.end() && known->second.resource_version == cached->resource_version) {
      next.insert(*known);
    } else {
      next.emplace(key.name, CachedSet{cached->resource_version, policy::compile(*cached->value)});
    }
  }
  compiled_ = std::move(next);
}

std::shared_ptr<const PolicyView> ClusterView::view_of(const api::AttestationPolicy& policy) const {
  auto view = std::make_shared<PolicyView>();
  view->policy = policy;
  std::map<std::string, std::shared_ptr<const policy::CompiledSet>> sets;
  for (const auto& [name, cached] : compiled_) {
    sets.emplace(name, cached.compiled);
  }
  view->compiled = std::make_shared<const policy::CompiledPolicy>(policy::compile(policy, sets));

  read_anchors(*view);
  read_revocation_lists(*view);
  const api::DeniedTpms& denied = policy.identity.denied;
  verify::EndorsementRules& rules = view->endorsement;
  rules.denied_ek_hashes = denied.ek_hashes;
  for (const std::string& fingerprint : denied.certificates) {
    rules.denied_certificates.emplace_back(crypto::HashAlg::kSha256,
                                           *codec::from_hex(fingerprint.substr(kPrefix.size())));
  }
  for (const api::DeniedTpms::Firmware& firmware : denied.firmware) {
    rules.denied_firmware.push_back({firmware.manufacturer, firmware.version});
  }
  rules.certificate = policy.identity.ek_certificate == api::Requirement::kRequired
                          ? verify::EndorsementRules::Certificate::kRequired
                          : verify::EndorsementRules::Certificate::kIfPinned;
  rules.attestation_key_certificate = policy.identity.ak_certificate_accepted;
  view->anchors_digest = digest_of(rules);
  return view;
}

Result<std::string> ClusterView::text_of(const api::ConfigMapKey& source) const {
  const std::string where = "ConfigMap " + namespace_ + "/" + source.name;
  const auto map = config_maps_.find(kube::ObjectKey{namespace_, source.name});
  if (!map || !map->value) {
    return Error(ErrorCode::kNotFound, where + " does not exist");
  }
  const auto text = map->value->find(source.key);
  if (text == map->value->end()) {
    return Error(ErrorCode::kNotFound, where + " has no key '" + source.key + "'");
  }
  return text->second;
}

void ClusterView::read_anchors(PolicyView& view) const {
  for (const api::TrustAnchorSource& source : view.policy.identity.trust_anchors) {
    const auto pem = text_of(source);
    auto bundle = pem ? crypto::parse_pem_bundle(*pem) : pem.error();
    if (!bundle) {
      view.problems.push_back("trustAnchors: " + source.name + ", " + source.key + ": " +
                              bundle.error().message());
      continue;
    }
    for (crypto::Certificate& certificate : *bundle) {
      view.endorsement.anchors.push_back({.certificate = std::move(certificate),
                                          .ignore_leaf_expiry = source.expired_leaf,
                                          .allow_missing_eku = source.missing_usage,
                                          .allow_sha1 = source.sha1});
    }
  }
}

// A list that cannot be read might have said that a TPM was withdrawn.
void ClusterView::read_revocation_lists(PolicyView& view) const {
  for (const api::ConfigMapKey& source : view.policy.identity.revocation_lists) {
    const auto pem = text_of(source);
    auto lists = pem ? crypto::parse_revocation_lists(*pem) : pem.error();
    if (!lists) {
      view.endorsement.unusable =
          "revocationLists: " + source.name + ", " + source.key + ": " + lists.error().message();
      view.problems.push_back(view.endorsement.unusable);
      continue;
    }
    std::vector<crypto::RevocationList>& all = view.endorsement.revocation_lists;
    all.insert(all.end(), lists->begin(), lists->end());
  }
}

}  // namespace seaworthy::verifier

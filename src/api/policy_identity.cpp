#include "api/policy_identity.h"

#include <algorithm>
#include <array>

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

constexpr std::array<std::string_view, 3> kRules = {"Inventory", "Manual", "CertifiedTPM"};
constexpr std::string_view kDigestPrefix = "sha256:";

// The bounds of the schema.
constexpr std::size_t kMaxTrustAnchors = 32;
constexpr std::size_t kMaxExceptions = 3;
constexpr std::size_t kMaxDenied = 256;
constexpr std::size_t kMaxDeniedFirmware = 64;
constexpr std::size_t kMaxClaim = 128;

Result<ConfigMapKey> parse_config_map_key(Fields& source) {
  Fields fields = TRY(source.object("configMap"));
  ConfigMapKey out;
  out.name = TRY(fields.text("name", 253));
  if (!is_dns_subdomain(out.name)) {
    return fields.malformed_at("name", "expected the name of a ConfigMap");
  }
  out.key = TRY(fields.text("key", 253));
  if (out.key.empty()) {
    return fields.malformed_at("key", "must not be empty");
  }
  TRY(fields.expect_no_more());
  return out;
}

Result<TrustAnchorSource> parse_anchor(Fields& anchor) {
  TrustAnchorSource out;
  static_cast<ConfigMapKey&>(out) = TRY(parse_config_map_key(anchor));
  for (const std::string& exception : TRY(anchor.texts("allow", kMaxExceptions, 32))) {
    if (exception == "ExpiredLeaf") {
      out.expired_leaf = true;
    } else if (exception == "MissingUsage") {
      out.missing_usage = true;
    } else if (exception == "SHA1") {
      out.sha1 = true;
    } else {
      return anchor.malformed_at("allow", "expected ExpiredLeaf, MissingUsage or SHA1");
    }
  }
  TRY(anchor.expect_no_more());
  return out;
}

Result<std::vector<std::string>> parse_digests(Fields& fields, std::string_view name) {
  std::vector<std::string> out = TRY(fields.texts(name, kMaxDenied, kDigestPrefix.size() + 64));
  for (const std::string& digest : out) {
    if (!digest.starts_with(kDigestPrefix) ||
        !is_sha256_hex(std::string_view(digest).substr(kDigestPrefix.size()))) {
      return fields.malformed_at(name, "expected \"sha256:\" and 64 lower-case hexadecimal digits");
    }
  }
  return out;
}

Result<DeniedTpms> parse_denied(Fields& fields) {
  DeniedTpms out;
  out.ek_hashes = TRY(parse_digests(fields, "ekHashes"));
  out.certificates = TRY(parse_digests(fields, "certificates"));
  for (Fields& item : TRY(fields.objects("firmware", kMaxDeniedFirmware))) {
    DeniedTpms::Firmware firmware;
    firmware.manufacturer = TRY(item.text("manufacturer", kMaxClaim));
    firmware.version = TRY(item.maybe_text("version", kMaxClaim)).value_or("");
    if (firmware.manufacturer.empty()) {
      return item.malformed_at("manufacturer", "must not be empty");
    }
    TRY(item.expect_no_more());
    out.firmware.push_back(std::move(firmware));
  }
  TRY(fields.expect_no_more());
  return out;
}

}  // namespace

Result<AttestationPolicy::Identity> parse_identity(Fields& fields) {
  AttestationPolicy::Identity out;
  out.enrolment = static_cast<EnrolmentRule>(
      TRY(one_of_or(fields, "enrolment", {kRules.begin(), kRules.end()}, 0)));
  out.ek_certificate = static_cast<Requirement>(
      TRY(one_of_or(fields, "ekCertificate", {"Required", "Optional"}, 0)));
  out.ak_certificate_accepted =
      TRY(one_of_or(fields, "akCertificate", {"Ignored", "Accepted"}, 0)) == 1;
  for (Fields& anchor : TRY(fields.objects("trustAnchors", kMaxTrustAnchors))) {
    out.trust_anchors.push_back(TRY(parse_anchor(anchor)));
  }
  for (Fields& list : TRY(fields.objects("revocationLists", kMaxTrustAnchors))) {
    out.revocation_lists.push_back(TRY(parse_config_map_key(list)));
    TRY(list.expect_no_more());
  }
  Fields denied = TRY(object_or_empty(fields, "denied"));
  out.denied = TRY(parse_denied(denied));
  if (out.ak_certificate_accepted && out.trust_anchors.empty()) {
    return fields.malformed_at("akCertificate",
                               "Accepted needs trustAnchors: without a root no certificate is "
                               "believed");
  }
  const bool optional = out.ek_certificate == Requirement::kOptional;
  if (out.trust_anchors.empty() && !optional) {
    return fields.malformed_at("trustAnchors",
                               "must not be empty: without a root of the TPM vendors no "
                               "certificate of a TPM can be believed");
  }
  if (optional && out.enrolment == EnrolmentRule::kCertifiedTpm) {
    return fields.malformed_at("ekCertificate",
                               "must be Required when enrolment is CertifiedTPM: nothing else says "
                               "that the key is inside a TPM");
  }
  TRY(fields.expect_no_more());
  return out;
}

std::string_view name(EnrolmentRule rule) {
  return kRules.at(static_cast<std::size_t>(rule));
}

}  // namespace seaworthy::api

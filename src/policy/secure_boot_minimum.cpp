#include "policy/secure_boot_minimum.h"

#include <algorithm>

#include "codec/hex.h"

namespace seaworthy::policy {
namespace {

using Minimum = api::AttestationPolicy::SecureBootMinimum;
using verify::Findings;
using verify::Reason;

void sbat(const Minimum& minimum, const verify::SecureBootKeys& keys, Findings& found) {
  if (minimum.sbat.empty()) {
    return;
  }
  if (!keys.sbat) {
    found.push_back({Reason::kSbatLevelUnknown, "SbatLevel", keys.problem});
    return;
  }
  for (const Minimum::Component& wanted : minimum.sbat) {
    const auto& components = keys.sbat->components;
    const auto has = std::find_if(components.begin(), components.end(), [&](const auto& component) {
      return component.component == wanted.name;
    });
    const std::uint32_t generation = has == components.end() ? 0 : has->generation;
    if (generation < wanted.generation) {
      found.push_back({Reason::kSbatLevelTooLow, wanted.name,
                       "generation " + std::to_string(generation) + ", at least " +
                           std::to_string(wanted.generation) + " is wanted"});
    }
  }
}

void revoked(const Minimum& minimum, const verify::SecureBootKeys& keys, Findings& found) {
  if (minimum.revoked.empty()) {
    return;
  }
  if (!keys.dbx) {
    found.push_back({Reason::kSecureBootKeysUnknown, "dbx", keys.problem});
    return;
  }
  for (const api::Sha256Value& digest : minimum.revoked) {
    if (!keys.dbx->contains(digest)) {
      found.push_back({Reason::kRevocationMissing, codec::to_hex(digest)});
    }
  }
}

void database(const std::optional<Minimum::Keys>& allowed, const char* name,
              const std::optional<verify::KeyDatabase>& keys, const std::string& problem,
              Findings& found) {
  if (!allowed) {
    return;
  }
  if (!keys) {
    found.push_back({Reason::kSecureBootKeysUnknown, name, problem});
    return;
  }
  const auto& listed = allowed->sha256;
  for (const verify::Sha256Bytes& entry : keys->entries) {
    if (std::find(listed.begin(), listed.end(), entry) == listed.end()) {
      found.push_back({Reason::kSecureBootKeyNotAllowed, name, codec::to_hex(entry)});
    }
  }
  for (const api::Sha256Value& entry : listed) {
    if (allowed->equal && !keys->contains(entry)) {
      found.push_back({Reason::kSecureBootKeyMissing, name, codec::to_hex(entry)});
    }
  }
}

}  // namespace

Findings shortfalls(const Minimum& minimum, const verify::SecureBootKeys& keys) {
  Findings found;
  sbat(minimum, keys, found);
  revoked(minimum, keys, found);
  database(minimum.pk, "PK", keys.pk, keys.problem, found);
  database(minimum.kek, "KEK", keys.kek, keys.problem, found);
  database(minimum.db, "db", keys.db, keys.problem, found);
  return found;
}

}  // namespace seaworthy::policy

#include "verify/secure_boot_keys.h"

#include <algorithm>

#include "crypto/digest.h"

namespace seaworthy::verify {
namespace {

using eventlog::SignatureList;
using eventlog::UefiVariable;

// EFI_CERT_X509_SHA256_GUID: SHA-256 of a certificate's TBS part, then when it was revoked.
constexpr eventlog::Guid kCertX509Sha256 = {0x92, 0xA4, 0xD2, 0x3B, 0xC0, 0x96, 0x79, 0x40,
                                            0xB4, 0x20, 0xFC, 0xF9, 0x8E, 0xF1, 0x03, 0xED};

ByteArray<16> head(const Sha256Bytes& entry) {
  ByteArray<16> out{};
  std::copy_n(entry.begin(), out.size(), out.begin());
  return out;
}

// Every entry of a variable, or null with the reason in `problem`.
std::optional<std::vector<Sha256Bytes>> entries_of(const UefiVariable& variable, std::size_t most,
                                                   std::string& problem) {
  const auto lists = eventlog::parse_signature_lists(variable.data);
  if (!lists) {
    problem = variable.name + ": " + lists.error().message();
    return std::nullopt;
  }
  std::vector<Sha256Bytes> out;
  for (const SignatureList& list : *lists) {
    for (const auto& signature : list.signatures) {
      if (out.size() == most) {
        problem = variable.name + ": more than " + std::to_string(most) + " entries";
        return std::nullopt;
      }
      out.push_back(entry_digest(list.type, signature.data));
    }
  }
  return out;
}

std::optional<KeyDatabase> keys_of(const UefiVariable& variable, std::string& problem) {
  auto entries = entries_of(variable, kMaxKeys, problem);
  if (!entries) {
    return std::nullopt;
  }
  std::sort(entries->begin(), entries->end());
  entries->erase(std::unique(entries->begin(), entries->end()), entries->end());
  return KeyDatabase{*std::move(entries)};
}

std::optional<Revocations> revocations_of(const UefiVariable& variable, std::string& problem) {
  const auto entries = entries_of(variable, kMaxRevocations, problem);
  if (!entries) {
    return std::nullopt;
  }
  Revocations out;
  for (const Sha256Bytes& entry : *entries) {
    out.add(entry);
  }
  out.sort();
  return out;
}

}  // namespace

bool KeyDatabase::contains(const Sha256Bytes& entry) const {
  return std::binary_search(entries.begin(), entries.end(), entry);
}

void Revocations::add(const Sha256Bytes& entry) {
  entries_.push_back(head(entry));
}
void Revocations::sort() {
  std::sort(entries_.begin(), entries_.end());
  entries_.shrink_to_fit();
}
bool Revocations::contains(const Sha256Bytes& entry) const {
  return std::binary_search(entries_.begin(), entries_.end(), head(entry));
}

Sha256Bytes entry_digest(const eventlog::Guid& type, ByteSpan data) {
  Sha256Bytes out{};
  const bool is_digest = (type == eventlog::kCertSha256 && data.size() == out.size()) ||
                         (type == kCertX509Sha256 && data.size() == out.size() + 16);
  if (is_digest) {
    std::copy_n(data.begin(), out.size(), out.begin());
  } else {
    const crypto::Digest digest = crypto::sha256(data);
    std::copy_n(digest.bytes().begin(), out.size(), out.begin());
  }
  return out;
}

void SecureBootKeys::take_configuration(const UefiVariable& variable) {
  if (variable.name == "PK" && variable.guid == eventlog::kEfiGlobalVariable) {
    pk = keys_of(variable, problem);
  } else if (variable.name == "KEK" && variable.guid == eventlog::kEfiGlobalVariable) {
    kek = keys_of(variable, problem);
  } else if (variable.name == "db" && variable.guid == eventlog::kEfiImageSecurityDatabase) {
    db = keys_of(variable, problem);
  } else if (variable.name == "dbx" && variable.guid == eventlog::kEfiImageSecurityDatabase) {
    dbx = revocations_of(variable, problem);
  }
}

void SecureBootKeys::take_authority(const UefiVariable& variable) {
  if (variable.name != "SbatLevel" || variable.guid != eventlog::kShimLock) {
    return;
  }
  auto level = eventlog::parse_sbat_level(variable.data);
  if (!level) {
    problem = level.error().message();
    sbat.reset();
  } else if (sbat_seen_ && sbat != *level) {
    problem = "SbatLevel: measured twice with different content";
    sbat.reset();
  } else {
    sbat = *std::move(level);
  }
  sbat_seen_ = true;
}

}  // namespace seaworthy::verify

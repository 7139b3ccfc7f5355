// Which keys and revocations Secure Boot worked with, as far as PCR 7 proves them.
// Spec: UEFI 2.10, §32.4.1; shim's SBAT.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "eventlog/sbat.h"
#include "eventlog/uefi.h"

namespace seaworthy::verify {

using Sha256Bytes = ByteArray<32>;

inline constexpr std::size_t kMaxKeys = 64;           // in one database; real ones: 1 to 8
inline constexpr std::size_t kMaxRevocations = 2048;  // real ones: 0 to 450

// PK, KEK or db: SHA-256 of each certificate's DER; of a listed image digest, that digest.
struct KeyDatabase {
  std::vector<Sha256Bytes> entries;  // sorted, each once
  bool contains(const Sha256Bytes& entry) const;
  auto operator<=>(const KeyDatabase&) const = default;
};

// dbx. Kept are the first 16 bytes of each entry, of every node: enough that no other digest can be
// found that begins like a given one.
class Revocations {
 public:
  void add(const Sha256Bytes& entry);
  void sort();  // once, before contains()
  bool contains(const Sha256Bytes& entry) const;
  std::size_t size() const { return entries_.size(); }
  auto operator<=>(const Revocations&) const = default;

 private:
  std::vector<ByteArray<16>> entries_;
};

// Null: not measured before the separator, not what was hashed, or not readable; `problem` says.
struct SecureBootKeys {
  std::optional<KeyDatabase> pk, kek, db;
  std::optional<Revocations> dbx;
  std::optional<eventlog::SbatLevel> sbat;  // null also if shim measured several that differ
  std::string problem;

  // `variable` is proven: measured before the separator, under its own GUID, the first of its name.
  void take_configuration(const eventlog::UefiVariable& variable);
  // `variable` is proven: an authority event, after the separator.
  void take_authority(const eventlog::UefiVariable& variable);

  auto operator<=>(const SecureBootKeys&) const = default;  // any order; for keeping each once

 private:
  bool sbat_seen_ = false;
};

// What stands for one entry of a database: the digest that it lists, or the SHA-256 of its data.
Sha256Bytes entry_digest(const eventlog::Guid& type, ByteSpan data);

}  // namespace seaworthy::verify

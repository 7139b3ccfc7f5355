// Which bytes of a boot event its digest proves: rule R16, the closed list.
// Spec: TCG PC Client Platform Firmware Profile (PFP) 1.06, §10.4.1; shim, GRUB and systemd measure
// by conventions of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "eventlog/event.h"

namespace seaworthy::eventlog {

enum class Proof : std::uint8_t {
  // The digest is of something that is not in the log (an image, a file, a table), or no convention
  // says of what: it is a fact for comparing, the data are the sender's words.
  kDigestOnly,
  kData,             // of the data as logged
  kAllButOneByte,    // of the data without the last byte: authority events of old shim
                     // (google/go-attestation#157); authority events only
  kValueOfVariable,  // of the value alone: GUID and name of the variable are not proven
  kTextWithoutWord,  // GRUB: of the text behind the word, as logged; the word is not proven
  kTextWithoutNul,   // GRUB: the same without the NUL that ends the data
};
std::string_view name(Proof proof);  // "data"

struct ProvenData {
  Proof proof = Proof::kDigestOnly;
  ByteSpan bytes = {};  // a view into the event's data; empty for kDigestOnly

  bool any() const { return proof != Proof::kDigestOnly; }
};

// Established, if the event's digest is proven (replay.h): `bytes` were measured. Types outside the
// list prove nothing of their data, even if it happens to hash to the digest. Costs at most five
// hashes of the data.
ProvenData proven_data(const BootEvent& event, crypto::HashAlg bank);

// Types whose data every real firmware hashes as logged. Other data under such a digest are a lie.
bool always_of_its_data(std::uint32_t type);

// The action strings (PFP §10.4.4 and edk2) whose digest tells them whatever the label says; null
// if `digest` is of none.
std::optional<std::string_view> action_of(const crypto::Digest& digest);

}  // namespace seaworthy::eventlog

// Which PCRs: indexes, sets of indexes, and selections over banks.
// Spec: TPM 2.0 Library, Part 2: Structures, r1.59. Integers are big-endian.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/reader.h"
#include "codec/writer.h"
#include "crypto/digest.h"

namespace seaworthy::tpm {

inline constexpr std::uint32_t kPcrCount = 24;  // of a PC Client TPM; PCR 16 and 23 are resettable

// A PCR that exists. Bytes from outside become one by of() only, so it always is a valid index
// into an array of kPcrCount.
class PcrIndex {
 public:
  static Result<PcrIndex> of(std::uint32_t index);  // kMalformed from 24 on
  // For constants of ours: PcrIndex::at<7>().
  template <std::uint32_t kIndex>
  static constexpr PcrIndex at() {
    static_assert(kIndex < kPcrCount);
    return PcrIndex(static_cast<std::uint8_t>(kIndex));
  }

  constexpr std::size_t value() const { return index_; }
  constexpr auto operator<=>(const PcrIndex&) const = default;

 private:
  friend class PcrMask;
  constexpr explicit PcrIndex(std::uint8_t index) : index_(index) {}
  std::uint8_t index_;
};

// A set of PCRs.
class PcrMask {
 public:
  constexpr PcrMask() = default;
  constexpr PcrMask(std::initializer_list<PcrIndex> pcrs) {
    for (const PcrIndex pcr : pcrs) {
      add(pcr);
    }
  }
  // Bit i is PCR i; kMalformed if a bit is set for a PCR that does not exist.
  static Result<PcrMask> of_bits(std::uint32_t bits);
  // PCR first to last, both included.
  template <std::uint32_t kFirst, std::uint32_t kLast>
  static constexpr PcrMask range() {
    static_assert(kFirst <= kLast && kLast < kPcrCount);
    PcrMask mask;
    mask.bits_ = ((1u << (kLast - kFirst + 1)) - 1) << kFirst;
    return mask;
  }

  constexpr void add(PcrIndex pcr) { bits_ |= 1u << pcr.index_; }
  constexpr bool has(PcrIndex pcr) const { return (bits_ >> pcr.index_ & 1u) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr int count() const { return std::popcount(bits_); }
  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool contains(PcrMask other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr PcrMask operator|(PcrMask other) const {
    PcrMask mask;
    mask.bits_ = bits_ | other.bits_;
    return mask;
  }
  constexpr bool operator==(const PcrMask&) const = default;

  std::vector<PcrIndex> indexes() const;  // ascending
  std::string text() const;               // "0,1,7"

 private:
  std::uint32_t bits_ = 0;
};

// TPMS_PCR_SELECTION (§10.6.2). Equal only if the bytes are: another sizeofSelect is another
// selection, because what was signed must be what was asked for (R9).
struct PcrSelection {
  crypto::HashAlg bank;
  PcrMask pcrs;
  std::uint8_t size_of_select = 3;  // bytes of the bit map: 3 on a PC Client TPM, 1 to 4 parse

  bool operator==(const PcrSelection&) const = default;
};

inline constexpr std::size_t kMaxBanks = 16;  // HASH_COUNT; real TPMs have 1 to 4

// TPML_PCR_SELECTION (§10.9.7), in order. A bank may occur twice: TPMs sign that without complaint,
// and it differs from whatever was asked for. kMalformed: a sizeofSelect outside 1 to 4, or bits
// above PCR 23. kUnsupported: a bank whose algorithm this build does not know.
Result<std::vector<PcrSelection>> parse_pcr_selections(codec::Reader& reader);
void write_pcr_selections(codec::Writer& writer, const std::vector<PcrSelection>& selections);

// "sha256:0,1,7+sha1:10", for messages.
std::string text(const std::vector<PcrSelection>& selections);

}  // namespace seaworthy::tpm

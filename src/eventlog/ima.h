// The kernel's list of what it measured since it started (binary_runtime_measurements).
// Spec: Linux 6.12, Documentation/security/IMA-templates.rst and security/integrity/ima/ima_fs.c,
// ima_template_lib.c; little-endian (every kernel we support, or ima_canonical_fmt).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace seaworthy::eventlog {

inline constexpr std::size_t kMaxImaTemplateName = 255;
inline constexpr std::size_t kMaxImaField = 1 << 20;  // largest real one: a signature of 600 bytes
inline constexpr std::size_t kMaxImaName = 4097;      // PATH_MAX and its NUL
inline constexpr std::size_t kMaxImaAlgorithm = 128;  // CRYPTO_MAX_ALG_NAME
inline constexpr std::size_t kMaxImaData = 8 << 20;   // of one entry: more than its fields need

enum class ImaTemplate : std::uint8_t {
  kIma,        // "ima": digest without algorithm, no field lengths
  kImaNg,      // "ima-ng": d-ng|n-ng
  kImaSig,     // "ima-sig": d-ng|n-ng|sig
  kImaNgV2,    // "ima-ngv2": d-ngv2|n-ng
  kImaSigV2,   // "ima-sigv2": d-ngv2|n-ng|sig
  kImaBuf,     // "ima-buf": d-ng|n-ng|buf
  kImaModSig,  // "ima-modsig": d-ng|n-ng|sig|d-modsig|modsig
  kEvmSig,     // "evm-sig": d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode
  kOther,      // any other: replayed, its fields not looked at
};

// What a kernel extends into a bank that is not SHA-1, for an entry and for a violation. It cannot
// be seen in the list, so whoever replays has to say which one is meant.
enum class TemplateDigests : std::uint8_t {
  kPerBank,                 // Linux 5.8 and later: H_bank(data); all ones
  kSha1Padded,              // before: SHA-1(data) and zeros; 20 bytes of ones and zeros
  kSha1PaddedOnesUnpadded,  // 5.8 and later, if the kernel lacks the algorithm: SHA-1; all ones
};

// One measurement as the list claims it; views point into the bytes that were parsed.
//
// A replay that reaches the quoted PCR proves the digest of `data` and the order of entries.
// It never proves the PCR index or the template name; and of a violation it proves nothing at all:
// what was extended for it is a constant, so its name and digest are the sender's words.
struct ImaEntry {
  std::uint8_t pcr = 10;     // below 24
  ByteSpan template_digest;  // SHA-1, 20 bytes; all zero for a violation
  std::string_view template_name;
  ImaTemplate kind = ImaTemplate::kOther;
  ByteSpan data;  // what the template digest covers (not for "ima")

  // Of the known templates:
  std::string_view digest_alg;  // "sha256"; "sha1" for "ima"
  ByteSpan file_digest;         // of the file, or of the buffer for ima-buf
  bool verity = false;          // the digest is an fs-verity digest
  std::string_view name;        // path or event name, without NUL: a hint, never proof
  ByteSpan signature;           // of ima-sig, ima-sigv2, ima-modsig, evm-sig; may be empty
  ByteSpan buffer;              // of ima-buf
  struct AppendedSignature {    // of ima-modsig: a module's; all may be empty
    std::string_view digest_alg;
    ByteSpan digest;  // of the file without the signature
    ByteSpan pkcs7;
  };
  AppendedSignature appended;
  struct Inode {  // of evm-sig; empty for boot_aggregate, which is no file
    ByteSpan xattr_names, xattr_lengths, xattr_values;
    std::optional<std::uint32_t> uid, gid;
    std::optional<std::uint16_t> mode;
  };
  Inode inode;

  bool violation() const;
  // What the kernel extended.
  crypto::Digest extend_value(crypto::HashAlg bank,
                              TemplateDigests rule = TemplateDigests::kPerBank) const;
  // The 20 bytes in the list are SHA-1 of the data, or this is a violation.
  bool template_digest_matches() const;
  // The algorithm of the file digest, if this build knows it and the size is right.
  std::optional<crypto::Digest> digest() const;
};

// Reads entries one after the other and stops where the caller wants.
class ImaReader {
 public:
  // `bytes` outlives the reader and every entry. Begins at an entry boundary.
  explicit ImaReader(ByteSpan bytes) : rest_(bytes), total_(bytes.size()) {}

  // The next entry, or nullopt at the end. kMalformed names entry and offset: an entry that is cut
  // off or whose fields contradict its size, a PCR index above 23, a limit exceeded.
  // kMalformed is final: the reader stays where the broken entry begins.
  Result<std::optional<ImaEntry>> next();

  std::size_t entries() const { return entries_; }                // read so far
  std::size_t consumed() const { return total_ - rest_.size(); }  // bytes of whole entries

 private:
  ByteSpan rest_;
  std::size_t total_;
  std::size_t entries_ = 0;
};

// A violation, or an entry of any template but ima, as the kernel would write it. For software
// machines and tests.
struct ImaEntryToWrite {
  std::uint8_t pcr = 10;
  std::string template_name = "ima-ng";
  std::string digest_alg = "sha256";  // "ima:sha256" or "verity:sha256" in templates of version 2
  Bytes file_digest;
  std::string name;
  std::optional<Bytes> third = {};  // signature or buffer
  bool violation = false;
  std::vector<Bytes> more = {};  // the fields after the third
};
Bytes write_ima_entry(const ImaEntryToWrite& entry);

}  // namespace seaworthy::eventlog

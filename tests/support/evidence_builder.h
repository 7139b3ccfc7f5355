// A software machine in memory: a TPM with software keys and a certified EK, a measured boot, an
// IMA list, and quotes over them; honest unless a test makes it lie. What was measured and what is
// shown are separate, so that every lie is one assignment. Link seaworthy::verify and
// OpenSSL::Crypto.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/hex.h"
#include "crypto/digest.h"
#include "crypto/ec_key.h"
#include "crypto/make_certificate.h"
#include "eventlog/boot_log.h"
#include "eventlog/ima.h"
#include "eventlog/replay.h"
#include "eventlog/uefi.h"
#include "eventlog/userspace_log.h"
#include "support/fake_random.h"
#include "tpm/attest.h"
#include "tpm/name.h"
#include "tpm/pcr.h"
#include "tpm/public_area.h"
#include "tpm/signature.h"
#include "verify/evidence.h"

namespace seaworthy::testing {

using crypto::HashAlg;
using eventlog::BootEvent;

inline constexpr const char* kCommandLine =
    "/vmlinuz-6.1.0 root=/dev/sda2 ro ima_policy=tcb ima_hash=sha256 lockdown=integrity";

// ---- Events --------------------------------------------------------------------------------

// An event whose digest is that of `hashed`, whatever its data are.
inline BootEvent event_of(std::uint8_t pcr, std::uint32_t type, ByteSpan data, ByteSpan hashed) {
  return {.pcr = pcr,
          .type = type,
          .digests = {crypto::hash(HashAlg::kSha1, hashed), crypto::sha256(hashed)},
          .data = to_bytes(data)};
}
inline BootEvent plain_event(std::uint8_t pcr, std::uint32_t type, std::string_view data) {
  return event_of(pcr, type, as_bytes(data), as_bytes(data));
}
inline BootEvent separator(std::uint8_t pcr, std::uint8_t fill = 0) {
  const Bytes data(4, fill);
  return event_of(pcr, eventlog::kSeparator, data, data);
}
inline BootEvent variable(std::uint32_t type, const eventlog::Guid& guid, const std::string& name,
                          const Bytes& value) {
  const Bytes data = eventlog::write_uefi_variable({guid, name, value});
  return event_of(7, type, data, data);
}
inline BootEvent config(const eventlog::Guid& guid, const std::string& name, const Bytes& value) {
  return variable(eventlog::kVariableDriverConfig, guid, name, value);
}
// A program: its image stands for its Authenticode hash.
inline BootEvent application(std::string_view image, std::string_view file) {
  codec::Writer path;
  path.u8(4).u8(4).u16le(static_cast<std::uint16_t>(4 + 2 * file.size() + 2));
  for (const char c : file) {
    path.u16le(static_cast<std::uint8_t>(c));
  }
  path.u16le(0).raw(Bytes{0x7F, 0xFF, 4, 0});
  const Bytes data = codec::Writer()
                         .u64le(0x1000)
                         .u64le(0x2000)
                         .u64le(0)
                         .u64le(path.bytes().size())
                         .raw(path.bytes())
                         .bytes();
  return event_of(4, eventlog::kBootApplication, data, as_bytes(image));
}
// What GRUB logs: a word, ": ", the text and a NUL; it hashes the text.
inline BootEvent grub(std::uint8_t pcr, const std::string& word, const std::string& text) {
  std::string data = word + ": " + text;
  data.push_back('\0');
  return event_of(pcr, eventlog::kIpl, as_bytes(data), as_bytes(text));
}

// A boot as a real machine logs it: locality 3, Secure Boot on, shim, GRUB, kernel.
inline eventlog::BootLog honest_boot(const std::string& command_line = kCommandLine) {
  using namespace eventlog;
  const Bytes on{1};
  BootLog log;
  log.crypto_agile = true;
  log.banks = {HashAlg::kSha1, HashAlg::kSha256};
  BootEvent locality = plain_event(0, kNoAction, {"StartupLocality\0", 16});
  locality.data.push_back(3);
  log.events = {locality,
                plain_event(0, kSCrtmVersion, "firmware 1.0"),
                config(kEfiGlobalVariable, "SecureBoot", on),
                config(kEfiGlobalVariable, "PK", Bytes(40, 1)),
                config(kEfiGlobalVariable, "KEK", Bytes(40, 2)),
                config(kEfiImageSecurityDatabase, "db", Bytes(40, 3)),
                config(kEfiImageSecurityDatabase, "dbx", Bytes(40, 4)),
                separator(7),
                plain_event(4, kEfiAction, "Calling EFI Application from Boot Option")};
  for (const std::uint8_t pcr : Bytes{0, 1, 2, 3, 4, 5, 6}) {
    log.events.push_back(separator(pcr));
  }
  const std::vector<BootEvent> rest = {
      variable(kVariableAuthority, kEfiImageSecurityDatabase, "db", Bytes(40, 3)),
      plain_event(5, kGptEvent, "EFI PART"),
      application("shim 15.8", "\\EFI\\debian\\shimx64.efi"),
      event_of(14, kIpl, as_bytes("MokList"), as_bytes("mok")),
      variable(kVariableAuthority, kShimLock, "SbatLevel", Bytes(18, 5)),
      application("grub 2.12", "\\EFI\\debian\\grubx64.efi"),
      grub(8, "grub_cmd", "set root=hd0,gpt2"),
      event_of(9, kIpl, as_bytes("/boot/grub/grub.cfg"), as_bytes("configuration")),
      grub(8, "grub_cmd", "linux " + command_line),
      event_of(9, kIpl, as_bytes("/vmlinuz-6.1.0"), as_bytes("kernel 6.1")),
      grub(8, "kernel_cmdline", command_line),
      application("kernel 6.1", ""),
      plain_event(5, kEfiAction, "Exit Boot Services Invocation"),
      plain_event(5, kEfiAction, "Exit Boot Services Returned with Success")};
  log.events.insert(log.events.end(), rest.begin(), rest.end());
  return log;
}

// A variable of signature lists: one list with one entry.
inline Bytes signature_list(const eventlog::Guid& type, ByteSpan entry) {
  codec::Writer writer;
  const auto size = static_cast<std::uint32_t>(16 + entry.size());
  writer.raw(type).u32le(28 + size).u32le(0).u32le(size).raw(Bytes(16, 7)).raw(entry);
  return std::move(writer).bytes();
}

// What systemd measures while the system runs.
inline eventlog::UserspaceEvent phase(std::uint8_t pcr, const std::string& word) {
  return {.pcr = pcr, .digests = {crypto::sha256(as_bytes(word))}, .description = word};
}

// "text" as UTF-16LE with its NUL.
inline Bytes utf16(std::string_view text) {
  codec::Writer writer;
  for (const char c : text) {
    writer.u16le(static_cast<std::uint8_t>(c));
  }
  return std::move(writer.u16le(0)).bytes();
}

// A section of a unified kernel image, as systemd-stub measures it: its name, then its content.
inline void measure_section(eventlog::BootLog& log, const std::string& section,
                            std::string_view content) {
  std::string with_nul = section;
  with_nul.push_back('\0');
  log.events.push_back(event_of(11, eventlog::kIpl, utf16(section), as_bytes(with_nul)));
  log.events.push_back(event_of(11, eventlog::kIpl, utf16(section), as_bytes(content)));
}

// systemd-boot and a unified kernel image: no shim, no GRUB.
inline constexpr const char* kUkiCommandLine = "root=/dev/vda2 ro ima_policy=tcb";
inline eventlog::BootLog uki_boot(const std::string& command_line = kUkiCommandLine) {
  using namespace eventlog;
  BootLog log = honest_boot();
  std::erase_if(log.events, [](const BootEvent& event) {
    return event.pcr == 8 || event.pcr == 9 || event.pcr == 14 || event.type == kBootApplication ||
           as_text(event.data).starts_with("Exit Boot Services");
  });
  log.events.push_back(application("systemd-boot 255", "\\EFI\\systemd\\systemd-bootx64.efi"));
  log.events.push_back(application("uki 6.1", "\\EFI\\Linux\\linux.efi"));
  measure_section(log, ".linux", "kernel 6.1");
  measure_section(log, ".osrel", "ID=debian");
  measure_section(log, ".cmdline", command_line);
  measure_section(log, ".initrd", "initrd");
  log.events.push_back(application("kernel 6.1", ""));
  log.events.push_back(plain_event(5, kEfiAction, "Exit Boot Services Invocation"));
  log.events.push_back(plain_event(5, kEfiAction, "Exit Boot Services Returned with Success"));
  return log;
}

// ---- The TPM -------------------------------------------------------------------------------

inline constexpr const char* kPolicyAHex =
    "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";

// Keys and certificates. Making one takes a millisecond or so.
struct TestTpm {
  FakeRandom random;
  crypto::EcPrivateKey ak_key;
  tpm::PublicArea ak;
  tpm::PublicArea ek;
  TestTpmMaker maker;  // its ek_key is the EK

  explicit TestTpm(int seed = 0)
      : ak_key(make_ak(random, seed)), ak(ak_area(ak_key.public_key())), ek(), maker() {
    maker.ek_key = new_ec_key();
    ek = ek_area(public_half(maker.ek_key));
  }

  Bytes ak_public() const { return tpm::write_public_area(ak); }
  Bytes ek_public() const { return tpm::write_public_area(ek); }
  CertificateRecipe ek_recipe() const {
    CertificateRecipe recipe = maker.ek_recipe();
    recipe.extensions = ek_extensions("keyAgreement");
    return recipe;
  }
  std::vector<Bytes> ek_certificates() const {
    return {make_der(ek_recipe()), make_der(maker.intermediate_recipe())};
  }
  // As a cloud certifies the attestation keys of its virtual TPMs.
  CertificateRecipe ak_recipe() const {
    CertificateRecipe recipe = maker.ek_recipe();
    recipe.key = key_from_pem(ak_key.to_pem());
    recipe.extensions = ak_extensions();
    return recipe;
  }
  std::vector<Bytes> ak_certificates() const {
    return {make_der(ak_recipe()), make_der(maker.intermediate_recipe())};
  }
  std::vector<crypto::TrustAnchor> anchors() const {
    return {{make_certificate(maker.root_recipe())}};
  }

  static crypto::EcPrivateKey make_ak(FakeRandom& random, int seed) {
    (void)random.bytes(static_cast<std::size_t>(seed) * 64);
    return crypto::EcPrivateKey::generate(random);
  }
  static tpm::PublicArea ak_area(const crypto::PublicKey& key) {
    tpm::PublicArea area{};
    area.name_alg = HashAlg::kSha256;
    area.attributes = 0x00050472;
    area.scheme = tpm::Scheme{tpm::kAlgEcdsa, HashAlg::kSha256};
    area.key = tpm::EccKey{tpm::EccCurve::kNistP256, to_bytes(key.ec_x()), to_bytes(key.ec_y())};
    return area;
  }
  static tpm::PublicArea ek_area(const crypto::PublicKey& key) {
    tpm::PublicArea area{};
    area.name_alg = HashAlg::kSha256;
    area.attributes = 0x000300B2;
    area.auth_policy = *codec::from_hex(kPolicyAHex);
    area.symmetric = tpm::SymmetricDef{128};
    area.key = tpm::EccKey{tpm::EccCurve::kNistP256, to_bytes(key.ec_x()), to_bytes(key.ec_y())};
    return area;
  }
};

// ---- Evidence ------------------------------------------------------------------------------

// One message's worth of evidence; owns all bytes.
struct Evidence {
  Bytes attested;
  Bytes signature;
  verify::ClaimedPcrs pcrs;
  std::string boot_log_digest_hex;
  std::optional<Bytes> boot_log;
  std::optional<Bytes> userspace_log;
  std::uint64_t ima_from = 0;
  std::optional<Bytes> ima;

  verify::EvidenceInput input() const {
    verify::EvidenceInput in{.attested = attested,
                             .signature = signature,
                             .pcrs = pcrs,
                             .boot_log_digest_hex = boot_log_digest_hex,
                             .boot_log = std::nullopt,
                             .ima = std::nullopt};
    if (boot_log) {
      in.boot_log = *boot_log;
    }
    if (userspace_log) {
      in.userspace_log = *userspace_log;
    }
    if (ima) {
      in.ima = verify::ImaPart{ima_from, *ima};
    }
    return in;
  }
};

using Outcome = std::variant<verify::Refused, verify::NeedMore, verify::VerifiedEvidence>;

class EvidenceBuilder {
 public:
  // Shared by default: tests that do not care about keys do not pay for them.
  explicit EvidenceBuilder(const TestTpm& with = shared_tpm()) : tpm(with) {
    run("/usr/lib/systemd/systemd");
    run("/usr/bin/kubelet");
  }

  static const TestTpm& shared_tpm() {
    static const TestTpm* const shared = new TestTpm();
    return *shared;
  }

  const TestTpm& tpm;
  eventlog::BootLog boot = honest_boot();           // what was measured
  std::optional<eventlog::BootLog> shown_boot;      // what is sent instead
  std::vector<eventlog::UserspaceEvent> userspace;  // what systemd measured
  std::optional<Bytes> shown_userspace;             // systemd's log, sent instead; empty: none
  std::vector<eventlog::ImaEntryToWrite> files;     // what was measured after boot_aggregate
  std::optional<Bytes> boot_aggregate;              // instead of the right one
  std::optional<Bytes> shown_ima;                   // whole list, sent instead
  std::optional<Bytes> measured_ima;                // whole list, measured instead
  // What this machine's kernel extends.
  eventlog::TemplateDigests ima_rule = eventlog::TemplateDigests::kPerBank;
  std::map<std::uint8_t, Bytes> extra_extends;  // into PCRs, unlogged: digests
  tpm::ClockInfo clock{.clock = 10'000, .reset_count = 5, .restart_count = 0, .safe = true};
  std::uint64_t firmware_version = 0x20191023'00163636;
  std::vector<tpm::PcrSelection> selection = {
      {HashAlg::kSha256, tpm::PcrMask::range<0, 10>() | tpm::PcrMask{tpm::PcrIndex::at<14>()}}};
  std::string nonce = "challenge 1";
  std::function<void(tpm::Quote&)> edit_quote;   // before it is signed
  std::function<void(Bytes&)> edit_attested;     // before it is signed
  std::function<void(Evidence&)> edit_evidence;  // after all

  // A file is used: measured with SHA-256 over its path, unless told otherwise.
  void run(const std::string& path) {
    files.push_back({.file_digest = to_bytes(file_digest(path).bytes()), .name = path});
  }
  static crypto::Digest file_digest(const std::string& path) {
    return crypto::sha256(as_bytes("content of " + path));
  }

  verify::Challenge challenge() const { return {crypto::sha256(as_bytes(nonce)), selection}; }

  // PCRs after the boot, and after the IMA list.
  std::vector<crypto::Digest> pcrs_after_boot() const {
    std::vector<crypto::Digest> values;
    for (const auto& pcr : eventlog::replay(boot, HashAlg::kSha256)) {
      values.push_back(pcr.value);
    }
    for (const auto& [pcr, digest] : extra_extends) {
      values[pcr] = crypto::extended(values[pcr], digest);
    }
    for (const auto& event : userspace) {
      values[event.pcr] =
          crypto::extended(values[event.pcr], event.digest(HashAlg::kSha256)->bytes());
    }
    return values;
  }
  // PCR 0 to 15: with what systemd measures.
  void select_userspace_pcrs() { selection = {{HashAlg::kSha256, tpm::PcrMask::range<0, 15>()}}; }
  Bytes ima_list() const {
    Bytes list = eventlog::write_ima_entry(
        {.file_digest = boot_aggregate.value_or(right_aggregate()), .name = "boot_aggregate"});
    for (const auto& file : files) {
      append(list, eventlog::write_ima_entry(file));
    }
    return list;
  }
  std::vector<crypto::Digest> pcrs() const {
    std::vector<crypto::Digest> values = pcrs_after_boot();
    const Bytes list = measured_ima.value_or(ima_list());
    eventlog::ImaReader reader(list);
    for (auto entry = reader.next(); entry && *entry; entry = reader.next()) {
      const std::size_t pcr = (*entry)->pcr;
      values[pcr] =
          crypto::extended(values[pcr], (*entry)->extend_value(HashAlg::kSha256, ima_rule).bytes());
    }
    return values;
  }

  // Everything, from the first byte.
  Evidence build() const { return build(pcrs()); }
  Evidence build(const std::vector<crypto::Digest>& values) const {
    Evidence evidence;
    tpm::Quote quote{
        .qualified_signer = tpm::primary_qualified_name(tpm.ak, tpm::Hierarchy::kEndorsement),
        .extra_data = to_bytes(crypto::sha256(as_bytes(nonce)).bytes()),
        .clock = clock,
        .firmware_version = firmware_version,
        .pcrs = selection,
        .pcr_digest = {}};
    Bytes all;
    for (const auto& selected : selection) {
      auto& bank = evidence.pcrs[std::string(crypto::name(selected.bank))];
      for (const tpm::PcrIndex pcr : selected.pcrs.indexes()) {
        const ByteSpan value = values[pcr.value()].bytes();
        append(all, value);
        bank[static_cast<std::uint8_t>(pcr.value())] = to_bytes(value);
      }
    }
    quote.pcr_digest = to_bytes(crypto::sha256(all).bytes());
    if (edit_quote) {
      edit_quote(quote);
    }
    evidence.attested = tpm::write_quote(quote);
    if (edit_attested) {
      edit_attested(evidence.attested);
    }
    evidence.signature = sign(evidence.attested);
    evidence.boot_log = eventlog::write_boot_log(shown_boot.value_or(boot));
    evidence.boot_log_digest_hex = codec::to_hex(crypto::sha256(*evidence.boot_log).bytes());
    if (shown_userspace ? !shown_userspace->empty() : !userspace.empty()) {
      evidence.userspace_log = shown_userspace.value_or(eventlog::write_userspace_log(userspace));
    }
    evidence.ima = shown_ima.value_or(ima_list());
    if (edit_evidence) {
      edit_evidence(evidence);
    }
    return evidence;
  }

  Bytes sign(ByteSpan attested) const {
    const ByteArray<64> rs = tpm.ak_key.sign(attested);
    return tpm::write_signature(tpm::EcdsaSignature{
        HashAlg::kSha256, to_bytes(ByteSpan(rs).first(32)), to_bytes(ByteSpan(rs).subspan(32))});
  }

  verify::AttestationKey ak() const { return *verify::enrolled_attestation_key(tpm.ak_public()); }
  // `evidence` outlives the outcome.
  Outcome verify(const Evidence& evidence, const verify::AttestationProgress& before = {}) const {
    return verify::verify_evidence(evidence.input(), ak(), challenge(), before);
  }

  // When IMA starts, user space has not extended anything yet.
  Bytes right_aggregate(std::size_t last = 9) const {
    Bytes all;
    const auto replayed = eventlog::replay(boot, HashAlg::kSha256);
    for (std::size_t pcr = 0; pcr <= last; ++pcr) {
      append(all, replayed[pcr].value.bytes());
    }
    return to_bytes(crypto::sha256(all).bytes());
  }
};

}  // namespace seaworthy::testing

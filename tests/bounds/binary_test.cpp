// What reading bytes of a node costs: structures of its TPM, its logs, its certificates.
#include <optional>

#include "bounds/reading.h"
#include "codec/writer.h"
#include "crypto/ek_profile.h"
#include "crypto/make_certificate.h"
#include "crypto/nv_chain.h"
#include "crypto/revocation.h"
#include "eventlog/evm.h"
#include "eventlog/ima.h"
#include "eventlog/ima_signature.h"
#include "eventlog/sbat.h"
#include "support/evidence_builder.h"

namespace seaworthy::bounds {
namespace {

using eventlog::BootLog;
using eventlog::ImaEntryToWrite;
using seaworthy::testing::CertificateRecipe;

Bytes repeated(ByteSpan part, std::size_t times) {
  Bytes all;
  for (std::size_t i = 0; i < times; ++i) {
    append(all, part);
  }
  return all;
}

// ---- Boot log

bool boot_log(ByteSpan in) {
  const auto log = eventlog::parse_boot_log(in);
  if (log) {
    (void)eventlog::replay(*log, crypto::HashAlg::kSha256);
  }
  return log.has_value();
}
Bytes boot_of_real_events(std::size_t n) {
  BootLog log = seaworthy::testing::honest_boot();
  const auto events = log.events;
  for (std::size_t i = 1; i < n; ++i) {
    log.events.insert(log.events.end(), events.begin() + 1, events.end());
  }
  return eventlog::write_boot_log(log);
}
Bytes boot_of_empty_events(std::size_t n) {
  BootLog log = seaworthy::testing::honest_boot();
  log.events.assign(n, seaworthy::testing::plain_event(4, eventlog::kEfiAction, ""));
  return eventlog::write_boot_log(log);
}
Bytes boot_with_padding(std::size_t n) {
  Bytes log = eventlog::write_boot_log(seaworthy::testing::honest_boot());
  log.resize(log.size() * 8 * n, 0xFF);
  return log;
}
Bytes boot_of_one_large_event(std::size_t n) {
  BootLog log = seaworthy::testing::honest_boot();
  log.events = {seaworthy::testing::plain_event(4, eventlog::kEfiAction, std::string(n, 'x'))};
  return eventlog::write_boot_log(log);
}

// ---- IMA

bool ima(ByteSpan in) {
  eventlog::ImaReader reader(in);
  while (true) {
    const auto entry = reader.next();
    if (!entry || !*entry) {
      return entry.has_value();
    }
    (void)(*entry)->extend_value(crypto::HashAlg::kSha256);
    (void)(*entry)->template_digest_matches();
    (void)(*entry)->digest();
    (void)eventlog::parse_ima_signature((*entry)->signature);
    (void)eventlog::attribute((*entry)->inode, eventlog::kImaAttribute);
    (void)eventlog::portable_digest((*entry)->inode, crypto::HashAlg::kSha256);
  }
}
// Every template that is known, by turns.
Bytes ima_of_every_template(std::size_t n) {
  const Bytes none;
  const Bytes signature =
      eventlog::write_ima_signature({.hash_id = 4, .key_id = 7, .bytes = repeated(Bytes{1}, 71)});
  const auto entry = [](const char* name, const char* alg, std::optional<Bytes> third,
                        std::vector<Bytes> more) {
    return eventlog::write_ima_entry({.template_name = name,
                                      .digest_alg = alg,
                                      .file_digest = Bytes(32, 5),
                                      .name = "/usr/bin/true",
                                      .third = std::move(third),
                                      .more = std::move(more)});
  };
  Bytes all = codec::Writer()
                  .u32le(10)
                  .raw(Bytes(20, 1))
                  .sized32le(as_bytes("ima"))
                  .raw(Bytes(20, 2))
                  .sized32le(as_bytes("/sbin/init"))
                  .bytes();
  append(all, entry("ima-ng", "sha256", {}, {}));
  append(all, entry("ima-ngv2", "ima:sha256", {}, {}));
  append(all, entry("ima-sig", "sha256", signature, {}));
  append(all, entry("ima-sigv2", "verity:sha256", signature, {}));
  append(all, entry("ima-buf", "sha256", signature, {}));
  append(all, entry("ima-modsig", "sha256", none, {none, none}));
  append(all, entry("evm-sig", "sha256", signature, {none, none, none, none, none, none}));
  append(all, entry("evm-sig", "sha256", signature,
                    {to_bytes(as_bytes("security.selinux|security.ima")),
                     {1, 0, 0, 0, 34, 0, 0, 0},
                     Bytes(35, 4),
                     Bytes(4),
                     Bytes(4),
                     Bytes(2)}));
  append(all, entry("another", "sha256", {}, {}));
  append(all, eventlog::write_ima_entry(
                  {.file_digest = Bytes(32), .name = "/tmp/x", .violation = true}));
  return repeated(all, n);
}
Bytes ima_of_one_large_buffer(std::size_t n) {
  return eventlog::write_ima_entry({.template_name = "ima-buf",
                                    .file_digest = Bytes(32),
                                    .name = "x",
                                    .third = Bytes(n * 1024, 'b')});
}

// ---- systemd's log

bool userspace_log(ByteSpan in) {
  return eventlog::parse_userspace_log(in).has_value();
}
Bytes userspace_of_phases(std::size_t n) {
  return eventlog::write_userspace_log(
      std::vector<eventlog::UserspaceEvent>(n, seaworthy::testing::phase(11, "sysinit")));
}

// ---- UEFI

bool uefi_variable(ByteSpan in) {
  const auto variable = eventlog::parse_uefi_variable(in);
  return variable && eventlog::parse_signature_lists(variable->data);
}
Bytes variable_of(ByteSpan value) {
  return eventlog::write_uefi_variable({eventlog::kEfiImageSecurityDatabase, "dbx", value});
}
Bytes one_list_of_signatures(std::size_t n) {
  const auto body = static_cast<std::uint32_t>(n * 48);
  return variable_of(codec::Writer()
                         .raw(eventlog::kCertSha256)
                         .u32le(28 + body)
                         .u32le(0)
                         .u32le(48)
                         .raw(Bytes(body, 7))
                         .bytes());
}
// The smallest signatures that there can be: an owner and one byte.
Bytes one_list_of_tiny_signatures(std::size_t n) {
  const auto body = static_cast<std::uint32_t>(n * 17);
  return variable_of(codec::Writer()
                         .raw(eventlog::kCertX509)
                         .u32le(28 + body)
                         .u32le(0)
                         .u32le(17)
                         .raw(Bytes(body, 7))
                         .bytes());
}
Bytes many_lists(std::size_t n) {
  return variable_of(
      repeated(seaworthy::testing::signature_list(eventlog::kCertX509, Bytes(1, 1)), n));
}
Bytes many_empty_lists(std::size_t n) {
  return variable_of(
      repeated(codec::Writer().raw(eventlog::kCertX509).u32le(28).u32le(0).u32le(17).bytes(), n));
}

bool sbat(ByteSpan in) {
  return eventlog::parse_sbat_level(in).has_value();
}
Bytes sbat_of_components(std::size_t n) {
  std::string text = "sbat,1,2023012900\n";
  for (std::size_t i = 0; i < n; ++i) {
    text += "component-" + std::to_string(i) + ",3\n";
  }
  return to_bytes(as_bytes(text));
}

bool device_path(ByteSpan in) {
  return !eventlog::claimed_file(in).empty();
}
Bytes path_of_nodes(std::size_t n) {
  const Bytes node =
      codec::Writer().u8(4).u8(4).u16le(10).raw(Bytes{'\\', 0, 'a', 0, 0, 0}).bytes();
  Bytes all = repeated(node, n);
  append(all, Bytes{0x7F, 0xFF, 4, 0});
  return all;
}

// ---- The TPM's structures: as large as they are, so only what they claim can be too large

bool quote(ByteSpan in) {
  return tpm::parse_quote(in).has_value();
}
Bytes quote_of(std::size_t selections) {
  tpm::Quote made;
  made.qualified_signer = Bytes(34, 1);
  made.extra_data = Bytes(32, 2);
  made.pcr_digest = Bytes(32, 3);
  made.pcrs.assign(selections, {crypto::HashAlg::kSha256, tpm::PcrMask::range<0, 10>()});
  return tpm::write_quote(made);
}
bool attest_header(ByteSpan in) {
  return tpm::parse_attest_header(in).has_value();
}
bool public_area(ByteSpan in) {
  return tpm::parse_public_area(in).has_value();
}
Bytes some_public_area(std::size_t) {
  return seaworthy::testing::EvidenceBuilder::shared_tpm().ek_public();
}
bool signature(ByteSpan in) {
  return tpm::parse_signature(in).has_value();
}
Bytes some_signature(std::size_t) {
  return tpm::write_signature(
      tpm::EcdsaSignature{crypto::HashAlg::kSha256, Bytes(32, 1), Bytes(32, 2)});
}

// ---- Certificates

bool certificate(ByteSpan in) {
  const auto parsed = crypto::Certificate::parse(in);
  if (!parsed) {
    return false;
  }
  (void)crypto::check_profile(*parsed, crypto::LeafKind::kEndorsementKey, false);
  (void)parsed->tpm_claims();
  (void)parsed->dns_names();
  return true;
}
CertificateRecipe ek_recipe() {
  static const seaworthy::testing::TestTpmMaker maker;
  return maker.ek_recipe();
}
Bytes certificate_of_names(std::size_t n) {
  CertificateRecipe recipe = ek_recipe();
  std::string names = "DNS:a.example";
  for (std::size_t i = 1; i < n; ++i) {
    names += ",DNS:a.example";
  }
  recipe.edit = nullptr;
  recipe.extensions.push_back({NID_subject_alt_name, names});
  return seaworthy::testing::make_der(recipe);
}
// One sequence in another: as deep as its bytes allow.
Bytes certificate_of_sequences(std::size_t n) {
  Bytes all;
  for (std::size_t i = 0; i < n; ++i) {  // from the inside out
    codec::Writer outer;
    outer.u8(0x30).u8(0x82).u16be(static_cast<std::uint16_t>(all.size())).raw(all);
    all = std::move(outer).bytes();
  }
  return all;
}
bool certificate_bundle(ByteSpan in) {
  return crypto::parse_pem_bundle(as_text(in)).has_value();
}
Bytes bundle_of_certificates(std::size_t n) {
  static const std::string one = seaworthy::testing::make_certificate(ek_recipe()).to_pem();
  return repeated(as_bytes(one), n);
}
bool nv_chain(ByteSpan in) {
  const std::vector<Bytes> areas{to_bytes(in)};
  return !crypto::parse_tpm_nv_chain(areas, 8).empty();
}
Bytes nv_of_certificates(std::size_t n) {
  static const Bytes one = seaworthy::testing::make_der(ek_recipe());
  return repeated(one, n);
}
bool revocation_lists(ByteSpan in) {
  return crypto::parse_revocation_lists(as_text(in)).has_value();
}
Bytes list_of_revoked(std::size_t n) {
  static const auto key = seaworthy::testing::new_ec_key();
  std::vector<long> serials;
  for (std::size_t i = 0; i < n; ++i) {
    serials.push_back(0x10000 + static_cast<long>(i));
  }
  return to_bytes(as_bytes(seaworthy::testing::make_revocation_list(
      {.issuer = "Test Root", .issuer_key = key, .serials = serials})));
}

const Reading kGrowing[] = {
    {"BootLogOfRealEvents", 50, boot_of_real_events, boot_log, 4},
    {"BootLogOfEmptyEvents", 3'000, boot_of_empty_events, boot_log, 4},
    {"BootLogOfTooManyEvents", 9'000, boot_of_empty_events, boot_log, 4, false},
    {"BootLogWithPadding", 4, boot_with_padding, boot_log, 1},
    {"BootLogOfOneLargeEvent", 100'000, boot_of_one_large_event, boot_log, 2},
    {"ImaOfEveryTemplate", 200, ima_of_every_template, ima, 0},
    {"ImaOfOneLargeBuffer", 100, ima_of_one_large_buffer, ima, 0},
    {"UserspaceLog", 200, userspace_of_phases, userspace_log, 2},
    {"DbxOfOneList", 1'000, one_list_of_signatures, uefi_variable, 2},
    {"DbxOfTinySignatures", 1'000, one_list_of_tiny_signatures, uefi_variable, 4},
    {"DbxOfManyLists", 1'000, many_lists, uefi_variable, 4},
    {"DbxOfManyEmptyLists", 1'000, many_empty_lists, uefi_variable, 4},
    {"DevicePath", 1'000, path_of_nodes, device_path, 1},
    {"CertificateOfNames", 500, certificate_of_names, certificate, 24},
    {"CertificateOfSequences", 5'000, certificate_of_sequences, certificate, 1, false},
    {"CertificateBundle", 100, bundle_of_certificates, certificate_bundle, 12},
    {"NvChain", 50, nv_of_certificates, nv_chain, 24},
    {"RevocationList", 2'000, list_of_revoked, revocation_lists, 8},
};

// Small ones, for what they claim.
const Reading kSmall[] = {
    {"BootLog", 3, boot_of_empty_events, boot_log, 4},
    {"Ima", 1, ima_of_every_template, ima, 0},
    {"UserspaceLog", 2, userspace_of_phases, userspace_log, 2},
    {"Dbx", 2, many_lists, uefi_variable, 4},
    {"DevicePath", 3, path_of_nodes, device_path, 1},
    {"Certificate", 3, certificate_of_names, certificate, 24},
    {"NvChain", 1, nv_of_certificates, nv_chain, 24},
    {"Quote", 2, quote_of, quote, 16},
    {"AttestHeader", 2, quote_of, attest_header, 16},
    {"PublicArea", 1, some_public_area, public_area, 16},
    {"Signature", 1, some_signature, signature, 16},
    {"Sbat", 3, sbat_of_components, sbat, 16},
};

class Binary : public ::testing::TestWithParam<Reading> {};
TEST_P(Binary, A185_MemoryIsBoundedByTheInput) {
  expect_memory_within_the_input(GetParam());
}
TEST_P(Binary, A187_TwiceTheInputCostsTwice) {
  expect_linear_cost(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Table, Binary, ::testing::ValuesIn(kGrowing),
                         [](const auto& row) { return std::string(row.param.name); });

class Claims : public ::testing::TestWithParam<Reading> {};
TEST_P(Claims, A184_A185_LengthsOfFourGigabytesCostNothing) {
  expect_claims_to_cost_nothing(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Table, Claims, ::testing::ValuesIn(kSmall),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(BinaryNesting, A186_DeepStructuresUseNoMoreStack) {
  const auto stack = [](std::size_t depth) {
    const Bytes input = certificate_of_sequences(depth);
    return stack_of([&] { EXPECT_FALSE(certificate(input)); });
  };
  const std::size_t shallow = stack(100);
  EXPECT_LE(stack(10'000), shallow + 16 * 1024);
}

}  // namespace
}  // namespace seaworthy::bounds

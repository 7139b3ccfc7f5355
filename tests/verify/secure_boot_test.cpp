#include "verify/secure_boot.h"

#include <gtest/gtest.h>

#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using eventlog::BootEvent;
using seaworthy::testing::config;
using seaworthy::testing::event_of;
using seaworthy::testing::plain_event;
using seaworthy::testing::separator;
using seaworthy::testing::variable;
using Events = std::vector<BootEvent>;

const eventlog::Guid kGlobal = eventlog::kEfiGlobalVariable;
const eventlog::Guid kDatabase = eventlog::kEfiImageSecurityDatabase;

BootEvent authority() {
  return variable(eventlog::kVariableAuthority, kDatabase, "db", Bytes(40, 3));
}
Events honest() {
  return {config(kGlobal, "SecureBoot", {1}), config(kGlobal, "PK", Bytes(40, 1)),
          config(kDatabase, "db", Bytes(40, 3)), separator(7), authority()};
}

struct Lie {
  const char* name;
  void (*tell)(Events&);
  SecureBoot state;
  Reasons found;  // before SecureBootUnknown, which stands last unless Off
};
class SecureBootLies : public ::testing::TestWithParam<Lie> {};

TEST_P(SecureBootLies, R17) {
  Events events = honest();
  GetParam().tell(events);
  std::vector<const BootEvent*> pointers;
  for (const BootEvent& event : events) {
    pointers.push_back(&event);
  }
  const SecureBootState state = secure_boot_state(pointers);
  EXPECT_EQ(name(state.state), name(GetParam().state));
  Reasons expected = GetParam().found;
  if (GetParam().state == SecureBoot::kUnknown) {
    expected.push_back(Reason::kSecureBootUnknown);
  }
  EXPECT_EQ(reasons(state.findings), expected) << text(state.findings);
}

constexpr auto kUnknown = SecureBoot::kUnknown;

INSTANTIATE_TEST_SUITE_P(
    Table, SecureBootLies,
    ::testing::Values(
        Lie{"Honest", [](Events&) {}, SecureBoot::kOn, {}},
        Lie{"A79_Off",
            [](Events& e) { e[0] = config(kGlobal, "SecureBoot", {0}); },
            SecureBoot::kOff,
            {Reason::kSecureBootOff}},
        Lie{"A79_Empty", [](Events& e) { e[0] = config(kGlobal, "SecureBoot", {}); }, kUnknown, {}},
        Lie{"A79_TwoBytes",
            [](Events& e) {
              e[0] = config(kGlobal, "SecureBoot", {1, 0});
            },
            kUnknown,
            {}},
        Lie{"A79_TheValueTwo",
            [](Events& e) { e[0] = config(kGlobal, "SecureBoot", {2}); },
            kUnknown,
            {}},
        Lie{"NoSuchVariable", [](Events& e) { e.erase(e.begin()); }, kUnknown, {}},
        Lie{"A81_UnderAnotherGuid",
            [](Events& e) { e[0] = config(kDatabase, "SecureBoot", {1}); },
            kUnknown,
            {Reason::kVariableForeign}},
        Lie{"A81_Twice",
            [](Events& e) { e.insert(e.begin(), config(kGlobal, "SecureBoot", {0})); },
            SecureBoot::kOff,
            {Reason::kVariableRepeated, Reason::kSecureBootOff}},
        Lie{"A81_AfterTheSeparator",
            [](Events& e) {
              e.erase(e.begin());
              e.push_back(config(kGlobal, "SecureBoot", {1}));
            },
            kUnknown,
            {Reason::kVariableAfterSeparator}},
        Lie{"A68_AVariableAddedByTheSystem",
            [](Events& e) { e.push_back(config(kDatabase, "dbx", Bytes(40, 9))); },
            kUnknown,
            {Reason::kVariableAfterSeparator}},
        Lie{"A81_NoSeparator",
            [](Events& e) { e.erase(e.begin() + 3); },
            kUnknown,
            {Reason::kEventUnknown, Reason::kSeparatorMissing}},
        Lie{"A81_TwoSeparators",
            [](Events& e) { e.push_back(separator(7)); },
            kUnknown,
            {Reason::kSeparatorRepeated}},
        Lie{"ASeparatorOfOnes",
            [](Events& e) { e[3] = separator(7, 0xFF); },
            kUnknown,
            {Reason::kSeparatorInvalid}},
        Lie{"NothingWasVerified",
            [](Events& e) { e.pop_back(); },
            kUnknown,
            {Reason::kAuthorityMissing}},
        Lie{"A66_TheValueIsNotWhatWasMeasured",
            [](Events& e) {
              const BootEvent off = config(kGlobal, "SecureBoot", {0});
              e[0].digests = off.digests;
            },
            kUnknown,
            {Reason::kEventDataMismatch}},
        Lie{"A65_AnUnknownType",
            [](Events& e) { e[1].type = 0x80000099; },
            kUnknown,
            {Reason::kEventUnknown}},
        Lie{"NotAVariable",
            [](Events& e) { e[1] = plain_event(7, eventlog::kVariableDriverConfig, "x"); },
            kUnknown,
            {Reason::kEventDataMismatch}},
        Lie{"DebugMode",
            [](Events& e) {
              e.insert(e.begin(), plain_event(7, eventlog::kEfiAction, "UEFI Debug Mode"));
            },
            kUnknown,
            {Reason::kDebugMode}},
        Lie{"AnotherAction",
            [](Events& e) {
              e.insert(e.begin(), plain_event(7, eventlog::kEfiAction, "Something Else"));
            },
            kUnknown,
            {Reason::kEventUnknown}},
        Lie{"AnActionThatIsNotWhatWasMeasured",
            [](Events& e) {
              e.insert(e.begin(), event_of(7, eventlog::kEfiAction, as_bytes("a"), as_bytes("b")));
            },
            kUnknown,
            {Reason::kEventDataMismatch}},
        Lie{"A83_OneByteTooManyInAnAuthorityIsTheQuirkOfOldShim",
            [](Events& e) { e[4].data.push_back(0); },
            SecureBoot::kOn,
            {}},
        Lie{"A83_TwoBytesTooManyAreNot",
            [](Events& e) {
              e[4].data.push_back(0);
              e[4].data.push_back(0);
            },
            kUnknown,
            {Reason::kEventDataMismatch, Reason::kAuthorityMissing}},
        Lie{"A83_NotForOtherTypes",
            [](Events& e) { e[1].data.push_back(0); },
            kUnknown,
            {Reason::kEventDataMismatch}}),
    [](const auto& row) { return std::string(row.param.name); });

std::vector<const BootEvent*> pointers(const Events& events) {
  std::vector<const BootEvent*> all;
  for (const BootEvent& event : events) {
    all.push_back(&event);
  }
  return all;
}
SecureBootState state_of(const Events& events, const Events& shim = {}) {
  return secure_boot_state(pointers(events), pointers(shim));
}

TEST(SecureBoot, A83_OneByteMoreIsAQuirkThatAPolicyHasToAllow) {
  Events events = honest();
  events[4].data.push_back(0);
  events.push_back(events[4]);  // told once
  const SecureBootState state = state_of(events);
  ASSERT_EQ(state.deviations.size(), 1u);
  EXPECT_EQ(state.deviations[0].first, Quirk::kAuthorityLogsOneByteMore);
  EXPECT_EQ(state.deviations[0].second.reason, Reason::kFirmwareQuirk);
  EXPECT_EQ(state.deviations[0].second.about, "AuthorityLogsOneByteMore");
  EXPECT_TRUE(state_of(honest()).deviations.empty());
}

TEST(SecureBoot, DmaProtectionDisabledIsAQuirkBeforeTheSeparatorOnly) {
  const BootEvent dma = plain_event(7, eventlog::kEfiAction, "DMA Protection Disabled");
  Events events = honest();
  events.insert(events.begin(), dma);
  const SecureBootState state = state_of(events);
  EXPECT_EQ(text(state.findings), "");
  ASSERT_EQ(state.deviations.size(), 1u);
  EXPECT_EQ(state.deviations[0].first, Quirk::kDmaProtectionDisabled);
  events = honest();
  events.push_back(dma);
  EXPECT_EQ(reasons(state_of(events).findings),
            (Reasons{Reason::kEventUnknown, Reason::kSecureBootUnknown}));
}

TEST(SecureBoot, R17_ItIsNotOnIfShimWasToldToVerifyNothing) {
  const Bytes yes{1};
  const BootEvent off = event_of(14, eventlog::kIpl, as_bytes({"MokSBState\0", 11}), yes);
  const BootEvent trusted = event_of(14, eventlog::kIpl, as_bytes({"MokListTrusted\0", 15}), yes);
  const BootEvent inactive = event_of(14, eventlog::kIpl, as_bytes("MokSBState"), Bytes{0});
  EXPECT_EQ(state_of(honest(), {trusted, inactive}).state, SecureBoot::kOn);
  const SecureBootState state = state_of(honest(), {trusted, off});
  EXPECT_EQ(state.state, SecureBoot::kUnknown);
  EXPECT_EQ(reasons(state.findings),
            (Reasons{Reason::kShimValidationOff, Reason::kSecureBootUnknown}));
}

// ---- Keys, revocations, SBAT -------------------------------------------------------------------

BootEvent sbat(std::string_view level) {
  return variable(eventlog::kVariableAuthority, eventlog::kShimLock, "SbatLevel",
                  to_bytes(as_bytes(level)));
}
Sha256Bytes sha256_bytes(std::string_view of) {
  Sha256Bytes out{};
  const auto digest = crypto::sha256(as_bytes(of));
  std::copy_n(digest.bytes().begin(), out.size(), out.begin());
  return out;
}

TEST(SecureBoot, A80_ReadsKeysRevocationsAndSbat) {
  using seaworthy::testing::signature_list;
  const Sha256Bytes revoked = sha256_bytes("old shim");
  Bytes timed = to_bytes(revoked);
  timed.resize(48);  // TBS hash and time
  const eventlog::Guid tbs = {0x92, 0xA4, 0xD2, 0x3B, 0xC0, 0x96, 0x79, 0x40,
                              0xB4, 0x20, 0xFC, 0xF9, 0x8E, 0xF1, 0x03, 0xED};
  Bytes dbx = signature_list(eventlog::kCertSha256, sha256_bytes("old grub"));
  append(dbx, signature_list(tbs, timed));
  Events events = honest();
  events[1] = config(kGlobal, "PK", signature_list(eventlog::kCertX509, as_bytes("pk")));
  events[2] = config(kDatabase, "db", signature_list(eventlog::kCertX509, as_bytes("ca")));
  events.insert(events.begin() + 3, config(kDatabase, "dbx", dbx));
  events.push_back(sbat("sbat,1,2023012900\nshim,2\n"));
  const SecureBootKeys keys = state_of(events).keys;
  ASSERT_TRUE(keys.pk && keys.db && keys.dbx && keys.sbat) << keys.problem;
  EXPECT_FALSE(keys.kek);
  EXPECT_TRUE(keys.pk->contains(sha256_bytes("pk")));
  EXPECT_TRUE(keys.db->contains(sha256_bytes("ca")));
  EXPECT_FALSE(keys.db->contains(sha256_bytes("pk")));
  EXPECT_EQ(keys.dbx->size(), 2u);
  EXPECT_TRUE(keys.dbx->contains(revoked));
  EXPECT_TRUE(keys.dbx->contains(sha256_bytes("old grub")));
  EXPECT_FALSE(keys.dbx->contains(sha256_bytes("new grub")));
  EXPECT_EQ(keys.sbat->components.size(), 2u);
}

TEST(SecureBoot, A78_VendorBytesOfASignatureListAreNoKeys) {
  codec::Writer list;
  list.raw(eventlog::kCertSha256).u32le(28 + 32 + 48).u32le(32).u32le(48);
  list.raw(sha256_bytes("vendor bytes")).raw(Bytes(16, 7)).raw(sha256_bytes("real"));
  Events events = honest();
  events[2] = config(kDatabase, "db", list.bytes());
  const SecureBootKeys keys = state_of(events).keys;
  ASSERT_TRUE(keys.db);
  EXPECT_TRUE(keys.db->contains(sha256_bytes("real")));
  EXPECT_FALSE(keys.db->contains(sha256_bytes("vendor bytes")));
}

TEST(SecureBoot, A80_WhatCannotBeReadIsUnknownAndNotEmpty) {
  const auto keys_with = [](BootEvent event) {
    Events events = honest();
    if (event.type == eventlog::kVariableAuthority) {
      events.push_back(std::move(event));
    } else {
      events.insert(events.begin(), std::move(event));
    }
    return state_of(events).keys;
  };
  using seaworthy::testing::signature_list;
  EXPECT_FALSE(keys_with(config(kDatabase, "dbx", Bytes(5, 1))).dbx);
  EXPECT_TRUE(keys_with(config(kDatabase, "dbx", {})).dbx);
  EXPECT_FALSE(keys_with(config(kGlobal, "dbx", {})).dbx);
  EXPECT_FALSE(keys_with(config(kDatabase, "KEK", {})).kek);
  EXPECT_FALSE(keys_with(sbat("nonsense")).sbat);
  EXPECT_FALSE(keys_with(variable(eventlog::kVariableAuthority, kDatabase, "SbatLevel",
                                  to_bytes(as_bytes("sbat,1\n"))))
                   .sbat);
  Events twice = honest();
  twice.push_back(sbat("sbat,1\n"));
  twice.push_back(sbat("sbat,1\n"));
  EXPECT_TRUE(state_of(twice).keys.sbat);
  twice.push_back(sbat("sbat,2\n"));
  EXPECT_FALSE(state_of(twice).keys.sbat);
  // What the operating system adds after the separator changes nothing.
  Events late = honest();
  late.push_back(config(kDatabase, "dbx", {}));
  EXPECT_FALSE(state_of(late).keys.dbx);
}

TEST(SecureBoot, MoreEntriesThanAreKeptAreUnknown) {
  const auto database = [](std::size_t entries) {
    Bytes all;
    for (std::size_t i = 0; i < entries; ++i) {
      append(all, seaworthy::testing::signature_list(eventlog::kCertX509, as_bytes("same")));
    }
    return all;
  };
  Events events = honest();
  events[2] = config(kDatabase, "db", database(kMaxKeys));
  EXPECT_EQ(state_of(events).keys.db->entries.size(), 1u);
  events[2] = config(kDatabase, "db", database(kMaxKeys + 1));
  EXPECT_FALSE(state_of(events).keys.db);
  events[2] = config(kDatabase, "dbx", database(kMaxRevocations));
  EXPECT_TRUE(state_of(events).keys.dbx);
  events[2] = config(kDatabase, "dbx", database(kMaxRevocations + 1));
  EXPECT_FALSE(state_of(events).keys.dbx);
}

}  // namespace
}  // namespace seaworthy::verify

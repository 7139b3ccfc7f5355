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
              e.insert(e.begin(), plain_event(7, eventlog::kEfiAction, "DMA Protection Disabled"));
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

}  // namespace
}  // namespace seaworthy::verify

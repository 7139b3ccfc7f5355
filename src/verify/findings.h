// What was found out and is bad. "Could not find out" is an Error (base/error.h), never a finding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace seaworthy::api {
struct FindingView;  // api/verdict.h
}

namespace seaworthy::verify {

// Each has a stable CamelCase name, which stands in status, Events, metrics and tests, and a
// sentence that says what to do. Values are stable too: a new reason gets the next free number of
// its band; none is used again.
enum class Reason : std::uint16_t {
  // Identity: R1 to R4, R23.
  kEkCertificateMissing = 101,
  kEkCertificateMalformed = 102,
  kEkCertificateUntrusted = 103,
  kEkCertificateBadSignature = 104,
  kEkCertificateExpired = 105,
  kEkCertificateNotYetValid = 106,
  kEkIssuerMayNotIssue = 107,
  kEkCertificateWeak = 108,
  kEkCertificateWrongUsage = 109,
  kEkKeyMismatch = 111,
  kEkPublicMalformed = 112,
  kEkTemplateUnknown = 113,
  kEkKeyWeak = 114,
  kDuplicateTpm = 115,  // R23
  kEkCertificateRevoked = 116,
  kEkRevocationUnknown = 117,
  kTpmDenied = 118,
  kAkPublicMalformed = 121,
  kAkAttributes = 122,
  kAkAlgorithm = 123,
  kAkKeyWeak = 124,
  kAkKeyMismatch = 125,

  // Freshness: R7, R13.
  kNonceMismatch = 201,
  kClockWentBack = 202,
  kCountersWentBack = 203,

  // Quote: R6, R8 to R10, R12.
  kSignatureMalformed = 301,
  kSignatureSchemeMismatch = 302,
  kSignatureInvalid = 303,
  kNotAQuote = 304,
  kPcrSelectionMismatch = 305,
  kPcrValuesMalformed = 306,
  kPcrDigestMismatch = 307,
  kSignerMismatch = 308,

  // Boot log: R11, R14 to R18.
  kBootLogMalformed = 401,
  kBootLogWithoutBank = 402,
  kPcrMismatch = 403,
  kPcrWithoutEvents = 404,
  kPcrNotMeasured = 405,
  kPcrNotReplayable = 406,
  kBootLogMissing = 407,
  kSeparatorMissing = 411,
  kSeparatorRepeated = 412,
  kSeparatorInvalid = 413,
  kEventTypeFalse = 414,
  kEventUnknown = 415,
  kEventDataMismatch = 416,
  kVariableRepeated = 421,
  kVariableForeign = 422,
  kVariableAfterSeparator = 423,
  kAuthorityMissing = 424,
  kDebugMode = 425,
  kSecureBootOff = 426,
  kSecureBootUnknown = 427,
  kApplicationAfterExit = 431,
  kUserspaceLogMalformed = 432,
  kFirmwareQuirk = 433,
  kShimValidationOff = 434,

  // IMA: R19 to R22.
  kImaListMissing = 501,
  kImaListMalformed = 502,
  kImaListIncomplete = 503,
  kImaTemplateNotAllowed = 504,
  kImaEntryFalse = 505,
  kImaBufferMismatch = 506,
  kImaForeignPcr = 507,
  kImaWeakDigest = 508,
  kImaViolation = 509,
  kImaBootAggregateMissing = 510,
  kImaBootAggregateMismatch = 511,
  kImaKexec = 512,
  kImaMoreFindings = 513,
  kImaDigestsPadded = 514,
  kImaBootAggregateUnproven = 515,
  kImaKexecUnmeasured = 516,
  kUnknownMeasurement = 517,
  kFileDenied = 518,
  kFileSignatureFalse = 519,
  kFileSignatureTooOld = 520,
  kImaPolicyForeign = 521,
  kSignerUnusable = 522,

  // Policy: R22, R24.
  kReferenceValuesMissing = 601,
  kReferenceValuesEmpty = 602,
  kPcrNotInReferenceValues = 603,
  kApplicationNotInReferenceValues = 604,
  kCommandLineNotInReferenceValues = 605,
  kCommandLineUnknown = 606,
  kCommandLineForbidden = 607,
  kImaPolicyUnproven = 608,
  kUnknownFile = 609,
  kMoreUnknownFiles = 610,
  kFilesNotContinuous = 611,
  kReferenceValuesNotYetValid = 641,
  kReferenceValuesRetired = 642,
  kEventNotInReferenceValues = 643,
  kSbatLevelTooLow = 644,
  kSbatLevelUnknown = 645,
  kRevocationMissing = 646,
  kSecureBootKeysUnknown = 647,
  kSecureBootKeyNotAllowed = 648,
  kSecureBootKeyMissing = 649,
};

std::string_view name(Reason reason);    // "NonceMismatch"
std::string_view advice(Reason reason);  // a sentence: what it means, and what to do
const std::vector<Reason>& all_reasons();

struct Finding {
  Reason reason;
  std::string about;  // the item concerned: a PCR, an event, a file, a certificate; may be empty
  std::string detail = {};  // what exactly was found; may be empty

  std::string message() const;  // the detail, then the advice
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

bool has(const Findings& findings, Reason reason);
using seaworthy::append;  // of bytes: the one below does not hide it
void append(Findings& to, const Findings& more);

// As they stand in status and in signed results.
api::FindingView view(const Finding& finding);
std::vector<api::FindingView> views(const Findings& findings);  // all of them

// What a check established, or everything that it found wrong (then never empty).
template <class T>
using Checked = std::variant<T, Findings>;
template <class T>
bool ok(const Checked<T>& checked) {
  return checked.index() == 0;
}

}  // namespace seaworthy::verify

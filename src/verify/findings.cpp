#include "verify/findings.h"

#include <algorithm>
#include <array>

#include "api/verdict.h"
#include "base/check.h"

namespace seaworthy::verify {
namespace {

struct Entry {
  Reason reason;
  std::string_view name;
  std::string_view advice;
};

constexpr auto kTable = std::to_array<Entry>({
    {Reason::kEkCertificateMissing, "EkCertificateMissing",
     "No EK certificate was sent: check that the TPM has one in NV, or pin the EK in the "
     "inventory."},
    {Reason::kEkCertificateMalformed, "EkCertificateMalformed",
     "The EK certificate cannot be read or breaks its profile: ask the maker of the TPM."},
    {Reason::kEkCertificateUntrusted, "EkCertificateUntrusted",
     "The EK certificate does not chain to a trust anchor of this policy: is this a software TPM, "
     "or is the maker's root missing from the policy's trustAnchors?"},
    {Reason::kEkCertificateBadSignature, "EkCertificateBadSignature",
     "An issuer of the right name did not sign the EK certificate: treat the node as hostile."},
    {Reason::kEkCertificateRevoked, "EkCertificateRevoked",
     "The EK certificate or an issuer was revoked by who made it: do not trust the TPM; ask its "
     "maker."},
    {Reason::kEkRevocationUnknown, "EkRevocationUnknown",
     "A configured revocation list cannot be used, so nothing it is about is believed: put the "
     "issuer's current list into the ConfigMap that revocationLists names."},
    {Reason::kTpmDenied, "TpmDenied",
     "The policy denies this TPM, an issuer of it or its firmware: update the TPM's firmware or "
     "replace it, then enrol again."},
    {Reason::kEkCertificateExpired, "EkCertificateExpired",
     "The EK certificate or an issuer has expired: replace the TPM or grant its anchor the "
     "exception."},
    {Reason::kEkCertificateNotYetValid, "EkCertificateNotYetValid",
     "The EK certificate or an issuer is not valid yet: check the verifier's clock."},
    {Reason::kEkIssuerMayNotIssue, "EkIssuerMayNotIssue",
     "An issuer in the chain may not issue this certificate: it is no CA, or its path length or "
     "name constraints forbid it; treat the node as hostile."},
    {Reason::kEkCertificateWeak, "EkCertificateWeak",
     "The chain of the EK certificate uses a signature or a key that can be forged: replace the "
     "TPM."},
    {Reason::kEkCertificateWrongUsage, "EkCertificateWrongUsage",
     "The certificate is not one of an endorsement key: check what the agent reads from NV."},
    {Reason::kEkKeyMismatch, "EkKeyMismatch",
     "The EK is not the key that the certificate certifies: parts of two TPMs were mixed; treat "
     "the node as hostile."},
    {Reason::kEkPublicMalformed, "EkPublicMalformed",
     "The EK's public area cannot be read: check the versions of agent and operator."},
    {Reason::kEkTemplateUnknown, "EkTemplateUnknown",
     "The EK was not made from a TCG template: remove the custom EK and let the agent make one."},
    {Reason::kEkKeyWeak, "EkKeyWeak",
     "The EK can be broken: update the TPM's firmware or replace it, then enrol again."},
    {Reason::kDuplicateTpm, "DuplicateTpm",
     "Another node's record claims the same TPM: one of them is a clone, or relays to the other's "
     "TPM. Find out which node owns it and delete the other's NodeAttestation."},
    {Reason::kAkPublicMalformed, "AkPublicMalformed",
     "The AK's public area cannot be read: check the versions of agent and operator."},
    {Reason::kAkAttributes, "AkAttributes",
     "The AK's attributes do not keep it from signing forged quotes: let the agent make the AK."},
    {Reason::kAkAlgorithm, "AkAlgorithm",
     "The AK's type, scheme or hash is not on the list of those allowed: let the agent make the "
     "AK."},
    {Reason::kAkKeyWeak, "AkKeyWeak",
     "The AK can be broken: update the TPM's firmware or replace it, then enrol again."},
    {Reason::kAkKeyMismatch, "AkKeyMismatch",
     "The AK is not the key that its certificate certifies: what the cloud stored in NV was "
     "replaced, or is another machine's; treat the node as hostile."},

    {Reason::kNonceMismatch, "NonceMismatch",
     "The quote does not answer this challenge of this verifier to this node and agent: an old or "
     "foreign quote."},
    {Reason::kClockWentBack, "ClockWentBack",
     "The TPM's clock did not advance since the last accepted quote: a replayed quote or a cloned "
     "TPM."},
    {Reason::kCountersWentBack, "CountersWentBack",
     "The TPM's reset counters went back: a virtual TPM was rolled back or cloned, or the TPM was "
     "cleared; if that was intended, delete its NodeAttestation, and the node enrols anew."},

    {Reason::kSignatureMalformed, "SignatureMalformed",
     "The signature cannot be read: check the versions of agent and operator."},
    {Reason::kSignatureSchemeMismatch, "SignatureSchemeMismatch",
     "The signature is of another scheme or hash than the enrolled AK: enrol the node again."},
    {Reason::kSignatureInvalid, "SignatureInvalid",
     "The enrolled AK did not sign this: another TPM, or altered evidence; treat the node as "
     "hostile unless its TPM was replaced."},
    {Reason::kNotAQuote, "NotAQuote",
     "The AK signed something that is not a quote of a TPM: treat the node as hostile."},
    {Reason::kPcrSelectionMismatch, "PcrSelectionMismatch",
     "The quote covers other PCRs than were asked for: check that the TPM's SHA-256 bank is "
     "enabled in the firmware setup."},
    {Reason::kPcrValuesMalformed, "PcrValuesMalformed",
     "The PCR values sent are not those of the selection: check the versions of agent and "
     "operator."},
    {Reason::kPcrDigestMismatch, "PcrDigestMismatch",
     "The PCR values sent are not those that were quoted: treat the node as hostile if it "
     "persists."},
    {Reason::kSignerMismatch, "SignerMismatch",
     "The AK is not the primary key of the endorsement hierarchy that was enrolled: enrol the node "
     "again."},

    {Reason::kBootLogMalformed, "BootLogMalformed",
     "The boot log cannot be read: compare it with tpm2_eventlog on the node and report the "
     "firmware."},
    {Reason::kBootLogMissing, "BootLogMissing",
     "The node's kernel shows no boot log: start it through its EFI stub, which GRUB's command "
     "linux "
     "goes around where Secure Boot is off, and give the agent /sys/kernel/security."},
    {Reason::kBootLogWithoutBank, "BootLogWithoutBank",
     "The boot log carries no SHA-256 digests: enable the SHA-256 bank in the firmware setup."},
    {Reason::kPcrMismatch, "PcrMismatch",
     "The boot log does not lead to the quoted value of this PCR: something was measured that the "
     "log does not show, or the log was altered."},
    {Reason::kPcrWithoutEvents, "PcrWithoutEvents",
     "This PCR was extended and the boot log does not say by what."},
    {Reason::kPcrNotMeasured, "PcrNotMeasured",
     "The firmware measured nothing into this PCR, so anybody could have: update the firmware or "
     "use another bank."},
    {Reason::kPcrNotReplayable, "PcrNotReplayable",
     "The boot log does not allow this PCR to be computed: report the firmware."},
    {Reason::kSeparatorMissing, "SeparatorMissing",
     "The firmware did not close this PCR with a separator before it handed over."},
    {Reason::kSeparatorRepeated, "SeparatorRepeated",
     "There are several separators in this PCR: the log was altered, or the firmware has a fault."},
    {Reason::kSeparatorInvalid, "SeparatorInvalid",
     "The separator of this PCR reports an error of the firmware, or is none."},
    {Reason::kEventTypeFalse, "EventTypeFalse",
     "The log gives an event another type than its digest shows: the log was altered."},
    {Reason::kEventUnknown, "EventUnknown",
     "An event of this type has no place in this PCR: the log was altered, or the firmware is not "
     "supported."},
    {Reason::kEventDataMismatch, "EventDataMismatch",
     "The data of an event are not what was measured: the log was altered."},
    {Reason::kVariableRepeated, "VariableRepeated",
     "A Secure Boot variable is measured twice: the log was altered, or the firmware has a fault."},
    {Reason::kVariableForeign, "VariableForeign",
     "A Secure Boot variable is measured under a GUID that is not its own."},
    {Reason::kVariableAfterSeparator, "VariableAfterSeparator",
     "A Secure Boot variable is measured after the firmware handed over: the operating system "
     "said so, not the firmware."},
    {Reason::kAuthorityMissing, "AuthorityMissing",
     "Secure Boot is said to be on and nothing was verified with it."},
    {Reason::kDebugMode, "DebugMode", "The firmware ran in debug mode: disable it in its setup."},
    {Reason::kSecureBootOff, "SecureBootOff",
     "Secure Boot is off and the policy requires it: enable it in the firmware setup."},
    {Reason::kSecureBootUnknown, "SecureBootUnknown",
     "It is not proven that Secure Boot is on and the policy requires it: see the other findings "
     "about PCR 7."},
    {Reason::kApplicationAfterExit, "ApplicationAfterExit",
     "A boot application is logged after the firmware handed over: it is not the loader of the "
     "operating system."},

    {Reason::kUserspaceLogMalformed, "UserspaceLogMalformed",
     "systemd's log of measurements cannot be read: check /run/log/systemd/tpm2-measure.log on the "
     "node."},
    {Reason::kFirmwareQuirk, "FirmwareQuirk",
     "The firmware or boot loader deviates from the specification in a known way: if you accept "
     "that, list the name in evidence.allowedQuirks."},
    {Reason::kShimValidationOff, "ShimValidationOff",
     "Shim was told to verify nothing: switch its validation on again (mokutil "
     "--enable-validation)."},

    {Reason::kImaListMissing, "ImaListMissing",
     "The policy requires IMA and no IMA list was sent: boot with ima_policy=tcb and give the "
     "agent the list."},
    {Reason::kImaListMalformed, "ImaListMalformed",
     "The IMA list cannot be read: report the kernel version and the template."},
    {Reason::kImaListIncomplete, "ImaListIncomplete",
     "The IMA list does not lead to the quoted PCR 10: entries are missing or altered, or a TPM "
     "extend failed; reboot the node to find out which."},
    {Reason::kImaTemplateNotAllowed, "ImaTemplateNotAllowed",
     "An entry uses a template whose fields are not understood: use ima-ng or ima-sig."},
    {Reason::kImaEntryFalse, "ImaEntryFalse",
     "An entry does not match its own template digest: the list was altered."},
    {Reason::kImaBufferMismatch, "ImaBufferMismatch",
     "A measured buffer does not hash to its digest: the list was altered."},
    {Reason::kImaForeignPcr, "ImaForeignPcr",
     "An entry is for another PCR than 10: remove pcr= from the IMA policy."},
    {Reason::kImaWeakDigest, "ImaWeakDigest",
     "A file was measured with a hash that can be forged or is not known: boot with "
     "ima_hash=sha256."},
    {Reason::kImaViolation, "ImaViolation",
     "Files were written while they were measured, so that what ran is not known."},
    {Reason::kImaBootAggregateMissing, "ImaBootAggregateMissing",
     "The IMA list does not begin with boot_aggregate: it was cut or is of another boot."},
    {Reason::kImaBootAggregateMismatch, "ImaBootAggregateMismatch",
     "The IMA list belongs to another boot, or IMA started without the TPM: reboot with "
     "ima_hash=sha256."},
    {Reason::kImaKexec, "ImaKexec",
     "Another kernel was started by kexec, without the firmware: reboot the node, or list its "
     "command line and say runtime.kexec: Measured."},
    {Reason::kImaMoreFindings, "ImaMoreFindings",
     "There are more findings about the IMA list than are kept."},
    {Reason::kImaDigestsPadded, "ImaDigestsPadded",
     "The kernel extends SHA-1 digests only, as those before 5.8 do, so that a SHA-1 collision "
     "hides "
     "a file: update the kernel, or say runtime.oldKernels: Allowed."},
    {Reason::kImaBootAggregateUnproven, "ImaBootAggregateUnproven",
     "The IMA list names its boot by registers that are not quoted: boot with ima_hash=sha256, or, "
     "for kernels before 5.8, say runtime.oldKernels: Allowed."},
    {Reason::kImaKexecUnmeasured, "ImaKexecUnmeasured",
     "Another kernel was started by kexec and its command line was not measured: reboot the node, "
     "and measure func=KEXEC_CMDLINE."},
    {Reason::kUnknownMeasurement, "UnknownMeasurement",
     "The kernel measured something that is not a file (a key, a command line) and that no "
     "reference "
     "value lists: find out what it is, then add it to measurements."},
    {Reason::kFileDenied, "FileDenied",
     "A file was used that was withdrawn: update the node, then reboot it."},
    {Reason::kFileSignatureFalse, "FileSignatureFalse",
     "A file carries a signature that the key it names did not make: it was changed after it was "
     "signed, or the signature was copied; rebuild the node."},
    {Reason::kFileSignatureTooOld, "FileSignatureTooOld",
     "A file carries a signature of a version below the signer's minimumVersion: sign it again."},
    {Reason::kImaPolicyForeign, "ImaPolicyForeign",
     "IMA follows rules that no reference value lists, so it may not measure what runs: reboot the "
     "node, or add the rules to imaPolicies."},
    {Reason::kSignerUnusable, "SignerUnusable",
     "A signer of a ReferenceValueSet has a key that cannot be used: correct it."},

    {Reason::kReferenceValuesMissing, "ReferenceValuesMissing",
     "The policy names a ReferenceValueSet that does not exist or cannot be read: create it or "
     "correct the policy."},
    {Reason::kReferenceValuesEmpty, "ReferenceValuesEmpty",
     "The policy compares with reference values and names none that say anything: add some, or say "
     "boot: Any."},
    {Reason::kPcrNotInReferenceValues, "PcrNotInReferenceValues",
     "This PCR has another value than the reference: what booted is not what was approved."},
    {Reason::kApplicationNotInReferenceValues, "ApplicationNotInReferenceValues",
     "The firmware started a program that no reference value lists: was the loader or kernel "
     "updated before the reference values?"},
    {Reason::kCommandLineNotInReferenceValues, "CommandLineNotInReferenceValues",
     "The kernel was started with a command line that no reference value lists."},
    {Reason::kCommandLineUnknown, "CommandLineUnknown",
     "The kernel's command line is not proven by PCR 8: a boot loader that measures it (GRUB) is "
     "needed."},
    {Reason::kCommandLineForbidden, "CommandLineForbidden",
     "The kernel's command line switches a protection off: remove it, or list this very command "
     "line in the reference values."},
    {Reason::kImaPolicyUnproven, "ImaPolicyUnproven",
     "It is not proven that the kernel measured what it ran: boot with ima_policy=tcb, or list the "
     "command line in the reference values."},
    {Reason::kUnknownFile, "UnknownFile",
     "A file was used that no reference value lists: find out where it comes from, then add it or "
     "rebuild the node."},
    {Reason::kMoreUnknownFiles, "MoreUnknownFiles", "There are more unknown files than are kept."},
    {Reason::kReferenceValuesNotYetValid, "ReferenceValuesNotYetValid",
     "These reference values do not count yet: wait for their notBefore, or bring it forward."},
    {Reason::kReferenceValuesRetired, "ReferenceValuesRetired",
     "These reference values are retired: boot the node into an image whose reference values are "
     "in force, or put off their retireAfter."},
    {Reason::kEventNotInReferenceValues, "EventNotInReferenceValues",
     "The PCR was extended with something that no reference value lists: find out what it is, then "
     "add it or rebuild the node."},
    {Reason::kSbatLevelTooLow, "SbatLevelTooLow",
     "Shim accepted boot loaders that the policy wants revoked: update shim, and its SbatLevel "
     "(mokutil --set-sbat-policy latest)."},
    {Reason::kSbatLevelUnknown, "SbatLevelUnknown",
     "It is not proven which SbatLevel shim enforced: a shim from 15.3 on measures it."},
    {Reason::kRevocationMissing, "RevocationMissing",
     "The firmware's dbx does not revoke an image that the policy wants revoked: update dbx "
     "(fwupdmgr update)."},
    {Reason::kSecureBootKeysUnknown, "SecureBootKeysUnknown",
     "It is not proven what this Secure Boot variable contains: report the firmware."},
    {Reason::kSecureBootKeyNotAllowed, "SecureBootKeyNotAllowed",
     "The firmware trusts a key that the policy does not list: remove it in the firmware setup, or "
     "list it."},
    {Reason::kSecureBootKeyMissing, "SecureBootKeyMissing",
     "The firmware lacks a key that the policy demands: enrol it in the firmware setup."},
    {Reason::kFilesNotContinuous, "FilesNotContinuous",
     "Not all measured files were judged under this policy: the verifier asks for the whole list "
     "again."},
});

const Entry& entry(Reason reason) {
  const auto* found = std::find_if(kTable.begin(), kTable.end(),
                                   [reason](const Entry& e) { return e.reason == reason; });
  SEAWORTHY_CHECK(found != kTable.end());
  return *found;
}

}  // namespace

std::string_view name(Reason reason) {
  return entry(reason).name;
}
std::string_view advice(Reason reason) {
  return entry(reason).advice;
}

const std::vector<Reason>& all_reasons() {
  static const std::vector<Reason> all = [] {
    std::vector<Reason> reasons;
    for (const Entry& e : kTable) {
      reasons.push_back(e.reason);
    }
    return reasons;
  }();
  return all;
}

std::string Finding::message() const {
  return detail.empty() ? std::string(advice(reason)) : detail + ". " + std::string(advice(reason));
}

bool has(const Findings& findings, Reason reason) {
  return std::any_of(findings.begin(), findings.end(),
                     [reason](const Finding& f) { return f.reason == reason; });
}

void append(Findings& to, const Findings& more) {
  to.insert(to.end(), more.begin(), more.end());
}

api::FindingView view(const Finding& finding) {
  return {.reason = std::string(name(finding.reason)),
          .about = finding.about,
          .message = finding.message()};
}

std::vector<api::FindingView> views(const Findings& findings) {
  std::vector<api::FindingView> all;
  all.reserve(findings.size());
  for (const Finding& finding : findings) {
    all.push_back(view(finding));
  }
  return all;
}

}  // namespace seaworthy::verify

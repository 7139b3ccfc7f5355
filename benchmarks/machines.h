// Nodes in software that benchmarks and instruction counts appraise.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "policy/evaluate.h"
#include "support/evidence_builder.h"
#include "verify/boot.h"
#include "verify/evidence.h"
#include "verify/identity.h"

namespace seaworthy::testing {

inline api::Sha256Value sha256_of(std::string_view content) {
  api::Sha256Value value{};
  const crypto::Digest digest = crypto::sha256(as_bytes(content));
  std::copy(digest.bytes().begin(), digest.bytes().end(), value.begin());
  return value;
}

inline policy::CompiledPolicy reference_policy() {
  api::ReferenceValueSet set;
  set.meta.name = "debian";
  set.applications = {sha256_of("shim 15.8"), sha256_of("grub 2.12"), sha256_of("kernel 6.1")};
  set.command_lines = {kCommandLine};
  for (const char* path : {"/usr/lib/systemd/systemd", "/usr/bin/kubelet"}) {
    set.files.push_back({sha256_of(std::string("content of ") + path), path});
  }
  api::AttestationPolicy rules;
  rules.meta.name = "production";
  rules.evidence.reference_values = {"debian"};
  rules.evidence.runtime.reference_values = {"debian"};
  return policy::compile(rules, {{"debian", policy::compile(set)}});
}

// A node that was appraised once, and its next message.
struct SteadyNode {
  EvidenceBuilder machine;
  verify::AttestationKey ak = machine.ak();
  policy::CompiledPolicy rules = reference_policy();
  verify::Challenge first_challenge = machine.challenge();
  Evidence first = machine.build();
  verify::AttestationProgress progress;
  policy::FileAppraisal files;
  Evidence next;

  SteadyNode() {
    const auto outcome = machine.verify(first);
    const auto& verified = std::get<verify::VerifiedEvidence>(outcome);
    const auto appraisal = policy::evaluate(rules, verified, {}, {}, Time());
    SEAWORTHY_CHECK(appraisal.verdict == api::Verdict::kTrusted);
    progress = verified.progress();
    files = appraisal.files;
    machine.clock.clock += 30'000;
    machine.nonce = "challenge 2";
    next = machine.build();
    next.boot_log.reset();
    next.ima = Bytes();
    next.ima_from = progress.ima_entries();
  }

  // In steady state: nothing new but the quote.
  void appraise() const {
    const auto outcome = verify::verify_evidence(next.input(), ak, machine.challenge(), progress);
    const auto appraisal =
        policy::evaluate(rules, std::get<verify::VerifiedEvidence>(outcome), {}, files, Time());
    SEAWORTHY_CHECK(appraisal.verdict == api::Verdict::kTrusted);
  }
  // Everything from the first byte: after a reboot, or for a replica that knows nothing.
  void appraise_first() const {
    const auto outcome = verify::verify_evidence(first.input(), ak, first_challenge, {});
    SEAWORTHY_CHECK(std::get<verify::VerifiedEvidence>(outcome).ima().entries() == 3);
  }
};

// New entries, as they come after a boot: parsed, hashed for both banks, looked up in a set of five
// times as many digests.
struct LongList {
  EvidenceBuilder machine;
  Evidence evidence;
  policy::CompiledPolicy rules;

  explicit LongList(int entries) {
    api::AttestationPolicy wanted;
    wanted.meta.name = "production";
    wanted.evidence.boot = api::BootRule::kAny;
    std::map<std::string, std::shared_ptr<const policy::CompiledSet>> compiled;
    for (int part = 0; part < 5; ++part) {
      api::ReferenceValueSet set;
      set.meta.name = "files-" + std::to_string(part);
      for (int i = 0; i < entries; ++i) {
        const std::string path =
            "/usr/lib/x86_64-linux-gnu/libsomething-" + std::to_string(part * entries + i) + ".so";
        set.files.push_back({sha256_of("content of " + path), path});
        if (part == 0) {
          machine.run(path);
        }
      }
      wanted.evidence.runtime.reference_values.push_back(set.meta.name);
      compiled.emplace(set.meta.name, policy::compile(set));
    }
    rules = policy::compile(wanted, compiled);
    evidence = machine.build();
  }

  void appraise() const {
    const auto outcome = machine.verify(evidence);
    const auto appraisal =
        policy::evaluate(rules, std::get<verify::VerifiedEvidence>(outcome), {}, {}, Time());
    SEAWORTHY_CHECK(appraisal.files.unknown.size() == 2);  // the two that every machine has
  }
};

// A boot of 100 events in 33 KB, as those of real machines are: a dbx of 300 digests, drivers, a
// GPT, many commands of GRUB.
struct HundredEvents {
  EvidenceBuilder machine;
  Bytes log;
  verify::QuotedPcrs pcrs;

  HundredEvents() : log(fill(machine)), pcrs(quoted(machine)) {}

  void verify() const {
    const auto boot = verify::verify_boot(log, pcrs);
    SEAWORTHY_CHECK(boot->findings().empty());
  }

 private:
  static Bytes fill(EvidenceBuilder& machine) {
    auto& events = machine.boot.events;
    for (auto& event : events) {
      const auto known = eventlog::parse_uefi_variable(event.data);
      if (known && known->name == "dbx") {
        event = config(eventlog::kEfiImageSecurityDatabase, "dbx", dbx_of(300));
      }
    }
    std::vector<BootEvent> drivers;
    for (int i = 0; i < 10; ++i) {
      drivers.push_back(event_of(2, eventlog::kBootDriver, Bytes(120, 4),
                                 as_bytes("driver " + std::to_string(i))));
    }
    events.insert(events.begin() + 2, drivers.begin(), drivers.end());
    while (events.size() < 100) {
      events.push_back(grub(8, "grub_cmd", std::string(150, 'x') + std::to_string(events.size())));
    }
    return eventlog::write_boot_log(machine.boot);
  }
  static Bytes dbx_of(std::uint32_t digests) {
    return codec::Writer()
        .raw(eventlog::kCertSha256)
        .u32le(28 + 48 * digests)
        .u32le(0)
        .u32le(48)
        .raw(Bytes(std::size_t{48} * digests, 9))
        .bytes();
  }
  static verify::QuotedPcrs quoted(const EvidenceBuilder& machine) {
    const Evidence evidence = machine.build();
    const auto outcome = machine.verify(evidence);
    return std::get<verify::VerifiedEvidence>(outcome).pcrs();
  }
};

// What a verifier does with the keys of a TPM that enrols: an EK certified over one intermediate.
struct Enrolment {
  TestTpm tpm;
  std::vector<Bytes> certificates = tpm.ek_certificates();
  std::vector<crypto::TrustAnchor> anchors = tpm.anchors();
  Bytes ek = tpm.ek_public();
  Bytes ak = tpm.ak_public();

  void verify() const {
    const auto keys = verify::verify_keys({certificates, ek, ak});
    SEAWORTHY_CHECK(std::holds_alternative<verify::VerifiedKeys>(keys));
    const auto endorsement = verify::verify_endorsement(ek, certificates, anchors,
                                                        Time::from_unix(seconds(1'800'000'000)));
    SEAWORTHY_CHECK(std::holds_alternative<verify::VerifiedEndorsement>(endorsement));
  }
};

}  // namespace seaworthy::testing

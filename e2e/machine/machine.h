// One software machine: a TPM with identity, what it booted and what it ran since.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "firmware.h"
#include "ima.h"
#include "swtpm.h"

namespace seaworthy::machine {

struct Folders {
  std::filesystem::path state;    // survives: the TPM's NV memory, the identity, the boot profile
  std::filesystem::path runtime;  // what the agent sees: tpm.sock, boot log, IMA list
  std::filesystem::path ca;       // of the test CA; used at the first start only
  // The EKs' certificates are not in the TPM but in `state`: ek-p256.pem, ek-rsa2048.pem.
  bool certificates_elsewhere = false;
};

enum class PowerOff { kOrderly, kPowerLoss };

// Single-threaded.
class Machine {
 public:
  // Manufactures the TPM if the state is new, then boots. Without a profile: the one booted last.
  static Result<Machine> start(Folders folders, std::optional<BootProfile> profile);

  Result<void> reboot(const BootProfile& profile, PowerOff how);
  // Shuts the TPM down in order: the end of the program.
  Result<void> power_off();

  // What the kernel does when it measures a file: an entry, then an extension of PCR 10; nothing if
  // the same content of that path was measured since the boot. Gives the SHA-256 of the content.
  Result<crypto::Digest> run_file(const std::string& path, ByteSpan content);

  // What a kernel with IMA's staging does for root: the oldest entries are not shown any more. Of
  // the registers nothing changes.
  Result<void> trim(std::size_t entries);

  // Copies what survives into a new state folder: a TPM with the same keys.
  Result<void> clone_to(const std::filesystem::path& folder) const;

  Result<codec::Json> status() const;

  const BootProfile& profile() const { return profile_; }
  bool tpm_ended();

 private:
  Machine(Folders folders, BootProfile profile, Swtpm swtpm)
      : folders_(std::move(folders)), profile_(std::move(profile)), swtpm_(std::move(swtpm)) {}
  std::filesystem::path socket() const { return folders_.runtime / "tpm.sock"; }
  std::filesystem::path ima_path() const;
  Result<void> measure_boot();
  Result<void> append_entry(Tpm& tpm, const ImaEntry& entry);

  Folders folders_;
  BootProfile profile_;
  Swtpm swtpm_;
  std::set<std::pair<std::string, Bytes>> measured_;
  std::size_t entries_ = 0;
  std::vector<std::size_t> shown_;  // bytes of each entry in the list
};

// "sha256:" and the SHA-256 of the EK's SubjectPublicKeyInfo: what NodeAttestation.spec.ekHash
// pins. Read from the state folder; the machine need not run.
Result<std::string> ek_hash(const std::filesystem::path& state, EkKind kind);

}  // namespace seaworthy::machine

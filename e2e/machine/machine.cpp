#include "machine.h"

#include <signal.h>
#include <sys/wait.h>

#include <numeric>

#include "codec/hex.h"
#include "codec/writer.h"
#include "crypto/certificate.h"
#include "files.h"
#include "manufacture.h"

namespace seaworthy::machine {
namespace {

namespace fs = std::filesystem;
using codec::Json;
using crypto::HashAlg;

constexpr std::uint32_t kEkCertificateRsa = 0x01C00002;  // EK Credential Profile 2.5, §2.2.1.4
constexpr std::uint32_t kEkCertificateP256 = 0x01C0000A;

std::string ek_file(EkKind kind, const char* suffix = ".der") {
  return (kind == EkKind::kRsa2048 ? "ek-rsa2048" : "ek-p256") + std::string(suffix);
}

Result<void> manufacture(Tpm& tpm, const Folders& folders) {
  const TestCa ca = TRY(TestCa::open(folders.ca));
  for (const EkKind kind : {EkKind::kRsa2048, EkKind::kP256}) {
    const Bytes ek = TRY(tpm.ek_public(kind));
    const Bytes certificate = TRY(ca.issue(kind, ek));
    if (folders.certificates_elsewhere) {
      const std::string pem = TRY(crypto::Certificate::parse(certificate)).to_pem();
      TRY(write_file(folders.state / ek_file(kind, ".pem"), as_bytes(pem)));
    } else {
      TRY(tpm.write_nv(kind == EkKind::kRsa2048 ? kEkCertificateRsa : kEkCertificateP256,
                       certificate));
    }
    const Bytes spki = TRY(spki_of(kind, ek));
    TRY(write_file(folders.state / ek_file(kind), spki));
  }
  return write_file(folders.state / "manufactured", as_bytes("by seaworthy-machine\n"));
}

Result<BootProfile> last_profile(const fs::path& state) {
  const fs::path file = state / "profile";
  if (!fs::exists(file)) {
    return *boot_profile("good");
  }
  const Bytes name = TRY(read_file(file));
  const auto profile = boot_profile(as_text(name));
  if (!profile) {
    return malformed(file.string() + ": no such boot profile");
  }
  return *profile;
}

}  // namespace

fs::path Machine::ima_path() const {
  return folders_.runtime / "binary_runtime_measurements";
}

Result<Machine> Machine::start(Folders folders, std::optional<BootProfile> profile) {
  std::error_code error;
  fs::create_directories(folders.state, error);
  fs::create_directories(folders.runtime, error);
  if (!profile) {
    profile = TRY(last_profile(folders.state));
  }
  Swtpm swtpm = TRY(Swtpm::start(folders.state / "tpm", folders.runtime / "tpm.sock"));
  Machine machine(std::move(folders), *std::move(profile), std::move(swtpm));
  TRY(machine.measure_boot());
  return machine;
}

Result<void> Machine::measure_boot() {
  Tpm tpm = TRY(Tpm::connect(socket().string()));
  const BootLog log = measured_boot(profile_);
  TRY(tpm.startup(log.startup_locality));
  if (!fs::exists(folders_.state / "manufactured")) {
    TRY(manufacture(tpm, folders_));
  }
  TRY(write_file(folders_.state / "profile", as_bytes(profile_.name)));

  for (const Event& event : log.events) {
    TRY(tpm.extend(event.pcr, event.digests));
  }
  TRY(write_file(folders_.runtime / "binary_bios_measurements", log.bytes()));

  measured_.clear();
  entries_ = 0;
  shown_.clear();
  TRY(write_file(ima_path(), {}));
  // boot_aggregate: the SHA-256 of PCR 0 to 9 (Linux ≥ 5.8, ima_calc_boot_aggregate).
  crypto::Hasher aggregate(HashAlg::kSha256);
  for (std::uint32_t pcr = 0; pcr <= 9; ++pcr) {
    aggregate.update(TRY(tpm.read_pcr(HashAlg::kSha256, pcr)).bytes());
  }
  TRY(append_entry(tpm, ima_ng(aggregate.finish(), "boot_aggregate")));
  for (std::size_t i = 0; i < base_files().size(); ++i) {
    const BaseFile& file = base_files()[i];
    measured_.emplace(file.path, to_bytes(crypto::sha256(as_bytes(file.content)).bytes()));
    TRY(append_entry(tpm, base_entry(i)));
  }
  return {};
}

// The kernel's order: the list may be ahead of the PCR, never behind.
Result<void> Machine::append_entry(Tpm& tpm, const ImaEntry& entry) {
  TRY(append_file(ima_path(), entry.bytes));
  ++entries_;
  shown_.push_back(entry.bytes.size());
  return tpm.extend(10, entry.digests);
}

Result<void> Machine::power_off() {
  Tpm tpm = TRY(Tpm::connect(socket().string()));
  return tpm.shutdown();
}

Result<void> Machine::reboot(const BootProfile& profile, PowerOff how) {
  if (how == PowerOff::kOrderly) {
    TRY(power_off());
  }
  profile_ = profile;
  std::error_code error;
  fs::remove(folders_.runtime / "binary_bios_measurements", error);
  fs::remove(ima_path(), error);
  kill(swtpm_.pid(), SIGKILL);
  swtpm_ = TRY(Swtpm::start(folders_.state / "tpm", socket()));
  return measure_boot();
}

Result<crypto::Digest> Machine::run_file(const std::string& path, ByteSpan content) {
  const crypto::Digest digest = crypto::sha256(content);
  if (measured_.emplace(path, to_bytes(digest.bytes())).second) {
    Tpm tpm = TRY(Tpm::connect(socket().string()));
    TRY(append_entry(tpm, ima_ng(digest, path)));
  }
  return digest;
}

Result<void> Machine::trim(std::size_t entries) {
  if (entries > shown_.size()) {
    return malformed("the list has " + std::to_string(shown_.size()) + " entries");
  }
  const auto end = shown_.begin() + static_cast<std::ptrdiff_t>(entries);
  const std::size_t bytes = std::accumulate(shown_.begin(), end, std::size_t{0});
  const Bytes list = TRY(read_file(ima_path()));
  TRY(write_file(ima_path(), ByteSpan(list).subspan(bytes)));
  shown_.erase(shown_.begin(), end);
  return {};
}

Result<void> Machine::clone_to(const fs::path& folder) const {
  std::error_code error;
  if (fs::exists(folder / "tpm", error)) {
    return malformed(folder.string() + " already holds a TPM: name another folder");
  }
  fs::create_directories(folder / "tpm", error);
  for (const char* name :
       {"tpm/tpm2-00.permall", "ek-rsa2048.der", "ek-p256.der", "manufactured", "profile"}) {
    fs::copy_file(folders_.state / name, folder / name, error);
    if (error) {
      return unavailable(std::string("cannot copy ") + name + ": " + error.message());
    }
  }
  return {};
}

Result<Json> Machine::status() const {
  Tpm tpm = TRY(Tpm::connect(socket().string()));
  Json pcrs = Json::object();
  for (std::uint32_t pcr = 0; pcr <= 14; ++pcr) {
    const auto value = TRY(tpm.read_pcr(HashAlg::kSha256, pcr));
    pcrs[std::to_string(pcr)] = codec::to_hex(value.bytes());
  }
  const auto clock = TRY(tpm.read_clock());
  const Bytes log = TRY(read_file(folders_.runtime / "binary_bios_measurements"));
  return Json{
      {"profile", profile_.name},
      {"tcti", "swtpm:path=" + socket().string()},
      {"resetCount", clock.reset_count},
      {"restartCount", clock.restart_count},
      {"clockSafe", clock.safe},
      {"imaEntries", entries_},
      {"bootLogDigest", codec::to_hex(crypto::sha256(log).bytes())},
      {"ekHash", TRY(ek_hash(folders_.state, EkKind::kP256))},
      {"ekHashRsa", TRY(ek_hash(folders_.state, EkKind::kRsa2048))},
      {"pcrs", {{"sha256", pcrs}}},
  };
}

bool Machine::tpm_ended() {
  return waitpid(swtpm_.pid(), nullptr, WNOHANG) != 0;
}

Result<std::string> ek_hash(const fs::path& state, EkKind kind) {
  const Bytes spki = TRY(read_file(state / ek_file(kind)));
  return "sha256:" + codec::to_hex(crypto::sha256(spki).bytes());
}

}  // namespace seaworthy::machine

#include "firmware.h"

#include <algorithm>

#include "certificates.h"
#include "codec/base64.h"
#include "codec/writer.h"

namespace seaworthy::machine {
namespace {

using codec::Writer;

Bytes der(std::string_view base64) {
  return *codec::from_base64(base64);
}

Bytes zero_terminated(std::string_view text) {
  Bytes out = to_bytes(as_bytes(text));
  out.push_back(0);
  return out;
}

// Appends events as the boot goes on.
class Boot {
 public:
  explicit Boot(const BootProfile& profile) : profile_(profile) { log_.startup_locality = 3; }

  BootLog run() {
    firmware();
    secure_boot_variables();
    boot_selection();
    shim();
    grub();
    kernel();
    return std::move(log_);
  }

 private:
  // The digest is that of the event data, as for most types.
  void measure(std::uint32_t pcr, EventType type, Bytes data) {
    const BankDigests digests = digests_of(data);
    log_.events.push_back({pcr, type, digests, std::move(data)});
  }
  // The digest is that of something else, which the data only describes.
  void measure(std::uint32_t pcr, EventType type, ByteSpan measured, Bytes data) {
    log_.events.push_back({pcr, type, digests_of(measured), std::move(data)});
  }
  void separator(std::uint32_t pcr) { measure(pcr, EventType::kSeparator, Bytes(4)); }
  void action(std::uint32_t pcr, std::string_view text) {
    measure(pcr, EventType::kAction, to_bytes(as_bytes(text)));
  }
  void variable(EventType type, std::uint32_t pcr, const Guid& guid, std::string_view name,
                ByteSpan data) {
    measure(pcr, type, variable_data(guid, name, data));
  }
  // A PE image. Its bytes are pretended, so its Authenticode digest is that of a sentence; the
  // log has real structure and the digests are as unpredictable as real ones.
  void application(std::string_view image, std::string_view path) {
    const ByteSpan content = as_bytes(image);
    measure(4, EventType::kBootServicesApplication, content,
            image_load_event(1'048'576 + image.size(), device_path(path)));
    log_.applications.push_back(log_.events.back().digests.sha256);
  }
  void authority(const Guid& guid, std::string_view name, ByteSpan data) {
    if (profile_.secure_boot) {
      variable(EventType::kVariableAuthority, 7, guid, name, data);
    }
  }

  void firmware() {
    Bytes version = utf16("Seaworthy 1.7.4");
    version.resize(version.size() + 2);
    measure(0, EventType::kSCrtmVersion, std::move(version));
    Writer blob;
    blob.u64le(0xFF000000).u64le(0x00E00000);  // UEFI_PLATFORM_FIRMWARE_BLOB
    measure(0, EventType::kPlatformFirmwareBlob, as_bytes("firmware volume DXE 1.7.4"),
            blob.bytes());
    Writer tables;  // UEFI_HANDOFF_TABLE_POINTERS with the SMBIOS 3 table
    tables.u64le(1).u32le(0xF2FD1544).u16le(0x9794).u16le(0x4A2C);
    tables.raw(ByteArray<8>{0x99, 0x2E, 0xE5, 0xBB, 0xCF, 0x20, 0xE3, 0x94}).u64le(0x7F5B0000);
    measure(1, EventType::kHandoffTables, as_bytes("SMBIOS: Seaworthy software machine"),
            tables.bytes());
  }

  void secure_boot_variables() {
    const auto config = [this](const Guid& guid, std::string_view name, ByteSpan data) {
      variable(EventType::kVariableDriverConfig, 7, guid, name, data);
    };
    const auto certificate = [](std::string_view base64) {
      return signature_list(kCertX509, {signature_data(kSignatureOwner, der(base64))});
    };
    const std::uint8_t on = profile_.secure_boot ? 1 : 0;
    config(kGlobalVariable, "SecureBoot", ByteSpan(&on, 1));
    config(kGlobalVariable, "PK", certificate(kPlatformKeyDerBase64));
    config(kGlobalVariable, "KEK", certificate(kKeyExchangeKeyDerBase64));
    config(kImageSecurityDatabase, "db", certificate(kUefiCaDerBase64));
    std::vector<Bytes> revoked;
    for (const char* image : {"shim 0.9", "shim 12", "GRUB 2.04 (BootHole)"}) {
      revoked.push_back(signature_data(kSignatureOwner,
                                       crypto::sha256(as_bytes(std::string_view(image))).bytes()));
    }
    config(kImageSecurityDatabase, "dbx", signature_list(kCertSha256, revoked));
    separator(7);
  }

  // The digest of an EV_EFI_VARIABLE_BOOT is that of the variable's data alone.
  void boot_variable(std::string_view name, ByteSpan data) {
    measure(1, EventType::kVariableBoot, data, variable_data(kGlobalVariable, name, data));
  }

  void boot_selection() {
    boot_variable("BootOrder", Bytes(2));
    boot_variable("Boot0000", load_option("debian", device_path("\\EFI\\debian\\shimx64.efi")));
    action(4, "Calling EFI Application from Boot Option");
    for (std::uint32_t pcr = 0; pcr <= 6; ++pcr) {
      separator(pcr);
    }
    application("boot manager 1.7.4", "\\EFI\\boot\\bootmgr.efi");
  }

  void shim() {
    measure(5, EventType::kGpt, gpt_data());
    authority(kImageSecurityDatabase, "db", signature_data(kSignatureOwner, der(kUefiCaDerBase64)));
    application("shim 15.8-1", "\\EFI\\debian\\shimx64.efi");
    const auto ipl = [this](std::uint32_t pcr, std::string_view name, std::string_view content) {
      measure(pcr, EventType::kIpl, as_bytes(content), zero_terminated(name));
    };
    ipl(14, "MokList", "machine owner keys: none");
    ipl(14, "MokListX", "machine owner key revocations: none");
    authority(kShimLock, "SbatLevel",
              as_bytes("sbat,1,2024010900\nshim,4\ngrub,3\ngrub.debian,4\n"));
    authority(kShimLock, "MokListTrusted", ByteArray<1>{1});
  }

  // GRUB measures what it executes into PCR 8, without the prefix by which it labels it, and the
  // files that it reads into PCR 9.
  void grub_string(std::string_view prefix, std::string_view text) {
    measure(8, EventType::kIpl, as_bytes(text), zero_terminated(std::string(prefix).append(text)));
  }
  void grub_file(std::string_view path, std::string_view content) {
    measure(9, EventType::kIpl, as_bytes(content), zero_terminated(path));
  }

  void grub() {
    authority(kShimLock, "Shim", der(kVendorCertificateDerBase64));
    application("GRUB 2.06-13+deb12u1", "\\EFI\\debian\\grubx64.efi");
    const std::string version = profile_.other_kernel ? "6.1.0-99-amd64" : "6.1.0-28-amd64";
    std::string command_line = "/boot/vmlinuz-" + version +
                               " root=/dev/vda2 ro ima_policy=tcb ima_hash=sha256 "
                               "lockdown=integrity";
    if (profile_.other_command_line) {
      command_line += " init=/bin/sh";
    }
    grub_file("(hd0,gpt1)/EFI/debian/grub.cfg", "search root; configfile /boot/grub/grub.cfg");
    grub_file("(hd0,gpt2)/boot/grub/grub.cfg", "menuentry Debian " + version);
    for (const char* command :
         {"set prefix=(hd0,gpt2)/boot/grub", "insmod gzio", "insmod part_gpt", "insmod ext2"}) {
      grub_string("grub_cmd: ", command);
    }
    grub_string("grub_cmd: ", "linux " + command_line);
    grub_file("(hd0,gpt2)/boot/vmlinuz-" + version, "kernel file " + version);
    application("kernel image " + version, "\\boot\\vmlinuz-" + version);
    grub_string("kernel_cmdline: ", command_line);
    grub_string("grub_cmd: ", "initrd /boot/initrd.img-" + version);
    grub_file("(hd0,gpt2)/boot/initrd.img-" + version, "initrd " + version);
    log_.kernel_command_line = command_line;
  }

  void kernel() {
    action(5, "Exit Boot Services Invocation");
    action(5, "Exit Boot Services Returned with Success");
  }

  const BootProfile& profile_;
  BootLog log_;
};

}  // namespace

const std::vector<BootProfile>& boot_profiles() {
  static const std::vector<BootProfile> profiles{
      {.name = "good"},
      {.name = "other-kernel", .other_kernel = true},
      {.name = "other-command-line", .other_command_line = true},
      {.name = "secure-boot-off", .secure_boot = false},
      {.name = "other-kernel-secure-boot-off", .secure_boot = false, .other_kernel = true},
  };
  return profiles;
}

std::optional<BootProfile> boot_profile(std::string_view name) {
  const auto& all = boot_profiles();
  const auto found = std::ranges::find(all, name, &BootProfile::name);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

BootLog measured_boot(const BootProfile& profile) {
  return Boot(profile).run();
}

}  // namespace seaworthy::machine

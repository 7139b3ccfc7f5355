#include "api/file_rules.h"

#include <algorithm>
#include <array>

#include "api/values.h"
#include "codec/hex.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

// The bounds of the schema.
constexpr std::size_t kMaxSigners = 64;
constexpr std::size_t kMaxSignerName = 63;
constexpr std::size_t kMaxKeyBytes = 8192;  // a certificate of RSA-4096 has 2 KiB
constexpr std::size_t kMaxDenied = 10'000;
constexpr std::size_t kMaxNote = 256;
constexpr std::size_t kMaxImaPolicies = 64;
constexpr std::size_t kMaxPaths = 64;
constexpr std::size_t kMaxPrefix = 1024;

// Whoever ignores one of these ignores the programs of the system, and means something else.
constexpr auto kFoldersOfPrograms = std::to_array<std::string_view>(
    {"/", "/bin/", "/boot/", "/etc/", "/lib/", "/lib64/", "/opt/", "/sbin/", "/usr/", "/usr/bin/",
     "/usr/lib/", "/usr/lib64/", "/usr/libexec/", "/usr/local/", "/usr/local/bin/",
     "/usr/local/sbin/", "/usr/sbin/"});

bool is_folder(std::string_view path) {
  const auto has = [path](std::string_view part) {
    return path.find(part) != std::string_view::npos;
  };
  return path.starts_with('/') && path.ends_with('/') && !has("//") && !has("/./") && !has("/../");
}

Result<RuntimeReferences::Signer> parse_signer(Fields& fields) {
  RuntimeReferences::Signer out;
  out.name = TRY(fields.text("name", kMaxSignerName));
  out.key = TRY(fields.text("key", kMaxKeyBytes));
  const auto has = [&](const char* kind) { return out.key.find(kind) != std::string::npos; };
  if (!has("-----BEGIN CERTIFICATE-----") && !has("-----BEGIN PUBLIC KEY-----")) {
    return fields.malformed_at("key", "expected PEM: one CERTIFICATE or PUBLIC KEY");
  }
  out.minimum_version =
      static_cast<std::uint8_t>(TRY(fields.maybe_integer("minimumVersion", 2, 3)).value_or(2));
  TRY(fields.expect_no_more());
  return out;
}

Result<RuntimeReferences::Denied> parse_denied(Fields& fields) {
  RuntimeReferences::Denied out;
  out.sha256 = TRY(read_sha256(fields, "sha256"));
  out.note = TRY(fields.maybe_text("note", kMaxNote)).value_or("");
  TRY(fields.expect_no_more());
  return out;
}

Result<RuntimeReferences::Measurement> parse_measurement(Fields& fields) {
  RuntimeReferences::Measurement out;
  out.name = TRY(fields.text("name", kMaxMeasurementName));
  if (out.name.empty()) {
    return fields.malformed_at("name", "must not be empty");
  }
  out.sha256 = TRY(read_sha256(fields, "sha256"));
  TRY(fields.expect_no_more());
  return out;
}

Result<FileRules::Path> parse_path(Fields& fields, const std::vector<FileRules::Path>& before) {
  FileRules::Path out;
  out.prefix = TRY(fields.text("prefix", kMaxPrefix));
  if (!is_folder(out.prefix)) {
    return fields.malformed_at("prefix",
                               "expected a folder: it begins and ends with \"/\" and has no "
                               "\"//\", \"/./\" or \"/../\"");
  }
  if (std::any_of(before.begin(), before.end(),
                  [&](const FileRules::Path& path) { return path.prefix == out.prefix; })) {
    return fields.malformed_at("prefix", "stands twice");
  }
  out.files =
      static_cast<PathVerdict>(TRY(fields.one_of("files", {"Judged", "IgnoredEvenIfExecuted"})));
  if (out.files == PathVerdict::kIgnoredEvenIfExecuted &&
      std::find(kFoldersOfPrograms.begin(), kFoldersOfPrograms.end(), out.prefix) !=
          kFoldersOfPrograms.end()) {
    return fields.malformed_at("prefix",
                               "is or contains a folder of programs, which cannot be ignored as a "
                               "whole: name the folders below it");
  }
  TRY(fields.expect_no_more());
  return out;
}

}  // namespace

Result<Sha256Value> read_sha256(Fields& fields, std::string_view name) {
  const std::string text = TRY(fields.text(name, 64));
  if (!is_sha256_hex(text)) {
    return fields.malformed_at(name, "expected a SHA-256 digest, 64 lower-case hexadecimal digits");
  }
  const Bytes bytes = TRY(fields.hex(name, 32));
  Sha256Value out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

Result<RuntimeReferences> parse_runtime_references(Fields& spec) {
  RuntimeReferences out;
  for (Fields& fields : TRY(spec.objects("signers", kMaxSigners))) {
    out.signers.push_back(TRY(parse_signer(fields)));
  }
  for (Fields& fields : TRY(spec.objects("deniedFiles", kMaxDenied))) {
    out.denied_files.push_back(TRY(parse_denied(fields)));
  }
  for (Fields& fields : TRY(spec.objects("measurements", kMaxMeasurements))) {
    out.measurements.push_back(TRY(parse_measurement(fields)));
  }
  for (Fields& fields : TRY(spec.objects("imaPolicies", kMaxImaPolicies))) {
    out.ima_policies.push_back(TRY(read_sha256(fields, "sha256")));
    TRY(fields.expect_no_more());
  }
  return out;
}

void write_runtime_references(const RuntimeReferences& runtime, codec::Json& spec) {
  for (const auto& signer : runtime.signers) {
    spec["signers"].push_back(
        {{"name", signer.name}, {"key", signer.key}, {"minimumVersion", signer.minimum_version}});
  }
  for (const auto& denied : runtime.denied_files) {
    codec::Json& json =
        spec["deniedFiles"].emplace_back(codec::Json{{"sha256", codec::to_hex(denied.sha256)}});
    if (!denied.note.empty()) {
      json["note"] = denied.note;
    }
  }
  for (const auto& measurement : runtime.measurements) {
    spec["measurements"].push_back(
        {{"name", measurement.name}, {"sha256", codec::to_hex(measurement.sha256)}});
  }
  for (const auto& policy : runtime.ima_policies) {
    spec["imaPolicies"].push_back({{"sha256", codec::to_hex(policy)}});
  }
}

Result<FileRules> parse_file_rules(Fields& runtime) {
  FileRules out;
  out.old_kernels =
      static_cast<OldKernelRule>(TRY(one_of_or(runtime, "oldKernels", {"Refused", "Allowed"}, 0)));
  out.kexec =
      static_cast<KexecRule>(TRY(one_of_or(runtime, "kexec", {"Forbidden", "Measured"}, 0)));
  for (Fields& fields : TRY(runtime.objects("paths", kMaxPaths))) {
    FileRules::Path path = TRY(parse_path(fields, out.paths));
    out.paths.push_back(std::move(path));
  }
  return out;
}

}  // namespace seaworthy::api

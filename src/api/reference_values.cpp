#include "api/reference_values.h"

#include <algorithm>

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

namespace {

// The bounds of the schema. 20,000 files need about 1.5 MiB, which is also what etcd takes.
constexpr std::size_t kMaxPcrs = 11;  // 0 to 9, and 14
constexpr std::size_t kMaxApplications = 256;
constexpr std::size_t kMaxCommandLines = 64;
constexpr std::size_t kMaxCommandLineBytes = 4096;  // COMMAND_LINE_SIZE is 2048 on x86-64
constexpr std::size_t kMaxFiles = 20'000;
constexpr std::size_t kMaxPathBytes = 4096;  // PATH_MAX

Result<Sha256Value> digest_of(const Json& json, const std::string& path) {
  if (!json.is_string() || !is_sha256_hex(json.get_ref<const std::string&>())) {
    return malformed(path + ": expected a SHA-256 digest, 64 lower-case hexadecimal digits");
  }
  const auto value = [](char c) {
    return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  const auto& text = json.get_ref<const std::string&>();
  Sha256Value out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(value(text[2 * i]) << 4 | value(text[2 * i + 1]));
  }
  return out;
}

Result<Sha256Value> read_digest(Fields& fields, std::string_view name) {
  TRY(fields.text(name, 64));  // present, and counted as read
  return digest_of(*fields.json().find(name), fields.path_of(name));
}

Result<std::vector<ReferenceValueSet::Pcr>> parse_pcrs(Fields& boot) {
  std::vector<ReferenceValueSet::Pcr> out;
  for (Fields& fields : TRY(boot.objects("pcrs", kMaxPcrs))) {
    ReferenceValueSet::Pcr pcr;
    const std::int64_t index = TRY(fields.integer("index", 0, 14));
    if (index > 9 && index != 14) {
      return fields.malformed_at("index",
                                 "expected 0 to 9 or 14: the others change while the "
                                 "machine runs or are not quoted");
    }
    pcr.index = static_cast<std::uint8_t>(index);
    if (std::any_of(out.begin(), out.end(), [&](const auto& p) { return p.index == pcr.index; })) {
      return fields.malformed_at("index", "PCR " + std::to_string(index) + " stands twice");
    }
    pcr.sha256 = TRY(read_digest(fields, "sha256"));
    TRY(fields.expect_no_more());
    out.push_back(pcr);
  }
  return out;
}

Result<void> parse_boot(Fields& boot, ReferenceValueSet& out) {
  out.pcrs = TRY(parse_pcrs(boot));
  for (const auto& [json, path] : TRY(boot.list("applications", kMaxApplications))) {
    out.applications.push_back(TRY(digest_of(*json, path)));
  }
  out.command_lines = TRY(boot.texts("commandLines", kMaxCommandLines, kMaxCommandLineBytes));
  if (!out.describes_boot()) {
    return boot.malformed_at("",
                             "needs pcrs or applications: a command line alone says nothing "
                             "about what was booted");
  }
  return boot.expect_no_more();
}

}  // namespace

Result<ReferenceValueSet> parse_reference_values(const Json& object) {
  Fields root = TRY(Fields::of(object, ""));
  ReferenceValueSet out;
  out.meta = TRY(parse_meta(root));
  Fields spec = TRY(root.object("spec"));
  if (auto boot = TRY(spec.maybe_object("boot"))) {
    TRY(parse_boot(*boot, out));
  }
  for (Fields& fields : TRY(spec.objects("files", kMaxFiles))) {
    ReferenceValueSet::File file;
    file.sha256 = TRY(read_digest(fields, "sha256"));
    file.path = TRY(fields.maybe_text("path", kMaxPathBytes)).value_or("");
    TRY(fields.expect_no_more());
    out.files.push_back(std::move(file));
  }
  if (!out.describes_boot() && out.files.empty()) {
    return spec.malformed_at("", "describes nothing: needs boot or files");
  }
  TRY(spec.expect_no_more());
  return out;
}

}  // namespace seaworthy::api

#include "eventlog/event_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "codec/hex.h"
#include "codec/reader.h"
#include "codec/writer.h"
#include "eventlog/proof.h"
#include "eventlog/uefi.h"

namespace seaworthy::eventlog {
namespace {

constexpr std::size_t kMaxHex = 32;                     // bytes of data that nobody can read
constexpr std::size_t kMaxText = 400;                   // characters of a string in a log
constexpr std::uint32_t kDescribedTables = 0x8000000B;  // EV_EFI_HANDOFF_TABLES2
constexpr std::uint32_t kDescribedBlob = 0x8000000A;    // EV_EFI_PLATFORM_FIRMWARE_BLOB2
constexpr std::uint32_t kBootVariable2 = 0x8000000C;    // EV_EFI_VARIABLE_BOOT2
constexpr std::string_view kLocality{"StartupLocality\0", 16};

std::string hex_text(ByteSpan bytes) {
  if (bytes.size() <= kMaxHex) {
    return codec::to_hex(bytes);
  }
  return codec::to_hex(bytes.first(kMaxHex)) + "… (" + std::to_string(bytes.size()) + " bytes)";
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

// Without the NULs at its end, cut; null if it is no ASCII text.
std::optional<std::string> ascii(ByteSpan bytes) {
  std::string_view text = as_text(bytes);
  while (text.ends_with('\0') || text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (text.empty() || !is_plain(text)) {
    return std::nullopt;
  }
  std::string out(text.substr(0, kMaxText));
  return text.size() > kMaxText ? out + "…" : out;
}

std::optional<std::string> utf16(ByteSpan bytes) {
  const auto text = utf16le_to_utf8(bytes);
  return text ? ascii(as_bytes(*text)) : std::nullopt;
}

std::string text_or_hex(ByteSpan bytes) {
  if (auto text = ascii(bytes)) {
    return *text;
  }
  if (auto text = utf16(bytes)) {
    return *text;
  }
  return hex_text(bytes);
}

std::string signature_lists_text(ByteSpan data) {
  const auto lists = parse_signature_lists(data);
  if (!lists) {
    return hex_text(data);
  }
  std::size_t certificates = 0;
  std::size_t others = 0;
  for (const SignatureList& list : *lists) {
    (list.type == kCertX509 ? certificates : others) += list.signatures.size();
  }
  return std::to_string(certificates) + " certificates, " + std::to_string(others) + " hashes";
}

// EFI_LOAD_OPTION: attributes, length of the path, description, path.
std::string load_option_text(ByteSpan data) {
  if (data.size() < 8) {
    return hex_text(data);
  }
  const ByteSpan rest = data.subspan(6);
  std::size_t end = 0;
  while (end + 1 < rest.size() && (rest[end] != 0 || rest[end + 1] != 0)) {
    end += 2;
  }
  const auto description = utf16(rest.first(end));
  const std::uint64_t path_bytes = std::uint64_t{data[4]} | std::uint64_t{data[5]} << 8;
  if (!description || end + 2 + path_bytes > rest.size()) {
    return hex_text(data);
  }
  const std::string file = claimed_file(rest.subspan(end + 2, path_bytes));
  return "\"" + *description + "\"" + (ascii(as_bytes(file)) ? " " + file : "");
}

std::string variable_value_text(std::string_view name, ByteSpan data) {
  if (data.empty()) {
    return "empty";
  }
  if (name == "PK" || name == "KEK" || name == "db" || name == "dbx" || name == "dbt" ||
      name == "dbr") {
    return signature_lists_text(data);
  }
  const bool numbered = name.size() == 8 && name.starts_with("Boot") && name != "BootNext";
  if (numbered) {
    return load_option_text(data);
  }
  return ascii(data).value_or(hex_text(data));
}

std::string variable_text(ByteSpan data) {
  const auto variable = parse_uefi_variable(data);
  if (!variable) {
    return hex_text(data);
  }
  const std::string name = ascii(as_bytes(variable->name)).value_or("variable");
  const bool usual =
      variable->guid == kEfiGlobalVariable || variable->guid == kEfiImageSecurityDatabase;
  return name + (usual ? "" : " {" + text(variable->guid) + "}") + " = " +
         variable_value_text(name, variable->data);
}

std::string image_text(ByteSpan data) {
  const auto image = parse_image_load(data);
  if (!image) {
    return hex_text(data);
  }
  const std::string file = claimed_file(image->device_path);
  return ascii(as_bytes(file)).value_or("a program of " + std::to_string(image->length) + " bytes");
}

// UEFI_GPT_DATA: the header (UEFI §5.3.2), whose disk GUID is at 56, and the number of entries.
std::string gpt_text(ByteSpan data) {
  if (data.size() < 100 || !as_text(data).starts_with("EFI PART")) {
    return hex_text(data);
  }
  Guid disk{};
  std::copy(data.begin() + 56, data.begin() + 72, disk.begin());
  return "partition table of disk " + text(disk) + ", " + std::to_string(data[92]) + " partitions";
}

std::string blob_text(ByteSpan data) {
  codec::Reader reader("blob", data);
  const auto base = reader.u64le();
  const auto length = reader.u64le();
  if (!base || !length || !reader.at_end()) {
    return text_or_hex(data);
  }
  return std::to_string(*length) + " bytes of firmware at 0x" +
         codec::to_hex(codec::Writer().u64be(*base).bytes());
}

// A length in one byte, and that much text; then addresses.
std::string described_text(ByteSpan data) {
  if (data.empty() || data.size() - 1 < data[0]) {
    return hex_text(data);
  }
  return text_or_hex(data.subspan(1, data[0]));
}

// TCG_PCClientTaggedEvent: a number, a length, and that much text.
std::string tagged_text(ByteSpan data) {
  codec::Reader reader("tagged event", data);
  const auto id = reader.u32le();
  const auto body = reader.sized32le(data.size());
  if (!id || !body) {
    return hex_text(data);
  }
  return "tag 0x" + codec::to_hex(codec::Writer().u32be(*id).bytes()) + ": " + text_or_hex(*body);
}

std::string no_action_text(ByteSpan data) {
  const std::string_view whole = as_text(data);
  if (whole.starts_with(kLocality) && data.size() == kLocality.size() + 1) {
    return "StartupLocality " + std::to_string(data.back());
  }
  const std::string_view head = whole.substr(0, std::min<std::size_t>(16, whole.find('\0')));
  return head.size() > 3 && is_plain(head)
             ? std::string(head) + " (" + std::to_string(data.size()) + " bytes)"
             : hex_text(data);
}

std::string data_text(std::uint32_t type, ByteSpan data) {
  switch (type) {
    case kNoAction:
      return no_action_text(data);
    case kSeparator:
      return hex_text(data);
    case kVariableDriverConfig:
    case kVariableBoot:
    case kBootVariable2:
    case kVariableAuthority:
      return variable_text(data);
    case kBootApplication:
    case kBootDriver:
    case kRuntimeDriver:
      return image_text(data);
    case kGptEvent:
      return gpt_text(data);
    case kFirmwareBlob:
      return blob_text(data);
    case kDescribedBlob:
    case kDescribedTables:
      return described_text(data);
    case kEventTag:
      return tagged_text(data);
    default:
      return text_or_hex(data);
  }
}

}  // namespace

std::optional<ByteSpan> shown_bytes(const BootEvent& event, crypto::HashAlg bank) {
  if (event.digest_is_of(bank, event.data)) {
    return event.data;
  }
  const ProvenData proven = proven_data(event, bank);
  return proven.any() ? std::optional(proven.bytes) : std::nullopt;
}

EventText describe(const BootEvent& event, crypto::HashAlg bank) {
  const std::string whole = data_text(event.type, event.data);
  if (event.type == kNoAction) {
    return {.proven = "", .claimed = whole};
  }
  const auto shown = shown_bytes(event, bank);
  if (!shown) {
    return {.proven = "", .claimed = whole};
  }
  if (shown->size() == event.data.size() || event.type == kVariableAuthority) {
    return {.proven = whole, .claimed = ""};
  }
  if (event.type == kVariableBoot || event.type == kVariableBoot2) {
    const auto variable = parse_uefi_variable(event.data);
    const std::string name = ascii(as_bytes(variable->name)).value_or("");
    return {.proven = variable_value_text(name, *shown), .claimed = "of variable " + name};
  }
  std::string word = text_or_hex(
      ByteSpan(event.data).first(static_cast<std::size_t>(shown->data() - event.data.data())));
  word.resize(word.find_last_not_of(": ") + 1);
  return {.proven = text_or_hex(*shown), .claimed = std::move(word)};
}

}  // namespace seaworthy::eventlog

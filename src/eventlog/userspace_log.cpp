#include "eventlog/userspace_log.h"

#include <algorithm>

#include "codec/fields.h"
#include "codec/hex.h"
#include "eventlog/event.h"

namespace seaworthy::eventlog {
namespace {

using codec::Fields;
using codec::Json;

constexpr char kRecordSeparator = 0x1E;
constexpr std::size_t kMaxDigests = 16;
constexpr std::size_t kMaxDescription = 256;

Result<std::vector<crypto::Digest>> parse_digests(Fields& record) {
  std::vector<crypto::Digest> out;
  for (Fields& fields : TRY(record.objects("digests", kMaxDigests))) {
    const std::string algorithm = TRY(fields.text("hashAlg", 32));
    const auto known = crypto::hash_alg_named(algorithm);
    if (!known) {
      continue;  // SM3, SHA-3: not a bank that anything is decided by
    }
    if (std::any_of(out.begin(), out.end(), [&](const auto& d) { return d.alg() == *known; })) {
      return fields.malformed_at("hashAlg", "a second digest of " + algorithm);
    }
    out.emplace_back(*known, TRY(fields.hex("digest", crypto::digest_size(*known))));
  }
  return out;
}

// What the record says of itself: event type and text. Unknown fields are systemd's business.
Result<std::string> parse_description(Fields& record) {
  auto content = TRY(record.maybe_object("content"));
  if (!content) {
    return std::string();
  }
  std::string text = TRY(content->maybe_text("eventType", kMaxDescription)).value_or("");
  const auto more = TRY(content->maybe_text("string", kMaxUserspaceRecordBytes));
  if (more) {
    text += (text.empty() ? "" : " ") + *more;
  }
  text.resize(std::min(text.size(), kMaxDescription));
  return text;
}

Result<void> parse_record(std::string_view text, std::size_t number,
                          std::vector<UserspaceEvent>& out) {
  const std::string where = "userspace log, record " + std::to_string(number);
  auto json = codec::parse_json(
      text, {.max_bytes = kMaxUserspaceRecordBytes, .max_depth = 8, .max_values = 1024});
  if (!json) {
    return malformed(where + ": " + json.error().message());
  }
  Fields record = TRY(Fields::of(*json, where));
  if (!record.has("pcr") && (record.has("nv_index") || record.has("nvIndex"))) {
    return {};
  }
  UserspaceEvent event;
  event.pcr = static_cast<std::uint8_t>(TRY(record.integer("pcr", 0, kPcrCount - 1)));
  event.digests = TRY(parse_digests(record));
  event.description = TRY(parse_description(record));
  out.push_back(std::move(event));
  return {};
}

}  // namespace

const crypto::Digest* UserspaceEvent::digest(crypto::HashAlg bank) const {
  const auto found = std::find_if(digests.begin(), digests.end(),
                                  [bank](const auto& digest) { return digest.alg() == bank; });
  return found == digests.end() ? nullptr : &*found;
}

Result<std::vector<UserspaceEvent>> parse_userspace_log(ByteSpan in) {
  if (in.size() > kMaxUserspaceLogBytes) {
    return malformed("userspace log: " + std::to_string(in.size()) + " bytes, above the limit of " +
                     std::to_string(kMaxUserspaceLogBytes));
  }
  std::string_view rest = as_text(in);
  std::vector<UserspaceEvent> out;
  for (std::size_t number = 0; !rest.empty(); ++number) {
    if (number == kMaxUserspaceRecords) {
      return malformed("userspace log: more than " + std::to_string(kMaxUserspaceRecords) +
                       " records");
    }
    const std::string where = "userspace log, record " + std::to_string(number);
    if (rest.front() != kRecordSeparator) {
      return malformed(where + ": does not begin with the record separator 0x1E (RFC 7464)");
    }
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(kRecordSeparator), rest.size());
    const std::string_view record = rest.substr(0, end);
    if (!record.ends_with('\n')) {
      return malformed(where + ": is cut off: no line feed at its end (RFC 7464)");
    }
    TRY(parse_record(record, number, out));
    rest.remove_prefix(end);
  }
  return out;
}

Bytes write_userspace_log(const std::vector<UserspaceEvent>& events) {
  std::string out;
  for (const UserspaceEvent& event : events) {
    Json digests = Json::array();
    for (const crypto::Digest& digest : event.digests) {
      digests.push_back({{"hashAlg", std::string(crypto::name(digest.alg()))},
                         {"digest", codec::to_hex(digest.bytes())}});
    }
    out += kRecordSeparator + codec::to_json_text({{"pcr", event.pcr},
                                                   {"digests", std::move(digests)},
                                                   {"content_type", "systemd"},
                                                   {"content", {{"string", event.description}}}});
    out += '\n';
  }
  return to_bytes(as_bytes(out));
}

}  // namespace seaworthy::eventlog

#include "verify/loader.h"

#include <algorithm>
#include <array>
#include <set>

#include "eventlog/proof.h"
#include "eventlog/uefi.h"

namespace seaworthy::verify {

using eventlog::BootEvent;

namespace {

constexpr std::size_t kMaxSections = 32;  // of a unified kernel image; real ones: 6 to 10
constexpr std::size_t kMaxPhases = 16;    // real boots: 4

// PE sections that systemd-stub measures, each as its name with a NUL and then as its content.
constexpr auto kSections = std::to_array<std::string_view>(
    {".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".dtbauto", ".hwids",
     ".uname", ".sbat", ".pcrpkey", ".profile", ".efifw"});
// What systemd-pcrphase measures.
constexpr auto kPhases = std::to_array<std::string_view>(
    {"enter-initrd", "leave-initrd", "sysinit", "ready", "shutdown", "final"});

// Which of these texts, with a NUL or not, was hashed; null if none.
template <class List>
const std::string_view* text_of(const List& texts, const crypto::Digest& digest, bool with_nul) {
  return std::find_if(texts.begin(), texts.end(), [&](std::string_view text) {
    const Bytes nul(with_nul ? 1 : 0);
    return crypto::hash(kPolicyBank, {as_bytes(text), nul}) == digest;
  });
}

}  // namespace

std::optional<std::string_view> proven_text(const BootEvent& event) {
  BootEvent as_ipl = event;  // by its data alone: the label proves nothing either
  as_ipl.type = eventlog::kIpl;
  const ByteSpan bytes = eventlog::proven_data(as_ipl, kPolicyBank).bytes;
  if (bytes.data() == nullptr) {
    return std::nullopt;
  }
  // Back into the event's own data, which outlives the copy.
  const auto offset = static_cast<std::size_t>(bytes.data() - as_ipl.data.data());
  const std::string_view text = as_text(event.data).substr(offset, bytes.size());
  return text.ends_with('\0') ? text.substr(0, text.size() - 1) : text;
}

std::optional<std::string> proven_utf16(const BootEvent& event) {
  const ByteSpan data = event.data;
  const Bytes nul(2);
  const bool shown = event.digest_is_of(kPolicyBank, data) ||
                     *event.digest(kPolicyBank) == crypto::hash(kPolicyBank, {data, nul}) ||
                     (data.size() >= 2 && ByteSpan(data).last(2)[0] == 0 && data.back() == 0 &&
                      event.digest_is_of(kPolicyBank, data.first(data.size() - 2)));
  if (!shown) {
    return std::nullopt;
  }
  const auto text = eventlog::utf16le_to_utf8(data);
  return text ? std::optional(*text) : std::nullopt;
}

bool is_command_line(std::string_view text) {
  return text.starts_with('/') || text.starts_with('(') || text.starts_with('"');
}

std::vector<UkiSection> uki_sections(const std::vector<const BootEvent*>& events) {
  std::vector<UkiSection> sections;
  for (std::size_t i = 0; i + 1 < events.size() && sections.size() < kMaxSections; ++i) {
    const auto* section = text_of(kSections, *events[i]->digest(kPolicyBank), true);
    if (section != kSections.end()) {
      sections.push_back({std::string(*section), bytes_of(*events[++i]->digest(kPolicyBank))});
    }
  }
  return sections;
}

std::vector<std::string> phases(const std::vector<const eventlog::UserspaceEvent*>& events) {
  std::vector<std::string> all;
  for (const eventlog::UserspaceEvent* event : events) {
    const auto* phase = text_of(kPhases, *event->digest(kPolicyBank), false);
    if (phase != kPhases.end() && all.size() < kMaxPhases) {
      all.emplace_back(*phase);
    }
  }
  return all;
}

bool means_only_progress(const Sha256Bytes& digest) {
  static const auto known = [] {
    std::set<Sha256Bytes> digests;
    for (const std::string_view section : kSections) {
      digests.insert(bytes_of(crypto::hash(kPolicyBank, {as_bytes(section), Bytes(1)})));
    }
    for (const std::string_view phase : kPhases) {
      digests.insert(bytes_of(crypto::hash(kPolicyBank, as_bytes(phase))));
    }
    return digests;
  }();
  return known.contains(digest);
}

Sha256Bytes bytes_of(const crypto::Digest& digest) {
  static_assert(crypto::digest_size(kPolicyBank) == 32);
  Sha256Bytes out{};
  std::copy_n(digest.bytes().begin(), out.size(), out.begin());
  return out;
}

}  // namespace seaworthy::verify

#include "commands/text.h"

#include <algorithm>
#include <array>

#include "codec/hex.h"

namespace seaworthy::commands {
namespace {

std::string in_colour(std::string_view text, std::string_view code, Colour colour) {
  if (colour == Colour::kNever) {
    return std::string(text);
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

// Characters that a terminal shows: UTF-8 continuation bytes and escape sequences do not count.
std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  bool escape = false;
  for (const char c : text) {
    if (c == '\x1b') {
      escape = true;
    } else if (escape) {
      escape = c != 'm';
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++width;
    }
  }
  return width;
}

// Bytes of the character at the front; 0 if it is a control character (C0, DEL, C1) or no UTF-8.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) {
    return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  }
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  return lead == 0xC2 && byte(1) < 0xA0 ? 0 : size;
}

// What each register is about (PFP 1.06 §3.3.4; GRUB, shim and systemd by their own manuals).
constexpr std::array<std::string_view, 16> kAbout = {"firmware code",
                                                     "firmware settings, boot order",
                                                     "option ROMs, drivers",
                                                     "settings of option ROMs",
                                                     "boot loaders and kernel, strictly",
                                                     "boot loader settings, partition table",
                                                     "vendor",
                                                     "Secure Boot: state, keys, what they verified",
                                                     "GRUB: commands, command line",
                                                     "GRUB: files it read; kernel: initrd",
                                                     "IMA",
                                                     "unified kernel image, phases of the boot",
                                                     "command lines and credentials passed on",
                                                     "system extensions passed on",
                                                     "shim: machine owner keys",
                                                     "systemd: machine id, file systems"};

}  // namespace

std::string why(const api::PolicyVerdict& verdict, std::size_t width) {
  if (verdict.verdict == api::Verdict::kTrusted) {
    return "";
  }
  std::string text = verdict.reason;
  if (!verdict.findings.empty() && !verdict.findings.front().about.empty()) {
    text += " (" + verdict.findings.front().about + ")";
  } else if (verdict.findings.empty() && !verdict.message.empty()) {
    text += ": " + verdict.message;
  }
  if (verdict.findings.size() > 1) {
    text += " and " + std::to_string(verdict.findings.size() - 1) + " more";
  }
  return shortened(text, width);
}

std::string findings_text(const api::PolicyVerdict& verdict) {
  std::string out;
  for (const api::FindingView& finding : verdict.findings) {
    out += "    - " + finding.reason;
    out += finding.about.empty() ? "" : " (" + finding.about + ")";
    out += "\n      " + finding.message + "\n";
  }
  return out;
}

std::string painted(api::Verdict verdict, Colour colour) {
  const std::string_view text = api::name(verdict);
  switch (verdict) {
    case api::Verdict::kTrusted:
      return in_colour(text, "32", colour);
    case api::Verdict::kViolated:
      return in_colour(text, "1;31", colour);
    case api::Verdict::kStale:
      return in_colour(text, "33", colour);
    case api::Verdict::kUnknown:
      return in_colour(text, "90", colour);
  }
  return std::string(text);
}

std::string bold(std::string_view text, Colour colour) {
  return in_colour(text, "1", colour);
}

std::string good(std::string_view text, Colour colour) {
  return in_colour(text, "32", colour);
}
std::string warning(std::string_view text, Colour colour) {
  return in_colour(text, "33", colour);
}
std::string bad(std::string_view text, Colour colour) {
  return in_colour(text, "1;31", colour);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) {
      const std::uint8_t byte = static_cast<std::uint8_t>(text.front());
      out += "\\x" + codec::to_hex({&byte, 1});
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], shown_width(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) {
        out.append(widths[i] - shown_width(row[i]) + 2, ' ');
      }
    }
    out += '\n';
  }
  return out;
}

std::string distance(milliseconds duration) {
  const std::int64_t s = std::max<std::int64_t>(0, duration.count() / 1000);
  const auto two = [](std::int64_t big, const char* big_unit, std::int64_t small,
                      const char* small_unit) {
    std::string text = std::to_string(big) + big_unit;
    if (small != 0) {
      text += std::to_string(small) + small_unit;
    }
    return text;
  };
  if (s < 60) {
    return std::to_string(s) + "s";
  }
  if (s < 3600) {
    return two(s / 60, "m", s % 60, "s");
  }
  if (s < 48 * 3600) {
    return two(s / 3600, "h", s % 3600 / 60, "m");
  }
  return std::to_string(s / 86400) + "d";
}

std::string_view about_pcr(std::uint8_t pcr) {
  return pcr < kAbout.size() ? kAbout[pcr] : std::string_view();
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string shortened(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && used + 1 == width && i + 1 < text.size()) {
      return out + "…";
    }
    used += starts ? 1 : 0;
    out += text[i] == '\n' ? ' ' : text[i];
  }
  return out;
}

}  // namespace seaworthy::commands

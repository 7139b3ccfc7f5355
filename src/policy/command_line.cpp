#include "policy/command_line.h"

#include <algorithm>
#include <array>

namespace seaworthy::policy {
namespace {

// Whole tokens, after '-' was made '_' in the name: the kernel takes both.
constexpr auto kForbidden = std::to_array<std::string_view>({
    "ima_appraise=off",
    "ima_appraise=fix",
    "ima_appraise=log",
    "evm=fix",
    "ima=off",
    "module.sig_enforce=0",
    "lockdown=none",
    "tpm.disable_pcr_integrity",
    "systemd.debug_shell",
    "systemd.debug_shell=1",
    "systemd.debug_shell=yes",
    "rd.break",
    "rd.shell",
    "rd.shell=1",
    "single",
    "emergency",
    "rescue",
    "systemd.unit=emergency.target",
    "systemd.unit=rescue.target",
    "rd.systemd.unit=emergency.target",
    "rd.systemd.unit=rescue.target",
});
// Whatever follows. Another first program is another system, except systemd by its own path.
constexpr auto kForbiddenStart = std::to_array<std::string_view>({
    "init=",
    "rdinit=",
    "rd.break=",
    "systemd.debug_shell=",
    "systemd.run=",
    "ima_template_fmt=",
    "tpm.disable_pcr_integrity=",
});
constexpr auto kAllowed = std::to_array<std::string_view>({
    "init=/usr/lib/systemd/systemd",
    "init=/lib/systemd/systemd",
    "init=/sbin/init",
    "systemd.debug_shell=0",
    "systemd.debug_shell=no",
    "tpm.disable_pcr_integrity=0",
});

template <class List>
bool contains(const List& list, std::string_view token) {
  return std::find(list.begin(), list.end(), token) != list.end();
}

// '-' and '_' are the same in a parameter's name (kernel/params.c, dash2underscore).
std::string normalized(std::string token) {
  const auto end = std::find(token.begin(), token.end(), '=');
  std::replace(token.begin(), end, '-', '_');
  return token;
}

}  // namespace

std::vector<std::string> tokens(std::string_view command_line) {
  std::vector<std::string> all;
  std::string token;
  bool quoted = false;
  const auto flush = [&] {
    if (!token.empty()) {
      all.push_back(std::move(token));
      token.clear();
    }
  };
  for (const char c : command_line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0')) {
      flush();
    } else {
      token.push_back(c);
    }
  }
  flush();
  return all;
}

std::optional<std::string> forbidden_token(std::string_view command_line) {
  for (const std::string& token : tokens(command_line)) {
    const std::string name = normalized(token);
    if (contains(kAllowed, name)) {
      continue;
    }
    const bool start =
        std::any_of(kForbiddenStart.begin(), kForbiddenStart.end(),
                    [&](std::string_view prefix) { return name.starts_with(prefix); });
    if (start || contains(kForbidden, name)) {
      return token;
    }
  }
  return std::nullopt;
}

bool names_measuring_policy(std::string_view command_line) {
  for (const std::string& token : tokens(command_line)) {
    const std::string name = normalized(token);
    if (name == "ima_tcb") {
      return true;
    }
    if (!name.starts_with("ima_policy=")) {
      continue;
    }
    std::string_view rest = std::string_view(name).substr(sizeof("ima_policy=") - 1);
    while (!rest.empty()) {
      const std::size_t bar = std::min(rest.find('|'), rest.size());
      if (rest.substr(0, bar) == "tcb") {
        return true;
      }
      rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace seaworthy::policy

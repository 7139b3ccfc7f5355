#include "eventlog/sbat.h"

#include <algorithm>
#include <charconv>

namespace seaworthy::eventlog {
namespace {

// The part before the next comma, which is taken away.
std::string_view next_field(std::string_view& line) {
  const std::size_t comma = std::min(line.find(','), line.size());
  const std::string_view field = line.substr(0, comma);
  line.remove_prefix(std::min(comma + 1, line.size()));
  return field;
}

Result<SbatComponent> parse_component(std::string_view& line, std::size_t number) {
  const std::string where = "SbatLevel, line " + std::to_string(number);
  SbatComponent out;
  out.component = std::string(next_field(line));
  const std::string_view digits = next_field(line);
  if (out.component.empty() || out.component.size() > kMaxSbatName) {
    return malformed(where + ": a name of " + std::to_string(out.component.size()) + " bytes");
  }
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.generation);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return malformed(where + ": '" + out.component + "' has no generation");
  }
  return out;
}

}  // namespace

Result<SbatLevel> parse_sbat_level(ByteSpan in) {
  if (in.size() > kMaxSbatBytes) {
    return malformed("SbatLevel: " + std::to_string(in.size()) + " bytes, above the limit of " +
                     std::to_string(kMaxSbatBytes));
  }
  std::string_view rest = as_text(in);
  while (rest.ends_with('\0')) {
    rest.remove_suffix(1);
  }
  SbatLevel out;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    if (out.components.size() == kMaxSbatComponents) {
      return malformed("SbatLevel: more than " + std::to_string(kMaxSbatComponents) +
                       " components");
    }
    SbatComponent component = TRY(parse_component(line, number));
    if (out.components.empty()) {
      if (component.component != "sbat") {
        return malformed("SbatLevel: the first line is not that of sbat itself");
      }
      out.date = std::string(next_field(line).substr(0, 32));
    }
    if (std::any_of(out.components.begin(), out.components.end(),
                    [&](const auto& c) { return c.component == component.component; })) {
      return malformed("SbatLevel: '" + component.component + "' stands twice");
    }
    out.components.push_back(std::move(component));
  }
  if (out.components.empty()) {
    return malformed("SbatLevel: empty");
  }
  return out;
}

}  // namespace seaworthy::eventlog

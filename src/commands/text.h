// Text for people: tables, times as distances, colour where it is wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/verdict.h"
#include "base/time.h"

namespace seaworthy::commands {

enum class Colour : std::uint8_t { kNever, kAlways };

// A verdict in its colour: green, red, yellow, grey.
std::string painted(api::Verdict verdict, Colour colour);
// Why it is not Trusted, in one line of at most so many characters: the first finding, and how many
// more there are. Empty if it is.
std::string why(const api::PolicyVerdict& verdict, std::size_t width);
// All findings, each with what to do.
std::string findings_text(const api::PolicyVerdict& verdict);

std::string bold(std::string_view text, Colour colour);
std::string good(std::string_view text, Colour colour);     // green
std::string warning(std::string_view text, Colour colour);  // yellow
std::string bad(std::string_view text, Colour colour);      // red

// Text from a file that nobody vouches for, made harmless for a terminal: control characters
// become "\x1b", bytes that are not UTF-8 the same.
std::string printable(std::string_view text);

// Columns as wide as their widest cell, two spaces between, nothing behind the last.
// Escape sequences of colours count as nothing.
std::string table(const std::vector<std::vector<std::string>>& rows);

// "45s", "3m10s", "2h5m", "12d": how long something lasts, two units at most. Negative: "0s".
std::string distance(milliseconds duration);

// What PCR 0 to 15 is about: "firmware code"; empty for others.
std::string_view about_pcr(std::uint8_t pcr);

// The text with every `what` replaced.
std::string replaced(std::string text, std::string_view what, std::string_view by);

// Cut at `width` characters with an ellipsis; line feeds become spaces.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace seaworthy::commands

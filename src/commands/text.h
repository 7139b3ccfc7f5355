// Text for people: tables, times as distances, colour where it is wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/verdict.h"
#include "base/time.h"

namespace seaworthy::commands {

enum class Colour : std::uint8_t { kNever, kAlways };

// A verdict in its colour: green, red, yellow, grey.
std::string painted(api::Verdict verdict, Colour colour);
std::string bold(std::string_view text, Colour colour);

// Columns as wide as their widest cell, two spaces between, nothing behind the last.
// Escape sequences of colours count as nothing.
std::string table(const std::vector<std::vector<std::string>>& rows);

// "45s", "3m10s", "2h5m", "12d": how long something lasts, two units at most. Negative: "0s".
std::string distance(milliseconds duration);

// Cut at `width` characters with an ellipsis; line feeds become spaces.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace seaworthy::commands

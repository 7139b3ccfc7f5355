// kubectl seaworthy inspect boot-log: a firmware's log of a measured boot, of any machine.
#pragma once

#include "base/result.h"
#include "commands/inspection.h"

namespace seaworthy::commands {

enum class ShowEvents : std::uint8_t { kNo, kYes };

// JSON: {"format":"crypto-agile"|"sha1", "banks":[…], "events":n, "startupLocality":0|3|4,
// "hcrtm":bool, "paddingBytes":n, "secureBoot":"On"|"Off"|"Unknown", "commandLines":[…],
// "pcrs":{bank:{index:hex|null}}, "findings":[…]}; with events "eventList":[{"index","pcr",
// "type","digests":{bank:hex},"extended","proven","claimed"}] (docs/inspect.md).
//
// kMalformed names structure and offset of what cannot be read.
Result<Inspection> inspect_boot_log(ByteSpan log, ShowEvents events, const Output& output);

}  // namespace seaworthy::commands

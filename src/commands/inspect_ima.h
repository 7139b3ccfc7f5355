// kubectl seaworthy inspect ima: a kernel's list of what it measured, of any machine.
#pragma once

#include "base/result.h"
#include "commands/inspection.h"

namespace seaworthy::commands {

// JSON: {"entries":n, "violations":n, "templates":{name:n}, "digests":{algorithm:n},
// "signatures":n, "bootAggregate":hex|null, "pcrs":{bank:{index:hex}}, "findings":[…]}.
// Banks are those of the kernel since Linux 5.8 ("sha1", "sha256", "sha384", "sha512"), and of
// older ones, which padded the SHA-1 digest of an entry with zeros: "sha256-padded", and
// "sha256-padded-violpad" with violations as twenty bytes 0xff and zeros (docs/inspect.md).
//
// kMalformed names entry and offset of what cannot be read, and says so if it is the list in ASCII.
Result<Inspection> inspect_ima(ByteSpan list, const Output& output);

// The same refusals, and nothing else.
Result<void> check_ima_list(ByteSpan list);

}  // namespace seaworthy::commands

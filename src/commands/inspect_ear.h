// kubectl seaworthy inspect ear: a signed result of a verifier.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "commands/inspection.h"

namespace seaworthy::commands {

// JSON: {"verdict":"Accepted"|"Refused"|"NotChecked", "keyId", "verifier", "build", "id",
// "issued", "expires", "node":{"name","uid","akName"}, "policies":[{"policy","policyUID",
// "policyGeneration","verdict","expires","findings"}], "findings":[…]} (docs/inspect.md).
// With `keys`, a JWK Set, the signature is verified as the webhook does; without, nothing that the
// token says is proven and the verdict is NotChecked, or Refused if it has expired.
//
// kMalformed: no EAR of Seaworthy, or no JWK Set.
Result<Inspection> inspect_ear(std::string_view token, std::optional<std::string_view> keys,
                               Time now, const Output& output);

}  // namespace seaworthy::commands

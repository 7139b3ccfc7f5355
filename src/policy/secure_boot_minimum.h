// What Secure Boot has to have worked with beyond being on: "on" alone admits every old signed
// loader.
#pragma once

#include "api/policy.h"
#include "verify/findings.h"
#include "verify/secure_boot_keys.h"

namespace seaworthy::policy {

// Everything in which the keys fall short. What is not proven never satisfies a demand.
verify::Findings shortfalls(const api::AttestationPolicy::SecureBootMinimum& minimum,
                            const verify::SecureBootKeys& keys);

}  // namespace seaworthy::policy

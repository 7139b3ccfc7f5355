// spec.identity of an AttestationPolicy. For policy.cpp.
#pragma once

#include "api/policy.h"
#include "codec/fields.h"

namespace seaworthy::api {

Result<AttestationPolicy::Identity> parse_identity(codec::Fields& fields);

}  // namespace seaworthy::api

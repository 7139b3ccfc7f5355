// Server-side apply as the API server does it, for the lists and maps that Seaworthy writes.
// Spec: Kubernetes 1.36, "Server-Side Apply"; which lists merge by which key is a table in
// apply.cpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/json.h"

namespace seaworthy::testing {

// Field manager → the fields it owns.
using FieldPath = std::vector<std::string>;
using Ownership = std::map<std::string, std::set<FieldPath>>;

// The paths of all that `applied` sets, but for what identifies the object.
std::set<FieldPath> fields_of(const codec::Json& applied);

// Puts what `manager` applies into `live`, takes out what it owned before, does not apply any more
// and nobody else owns, and notes the new owner. Gives the conflicting path if another manager owns
// a field that differs, unless `force`.
std::optional<std::string> server_side_apply(codec::Json& live, const codec::Json& applied,
                                             const std::string& manager, bool force,
                                             Ownership& owners);

}  // namespace seaworthy::testing

// Names: how a TPM identifies a key, whoever stores its public area.
// Spec: TPM 2.0 Library, Part 1: Architecture, r1.59, §16 "Names".
#pragma once

#include "base/bytes.h"
#include "tpm/algorithms.h"
#include "tpm/public_area.h"

namespace seaworthy::tpm {

// nameAlg || H_nameAlg(TPMT_PUBLIC). Computed by us from the public area, never taken from a
// peer (R3): whoever holds the Name of a key cannot be shown another key or other attributes.
Bytes name_of(const PublicArea& area);

// The Qualified Name of a primary key: nameAlg || H_nameAlg(handle of the hierarchy || Name).
// It shows in which hierarchy a key lives.
Bytes primary_qualified_name(const PublicArea& area, Hierarchy hierarchy);

// The Qualified Name of a child: nameAlg || H_nameAlg(Qualified Name of the parent || Name).
Bytes child_qualified_name(const PublicArea& area, ByteSpan parent_qualified_name);

}  // namespace seaworthy::tpm

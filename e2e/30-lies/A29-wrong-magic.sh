#!/bin/bash
# A-29: the AK signs a forged quote; all but the TPM's own mark is right.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-29: a quote that the TPM signed and did not make"
say "TPM2_Sign by a restricted key signs whatever does not begin with TPM_GENERATED: so the forger changes one bit of it."
refuses "$node1" NotAQuote wrong-magic 1

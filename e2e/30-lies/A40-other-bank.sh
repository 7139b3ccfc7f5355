#!/bin/bash
# A-39, A-40: a weak bank, or one that the TPM does not have.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-40: the SHA-1 bank; A-39: no bank"
refuses "$node2" PcrSelectionMismatch other-bank 2

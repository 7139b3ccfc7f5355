#!/bin/bash
# A-35: a quote of nothing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-35: a quote of no PCR"
refuses "$node1" PcrSelectionMismatch empty-selection 2

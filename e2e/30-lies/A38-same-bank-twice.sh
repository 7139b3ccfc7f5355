#!/bin/bash
# A-38: the selection lists a bank twice.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-38: the same bank twice"
refuses "$node1" PcrSelectionMismatch same-bank-twice 1

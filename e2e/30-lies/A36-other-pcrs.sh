#!/bin/bash
# A-36: a quote of fewer or more PCRs than asked for.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-36: a quote of other PCRs than asked for"
refuses "$node2" PcrSelectionMismatch other-pcrs 2

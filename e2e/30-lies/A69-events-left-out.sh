#!/bin/bash
# A-69: a PCR that was extended, and no event that says so.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-69: a PCR without events"
contradicts "$node1" PcrWithoutEvents events-left-out 1

#!/bin/bash
# A-64: a boot log that was cut, changed or put into another order.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-64: a boot log that does not lead to the quoted PCRs"
contradicts "$node1" PcrMismatch broken-boot-log 4

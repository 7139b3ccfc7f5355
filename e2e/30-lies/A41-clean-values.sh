#!/bin/bash
# A-41: the PCR values sent beside the quote are believed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-41: the values of a good boot beside the quote of another one"
say "$node2 booted another kernel; it shows the log of $node1, and the values to which that leads."
mkdir -p "$root/build/e2e"
input=$root/build/e2e/good.log
docker exec "$node1" cat /run/seaworthy-machine/binary_bios_measurements >"$input"
watch_record "$node2"
lie "$node2" clean-values 2 "PcrDigestMismatch|PcrMismatch"
eventually 60 "its own agent has told the truth since" has_finding "$node2" SecureBootOff
[[ $(verdicts) == Violated ]] || wrong "$node2 was believed: $(verdicts)"
lost_label "$node2" || wrong "$node2 has the label"

#!/bin/bash
# A-37: PCR 23, which everybody may reset, presented as PCR 10.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-37: a resettable PCR under the name of another one"
say "PCR 23 is reset and extended until it says what PCR 10 said before the last file ran; the list ends there too."
run_unknown_file "$node1"
lie "$node1" relabelled 2 "Pcr(Selection|Digest)Mismatch"
say "Refused evidence changes no verdict, neither to the worse nor to the better: the last one runs out in seconds."
found_out "$node1"

#!/bin/bash
# A-89: an IMA list that ends before what should not be seen.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-89: a list that ends early"
say "The TPM knows of the file: PCR 10 was extended. So a list without it leads elsewhere."
run_unknown_file "$node1"
lie "$node1" list-withheld 2 "ImaList(Missing|Incomplete)"
condemned "$node1" ImaListIncomplete
found_out "$node1"

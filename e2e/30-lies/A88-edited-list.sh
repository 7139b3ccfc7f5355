#!/bin/bash
# A-88: an IMA list that was edited.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-88: an edited list"
contradicts "$node1" ImaListIncomplete list-edited 4

#!/bin/bash
# A-66: neither are the data of an event, only their digest.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-66: a command line that was not measured"
contradicts "$node1" EventDataMismatch other-command-line 1

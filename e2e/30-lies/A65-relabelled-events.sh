#!/bin/bash
# A-65: event types are not measured; a log with others still leads to the quoted PCRs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-65: events under other names"
contradicts "$node1" EventUnknown relabelled-events 2

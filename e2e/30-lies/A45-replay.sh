#!/bin/bash
# A-45: old evidence again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-45: replayed evidence"
say "Once it is good; then never again, neither for its own challenge nor for a new one."
refuses "$node1" NonceMismatch replayed 2

#!/bin/bash
# A-46: evidence that answers no challenge.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-46: no nonce"
refuses "$node2" NonceMismatch no-nonce 2

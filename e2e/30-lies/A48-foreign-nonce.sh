#!/bin/bash
# A-48: a nonce that was made for another node.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-48: the challenge of $node2, answered by $node1"
mkdir -p "$root/build/e2e"
input=$root/build/e2e/challenge.json
liar "$node2" relay-ask </dev/null >"$input"
refuses "$node1" NonceMismatch foreign-nonce 1

#!/bin/bash
# A-178: the same key twice, so that two readers see two messages.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/network.sh
. "$(dirname "$0")/../lib/network.sh"

title "A-178: duplicate keys"
attacker_on "$node1"
before=$(restarts)
says "duplicate.* 400$" /v1/attest "${json[@]}" <<<"{\"nonce\": \"AAAA\", \"nonce\": \"BBBB\"}"
says "duplicate.* 400$" /v1/enrol "${json[@]}" <<<"{\"ekPublic\": \"AAAA\", \"akPublic\": \"AAAA\", \"ekPublic\": \"BBBB\"}"
unimpressed "$before" "$node1"

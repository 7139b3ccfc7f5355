#!/bin/bash
# A-181: no body, one without end, one of another kind, one that nobody can read.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/network.sh
. "$(dirname "$0")/../lib/network.sh"

title "A-181: bodies"
attacker_on "$node1"
before=$(restarts)
says " 400$" /v1/attest "${json[@]}" </dev/null
says " 400$" /v1/attest "${json[@]}" < <(head -c 1000 /dev/urandom)
says " (400|415)$" /v1/attest -H "Content-Type: text/plain" --data-binary @- <<<"the truth"
says " 400$" /v1/attest "${json[@]}" -H "Content-Encoding: gzip" < <(gzip <<<"{}")
say "Larger than any evidence; then without end, in chunks."
says " 413$" /v1/enrol "${json[@]}" < <(head -c 200000 /dev/zero)
says " 413$" /v1/attest -H "Content-Type: application/json" --upload-file - --request POST < <(timeout 15 yes 2>/dev/null)
unimpressed "$before" "$node1"

#!/bin/bash
# A-51, A-05: a bad node shows the quote and the logs of a good one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-51: the TPM of $node1 answers for $node2"
say "The challenge of $node2 is carried to $node1, whose TPM signs just what $node2 would have to say; and back."
mkdir -p "$root/build/e2e"
watch_record "$node2"
liar "$node2" relay-ask </dev/null >"$root/build/e2e/challenge.json"
liar "$node1" relay-answer <"$root/build/e2e/challenge.json" >"$root/build/e2e/evidence.json"
input=$root/build/e2e/evidence.json
lie "$node2" relay-send 1 SignatureInvalid
[[ $(verdicts) == Violated ]] || wrong "$node2 was believed: $(verdicts)"
lost_label "$node2" || wrong "$node2 has the label"

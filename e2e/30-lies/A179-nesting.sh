#!/bin/bash
# A-179: arrays in arrays in arrays.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/network.sh
. "$(dirname "$0")/../lib/network.sh"

title "A-179: 200,000 nested arrays"
attacker_on "$node1"
before=$(restarts)
printf "[%.0s" {1..200000} | says "nested deeper.* 400$" /v1/attest "${json[@]}"
{ printf "{\"pcrs\": "; printf "{\"a\": %.0s" {1..5000}; } | says "nested deeper.* 400$" /v1/enrol "${json[@]}"
unimpressed "$before" "$node1"

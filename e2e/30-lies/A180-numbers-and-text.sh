#!/bin/bash
# A-180: numbers that are no integers, and text that is not UTF-8.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/network.sh
. "$(dirname "$0")/../lib/network.sh"

title "A-180: floats, huge integers, broken UTF-8"
attacker_on "$node1"
before=$(restarts)
body() { # from, nonce
  printf "{\"nonce\": \"%s\", \"attested\": \"AAAA\", \"signature\": \"AAAA\", \"pcrs\": {}, \"bootLogDigest\": \"%064d\", \"ima\": {\"from\": %s, \"entries\": \"\"}}" "$2" 0 "$1"
}
body 1.5 AAAA | says "ima.from.* 400$" /v1/attest "${json[@]}"
body 1e3 AAAA | says "ima.from.* 400$" /v1/attest "${json[@]}"
body 99999999999999999999 AAAA | says "ima.from.* 400$" /v1/attest "${json[@]}"
body -1 AAAA | says "ima.from.* 400$" /v1/attest "${json[@]}"
body 0 $'\xc0\xaf' | says " 400$" /v1/attest "${json[@]}"
body 0 "A\\u0000A" | says "nonce.* 400$" /v1/attest "${json[@]}"
unimpressed "$before" "$node1"

#!/bin/bash
# A-05: one key is proven, another one is used.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-05: another key than the one that was enrolled"
identity() { kube get natt "$node1" -o jsonpath="{.status.identity}"; }
before=$(identity)
refuses "$node1" SignatureInvalid other-ak 1
say "And the other way: the enrolment ends with another key than it began with."
lie "$node1" swapped-ak 1 ActivationRefused
[[ $(identity) == "$before" ]] || wrong "the enrolment of $node1 changed"

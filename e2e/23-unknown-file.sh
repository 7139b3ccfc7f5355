#!/bin/bash
# The story, last part: an honest node runs something unknown; it is told within seconds; and forgiven when it is known.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "An unknown file runs on $node1"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted
say "The kernel (here: the machine) measures it: an entry in the IMA list, an extension of PCR 10."
path=/usr/local/bin/miner
digest=$(machine "$node1" run-file "$path" --content "not from Debian, $(date +%s%N)" | tr -d '\r\n')
eventually 5 "$node1 is Violated" has_verdict "$node1" Violated
run kubectl seaworthy explain node "$node1"
kubectl seaworthy explain node "$node1" | grep -q "$path" || wrong "explain does not say which file"
file=$(pod_file payments forced "nodeName: $node1")
refused "node $node1 .*Violated: .*$path" kubectl create -f "$file"
say "What runs already stays: an alarm is no reason to take production down."
all_running payments app=ledger 3 || wrong "the ledger's pods are gone"

title "Somebody looks, and finds that it is ours"
run kubectl patch rvs debian-12 --type json \
  -p "[{\"op\":\"add\",\"path\":\"/spec/files/-\",\"value\":{\"sha256\":\"$digest\",\"path\":\"$path\"}}]"
eventually 30 "$node1 is Trusted again, without a restart" has_verdict "$node1" Trusted
run kubectl create -f "$file"
eventually 30 "the pod runs" all_running payments app=forced 1
gone payments forced
run kubectl seaworthy status

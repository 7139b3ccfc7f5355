#!/bin/bash
# The story, second part: pods go where the evidence allows, by themselves.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "A Deployment in payments"
for namespace in payments development; do
  kube create namespace "$namespace" --dry-run=client -o yaml | kube apply -f - >/dev/null
done
run cat "$story/payments.yaml"
run kubectl apply -f "$story/payments.yaml"
eventually 30 "three replicas run" all_running payments app=ledger 3
run kubectl -n payments get pods -o wide
[[ $(nodes_of payments app=ledger) == "$node1" ]] || wrong "all replicas belong on $node1: $(nodes_of payments app=ledger)"

title "A pod in development"
say "The development class asks for an enrolled machine and no more, so $node2 is good enough for it."
file=$(pod_file development tryout "nodeSelector: { kubernetes.io/hostname: $node2 }")
run kubectl apply -f "$file"
eventually 30 "it runs on $node2" all_running development app=tryout 1
run kubectl -n development get pods -o wide

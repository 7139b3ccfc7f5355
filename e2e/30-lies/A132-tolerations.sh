#!/bin/bash
# A-132: a toleration defeats the taint, at once or added later.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-132: tolerations"
for toleration in '{ operator: Exists }' '{ key: seaworthy.dev/untrusted, operator: Exists }' \
  '{ key: seaworthy.dev/untrusted, effect: NoSchedule }'; do
  file=$(pod_file payments tolerant "tolerations: [ $toleration ]")
  refused "tolerat" kubectl create -f "$file"
done
say "Added to a pod that runs:"
gone payments later
file=$(pod_file payments later)
run kubectl create -f "$file"
refused "tolerat" kubectl -n payments patch pod later --type json \
  -p '[{"op":"add","path":"/spec/tolerations/-","value":{"operator":"Exists"}}]'
say "Any other is nobody's business:"
run kubectl -n payments patch pod later --type json \
  -p '[{"op":"add","path":"/spec/tolerations/-","value":{"key":"example.com/slow","operator":"Exists"}}]'
gone payments later
say "And without any, in a namespace that is not governed, nothing is scheduled on the stranger $node3:"
gone default stranger
file=$(pod_file default stranger "nodeSelector: { kubernetes.io/hostname: $node3 }")
run kubectl create -f "$file"
unschedulable() { [[ $(kube -n default get pod stranger -o jsonpath='{.status.conditions[?(@.type=="PodScheduled")].reason}') == Unschedulable ]]; }
eventually 30 "it is unschedulable" unschedulable
gone default stranger

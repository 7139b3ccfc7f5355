#!/bin/bash
# A-133: a scheduler that has never heard of us; it may bind, as system:kube-scheduler may.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-133: another scheduler"
gone payments other
file=$(pod_file payments other "schedulerName: cheapest")
run kubectl create -f "$file"
as_scheduler() { kubectl --as system:kube-scheduler create --raw "$1" -f "$(binding_file binding other "$node2")"; }
refused "$node2" as_scheduler /api/v1/namespaces/payments/pods/other/binding
refused "$node2" as_scheduler /api/v1/namespaces/payments/bindings
say "A pod that asks for $node2 by nodeSelector stays pending: no node is both."
gone payments picky
file=$(pod_file payments picky "nodeSelector: { kubernetes.io/hostname: $node2 }")
run kubectl create -f "$file"
unschedulable() { [[ $(kube -n payments get pod picky -o jsonpath='{.status.conditions[?(@.type=="PodScheduled")].reason}') == Unschedulable ]]; }
eventually 30 "it is unschedulable" unschedulable
gone payments other picky

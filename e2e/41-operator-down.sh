#!/bin/bash
# With no operator running verdicts expire: new pods wait, running ones stay; and it recovers by itself. (A-62, A-172)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "The operator is down"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted
gone payments forced
file=$(pod_file payments forced "nodeName: $node1")
run kubectl create --dry-run=server -f "$file"
run kubectl -n seaworthy-system scale deployment seaworthy-operator --replicas 0
denied() { ! kubectl create --dry-run=server -f "$file"; }
eventually 60 "the last verdict has expired" denied
refused "$node1" kubectl create -f "$file"
all_running payments app=ledger 3 || wrong "an outage has evicted the ledger's pods"
say "Elsewhere life goes on:"
gone default free
other=$(pod_file default free)
run kubectl create -f "$other"
eventually 30 "a pod in default runs" all_running default app=free 1
gone default free

title "The operator is back"
run kubectl -n seaworthy-system scale deployment seaworthy-operator --replicas 2
eventually 120 "$node1 is Trusted again" has_verdict "$node1" Trusted
eventually 30 "and takes pods" kubectl create -f "$file"
gone payments forced
all_running payments app=ledger 3 || wrong "the ledger's pods are gone"

#!/bin/bash
# With no webhook running the floor holds; what is not governed does not notice. (A-122, A-123)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "The webhook is down"
run kubectl -n seaworthy-system scale deployment seaworthy-webhook --replicas 0
no_webhook() { [[ -z $(kube -n seaworthy-system get pods -l app.kubernetes.io/component=webhook -o name) ]]; }
eventually 60 "no pod of it is left" no_webhook
file=$(pod_file payments forced "nodeName: $node2")
refused "seaworthy-floor-production.*$node2|$node2.*seaworthy-floor-production" kubectl create -f "$file"
gone payments waiting
file=$(pod_file payments waiting "schedulerName: nobody")
run kubectl create -f "$file"
binding=$(binding_file binding waiting "$node2")
refused "seaworthy-floor-production" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
refused "seaworthy-floor-production" kubectl create --raw /api/v1/namespaces/payments/bindings -f "$binding"
say "The good node too: what nobody can judge is denied (failurePolicy: Fail)."
binding=$(binding_file binding waiting "$node1")
refused "seaworthy" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
say "Elsewhere life goes on:"
gone default free
file=$(pod_file default free)
run kubectl create -f "$file"
eventually 30 "a pod in default runs" all_running default app=free 1
gone default free
all_running payments app=ledger 3 || wrong "the ledger's pods are gone"

title "The webhook is back"
run kubectl -n seaworthy-system scale deployment seaworthy-webhook --replicas 2
kubectl -n seaworthy-system rollout status deployment/seaworthy-webhook --timeout 120s
bind() { kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"; }
eventually 30 "the good node takes the pod" bind
gone payments waiting

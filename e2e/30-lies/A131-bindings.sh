#!/bin/bash
# A-131: Bindings in all their forms, as an administrator who may create them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-131: Bindings"
gone payments waiting
file=$(pod_file payments waiting "schedulerName: nobody")
run kubectl create -f "$file"
post() { # pattern, binding
  refused "$1" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$2"
  refused "$1" kubectl create --raw /api/v1/namespaces/payments/bindings -f "$2"
}
say "An unknown node: a machine that registers under the name later would get the pod."
post no-such-node "$(binding_file binding waiting no-such-node)"
say "No UID of the pod: it could be another pod by now."
binding=$(binding_file binding waiting "$node1" '{"uid": ""}')
refused "[Uu][Ii][Dd]" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
say "Labels and annotations on a Binding are written to the pod, past every policy on pods:"
binding=$(binding_file binding waiting "$node1" '{"labels": {"app": "ledger"}}')
refused "label" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
binding=$(binding_file binding waiting "$node1" '{"annotations": {"kubernetes.io/config.source": "api"}}')
refused "annotation" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
say "The pod is made anew under the same name; a Binding that was meant for the old one, on the good node:"
binding=$(binding_file binding waiting "$node1")
gone payments waiting
run kubectl create -f "$file"
refused "" kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
[[ -z $(kube -n payments get pod waiting -o jsonpath='{.spec.nodeName}') ]] || wrong "the pod was bound"
gone payments waiting

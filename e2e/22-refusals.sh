#!/bin/bash
# The story, third part: every other way onto a node ends in a refusal that says why. (A-130, A-131)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "By spec.nodeName, past the scheduler"
file=$(pod_file payments forced "nodeName: $node2")
refused "node $node2 does not hold the class production \(Violated: .*explain node $node2" kubectl create -f "$file"

title "By a Binding posted by hand"
say "A pod that no scheduler looks at, and a Binding to $node2: what a scheduler of one's own would do."
gone payments waiting
file=$(pod_file payments waiting "schedulerName: nobody")
run kubectl create -f "$file"
binding=$(binding_file binding waiting "$node2")
run cat "$binding"
refused "node $node2 .*\(Violated: " kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
say "The older way, which many rules forget:"
refused "node $node2 .*\(Violated: " kubectl create --raw /api/v1/namespaces/payments/bindings -f "$binding"
say "A node that was never enrolled:"
binding=$(binding_file binding waiting "$node3")
refused "node $node3 does not hold the class production \((Unknown|no result): " kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
say "The good node, by the same way:"
binding=$(binding_file binding waiting "$node1")
run kubectl create --raw /api/v1/namespaces/payments/pods/waiting/binding -f "$binding"
[[ $(kube -n payments get pod waiting -o jsonpath='{.spec.nodeName}') == "$node1" ]] || wrong "it is not bound"
gone payments waiting

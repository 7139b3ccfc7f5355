#!/bin/bash
# A-121: somebody deletes what admission is made of.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-121: the webhook's configuration is deleted"
exists() { kube get "$1" "$2"; }
run kubectl delete validatingwebhookconfiguration seaworthy-production
say "The floor does not need it:"
file=$(pod_file payments forced "nodeName: $node2")
refused "$node2" kubectl create -f "$file"
eventually 30 "the operator has made it anew" exists validatingwebhookconfiguration seaworthy-production

title "And the other way round: the floor is deleted"
run kubectl delete validatingadmissionpolicybinding seaworthy-floor-production
refused "$node2" kubectl create -f "$file"
eventually 30 "the operator has made it anew" exists validatingadmissionpolicybinding seaworthy-floor-production

title "Patched to fail open"
run kubectl patch validatingwebhookconfiguration seaworthy-production --type json \
  -p '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]'
policy_is() { [[ $(kube get validatingwebhookconfiguration seaworthy-production -o jsonpath='{.webhooks[0].failurePolicy}') == "$1" ]]; }
eventually 30 "the operator has put it right" policy_is Fail

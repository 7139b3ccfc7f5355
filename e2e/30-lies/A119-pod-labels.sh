#!/bin/bash
# A-119: labels of the pod that some objectSelector might leave out.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-119: labels of the pod"
file=$(pod_file payments forced "nodeName: $node2")
sed -i 's/labels: {/labels: { seaworthy.dev\/skip: "true", control-plane: "true", admission.gatekeeper.sh\/ignore: "yes",/' "$file"
refused "$node2" kubectl create -f "$file"
kube get validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings -o json |
  jq -e '[.items[] | select(.metadata.name | startswith("seaworthy-")) | .. | .objectSelector? // empty | select(. != {})] | length == 0' \
    >/dev/null || wrong "something of ours selects objects by label"

#!/bin/bash
# A-118: a namespace's administrator edits its labels to leave the policy.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-118: labels of the namespace"
run kubectl label namespace payments seaworthy.dev/ignore=true control-plane=true --overwrite
# The API server itself keeps this one; that is why governance may rest on it.
kubectl label namespace payments kubernetes.io/metadata.name=other --overwrite || true
[[ $(kube get namespace payments -o jsonpath='{.metadata.labels.kubernetes\.io/metadata\.name}') == payments ]] ||
  wrong "the label that governance rests on can be changed"
file=$(pod_file payments forced "nodeName: $node2")
refused "$node2" kubectl create -f "$file"
run kubectl label namespace payments seaworthy.dev/ignore- control-plane-
kube get validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings -o json |
  jq -e '[.items[] | select(.metadata.name | startswith("seaworthy-"))
    | .. | .namespaceSelector? // empty | (.matchLabels // {} | keys[]), (.matchExpressions // [] | .[].key)]
    | length > 0 and all(. == "kubernetes.io/metadata.name")' >/dev/null ||
  wrong "something of ours selects namespaces by another label than their name"

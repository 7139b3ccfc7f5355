#!/bin/bash
# A-134: somebody writes the verdict; even without the guard it changes nothing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-134: a forged verdict"
forged=$(kube get natt "$node1" -o json | jq -c '{status: {verdicts: .status.verdicts, results: .status.results}}')
refused "Only Seaworthy's operator" kubectl patch natt "$node2" --subresource status --type merge -p "$forged"
say "Without the guard, as somebody might who may delete it:"
run kubectl delete validatingadmissionpolicybinding seaworthy-guard-status
patched() { kubectl patch natt "$node2" --subresource status --type merge -p "$forged" 2>&1; }
for _ in {1..40}; do # the API server needs a moment to forget the guard
  if patched >/dev/null; then break; fi
  sleep 0.25
done
say "$node2 now shows the verdicts and the signed results of $node1."
file=$(pod_file payments forced "nodeName: $node2")
refused "$node2" kubectl create -f "$file"
kubectl apply -k "$root/manifests/overlays/kind" >/dev/null
eventually 60 "the operator has put it right" has_verdict "$node2" Violated

#!/bin/bash
# A-130: spec.nodeName in all its forms.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-130: spec.nodeName"
file=$(pod_file payments forced "nodeName: $node2")
refused "$node2" kubectl create -f "$file"
say "With a toleration and the class's own nodeSelector, so that it looks right:"
file=$(pod_file payments forced "nodeName: $node2" \
  'nodeSelector: { seaworthy.node-restriction.kubernetes.io/production: trusted }')
refused "$node2" kubectl create -f "$file"
say "A node that was never enrolled, one that does not exist, and the control plane, which no policy selects:"
for node in "$node3" no-such-node "$cluster-control-plane"; do
  file=$(pod_file payments forced "nodeName: $node")
  refused "$node" kubectl create -f "$file"
done
say "By a controller: a ReplicaSet's pods are asked the same."
file=$(pod_file payments forced "nodeName: $node2")
mkdir -p "$root/build/e2e"
cat >"$root/build/e2e/replicaset.yaml" <<END
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: forced, namespace: payments }
spec:
  replicas: 1
  selector: { matchLabels: { app: forced } }
  template:
    metadata: { labels: { app: forced } }
    spec:
      nodeName: $node2
      containers: [ { name: sleep, image: "seaworthy/cli:dev", imagePullPolicy: Never, command: [sleep, infinity] } ]
END
run kubectl create -f "$root/build/e2e/replicaset.yaml"
denied() {
  kube -n payments get rs forced -o jsonpath='{.status.conditions[?(@.type=="ReplicaFailure")].message}' | grep -q "$node2"
}
eventually 30 "the ReplicaSet says why it has no pod" denied
run kubectl -n payments delete rs forced

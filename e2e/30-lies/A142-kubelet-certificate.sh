#!/bin/bash
# A-142, A-143, A-148: the kubelet's own credentials of a bad node, used by whoever stole them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-142: the credentials of $node2's kubelet"
say "As $node2 (its own client certificate, from the node's disk):"
stolen=$root/build/e2e/stolen.conf
mkdir -p "$root/build/e2e"
server=$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}')
docker exec "$node2" cat /var/lib/kubelet/pki/kubelet-client-current.pem >"$root/build/e2e/stolen.pem"
kubectl config view --minify --raw -o json | jq -r '.clusters[0].cluster["certificate-authority-data"]' | base64 -d >"$root/build/e2e/ca.crt"
rm -f "$stolen"
{
  kubectl --kubeconfig "$stolen" config set-cluster c --server "$server" --certificate-authority "$root/build/e2e/ca.crt"
  kubectl --kubeconfig "$stolen" config set-credentials n --client-certificate "$root/build/e2e/stolen.pem" --client-key "$root/build/e2e/stolen.pem"
  kubectl --kubeconfig "$stolen" config set-context n --cluster c --user n
  kubectl --kubeconfig "$stolen" config use-context n
} >/dev/null
as_node=(kubectl --kubeconfig "$stolen")
label=seaworthy.node-restriction.kubernetes.io/production
refused "orbidden|not allowed" "${as_node[@]}" label node "$node2" "$label=trusted" --overwrite
refused "orbidden|not allowed" "${as_node[@]}" patch node "$node2" --type merge -p '{"spec":{"taints":[{"key":"mine","effect":"NoSchedule"}]}}'
refused "orbidden" "${as_node[@]}" patch natt "$node2" --subresource status --type merge -p '{"status":{}}'
refused "orbidden" "${as_node[@]}" create --raw /api/v1/namespaces/payments/bindings -f "$(binding_file binding any "$node2")"
refused "orbidden" "${as_node[@]}" -n seaworthy-system get secret seaworthy-verifier-key
say "A mirror pod in payments, which a kubelet may create for what lies on its disk:"
file=$root/build/e2e/mirror.json
jq -n --arg node "$node2" --arg uid "$(kube get node "$node2" -o jsonpath='{.metadata.uid}')" \
  '{apiVersion: "v1", kind: "Pod", metadata: {name: ("mirror-" + $node), namespace: "payments",
     annotations: {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file", "kubernetes.io/config.hash": "x"},
     ownerReferences: [{apiVersion: "v1", kind: "Node", name: $node, uid: $uid, controller: true}]},
    spec: {nodeName: $node, automountServiceAccountToken: false, containers: [{name: "sleep", image: "seaworthy/cli:dev"}]}}' >"$file"
refused "$node2" "${as_node[@]}" create -f "$file"
rm -f "$root/build/e2e/stolen.pem" "$stolen"

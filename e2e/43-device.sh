#!/bin/bash
# The device plugin in front of a real kubelet: a container without privilege opens a device of its node, which it cannot
# do by any hostPath; the kubelet is told when the device goes and comes, and finds the plugin again after a restart. (A-52)
# Needs no TPM: another device of the kernel's stands in for it, owned as Debian owns a TPM.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

namespace=seaworthy-device-test
resource=e2e.seaworthy.dev/device
node=$node1 # which no policy taints: the scheduler must have no other reason to refuse it
on_node() { docker exec "$node" "$@"; }
clean() {
  kube delete namespace "$namespace" --ignore-not-found --wait=false >/dev/null 2>&1 || true
  on_node rm -rf /dev/seaworthy-e2e /run/seaworthy-e2e || true
}
trap clean EXIT
clean
kube wait --for delete "namespace/$namespace" --timeout 30s >/dev/null 2>&1 || true

allocatable() { [[ $(kube get node "$node" -o json | jq -r --arg r "$1" '.status.allocatable[$r] // "nothing"') == "$2" ]]; }
# A pod with the agent's rights: root, no capability but those named.
tenant() { # name, capabilities, container's lines…
  pod "$namespace" "$1" "nodeName: $node" | sed '/- { name: sleep/d; /^  containers:/d'
  cat <<END
  containers:
  - name: sleep
    image: seaworthy/cli:dev
    imagePullPolicy: Never
    command: [sleep, infinity]
    securityContext:
      runAsUser: 0
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL], add: [$2] }
$(printf '%s\n' "${@:3}")
END
}
registrations() { [[ $(kube -n "$namespace" logs plugin | grep -c '"registered"') == "$1" ]]; }
looked() { [[ $(kube -n "$namespace" logs plugin | grep -c "\"device is $1\"") == "$2" ]]; }
asks=("    resources: { limits: { $resource: 1 } }")
opens() { kubectl -n "$namespace" exec "$1" -- sh -c ': <>/dev/seaworthy-e2e'; }
runs() { all_running "$namespace" "app=$1" 1; }

title "Nodes without a TPM say so"
eventually 30 "no TPM is on offer on $node" allocatable seaworthy.dev/tpm 0
refused "seaworthy.dev/tpm is for Seaworthy's agent" kubectl create -f - <<<"$(pod default taker | sed "s|command: |resources: { limits: { seaworthy.dev/tpm: 1 } }, command: |")"

title "A device is offered to $node's kubelet"
on_node mknod -m 660 /dev/seaworthy-e2e c 10 237 # loop-control: to open it does nothing
on_node chown 4711:4711 /dev/seaworthy-e2e
on_node mkdir -p /run/seaworthy-e2e/there
kube create namespace "$namespace" >/dev/null
kube -n seaworthy-system get daemonset seaworthy-device -o json | jq --arg node "$node" --arg ns "$namespace" --arg resource "$resource" '
  {apiVersion: "v1", kind: "Pod", metadata: {name: "plugin", namespace: $ns, labels: {app: "plugin"}},
   spec: (.spec.template.spec | .nodeName = $node | .containers[0].args = [
     "--resource=\($resource)", "--device=/dev/seaworthy-e2e", "--present-while=/presence/there", "--health-listen=0.0.0.0:8080"]
     | .containers[0].volumeMounts += [{name: "presence", mountPath: "/presence", readOnly: true}]
     | .volumes += [{name: "presence", hostPath: {path: "/run/seaworthy-e2e"}}])}' | kube create -f - >/dev/null
eventually 30 "the kubelet watches" registrations 1
run kubectl -n "$namespace" wait --for condition=Ready pod/plugin --timeout 30s

say "By a hostPath the device is there, and cannot be opened: the device cgroup."
tenant mounted DAC_OVERRIDE "    volumeMounts: [{ name: device, mountPath: /dev/seaworthy-e2e }]" \
  "  volumes: [{ name: device, hostPath: { path: /dev/seaworthy-e2e, type: CharDevice } }]" | kube create -f - >/dev/null
eventually 30 "the pod with a hostPath runs" runs mounted
refused "Operation not permitted" opens mounted

say "The device goes: the kubelet starts nobody who asks for it. It comes back: it does."
on_node rmdir /run/seaworthy-e2e/there
eventually 10 "the plugin has seen it" looked "not there" 1
tenant early DAC_OVERRIDE "${asks[@]}" | kube create -f - >/dev/null
turned_away() { [[ $(kube -n "$namespace" get pod early -o jsonpath='{.status.reason}') == UnexpectedAdmissionError ]]; }
eventually 30 "the pod is turned away" turned_away
run kubectl -n "$namespace" get pod early -o 'jsonpath={.status.message}{"\n"}'
on_node mkdir /run/seaworthy-e2e/there
eventually 10 "the plugin has seen it" looked there 2

say "Who asks for it gets it."
tenant given DAC_OVERRIDE "${asks[@]}" | kube create -f - >/dev/null
eventually 30 "the pod that asks runs" runs given
run kubectl -n "$namespace" exec given -- ls -l /dev/seaworthy-e2e
opens given || wrong "it cannot open the device"

say "There is one, so a second pod that asks waits, and is told why."
eventually 30 "the scheduler knows of one" allocatable "$resource" 1
tenant waits "" "${asks[@]}" | sed "s/^  nodeName: .*/  nodeSelector: { kubernetes.io\/hostname: $node }/" | kube create -f - >/dev/null
insufficient() { kube -n "$namespace" get pod waits -o json | jq -e '.status.conditions[]? | select(.message // "" | test("Insufficient '"$resource"'"))'; }
eventually 30 "Insufficient $resource" insufficient

title "The kubelet restarts"
on_node systemctl restart kubelet
eventually 30 "the plugin registers again" registrations 2
eventually 10 "the pod that had the device still opens it" opens given

say "It gives the device to the next one, who without DAC_OVERRIDE may not open what is not root's."
gone "$namespace" waits given
tenant bare "" "${asks[@]}" | kube create -f - >/dev/null
eventually 30 "the pod runs" runs bare
refused "Permission denied" opens bare

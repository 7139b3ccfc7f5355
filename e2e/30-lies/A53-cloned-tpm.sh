#!/bin/bash
# A-53: the state of a TPM in software, copied to another node.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-53: the TPM of $node1, once more, on $node3"
say "Possible with virtual TPMs only, for whoever can read the state of one."
twin=/var/lib/seaworthy-machine/twin
twin_pod() {
  jq -n --arg node "$node3" '{apiVersion: "v1", kind: "Pod",
    metadata: {name: "twin", namespace: "seaworthy-machines", labels: {"seaworthy.dev/for-tests-only": "true"}},
    spec: {nodeName: $node, automountServiceAccountToken: false, terminationGracePeriodSeconds: 5, tolerations: [{operator: "Exists"}],
      containers: [{name: "machine", image: "seaworthy/machine:dev", imagePullPolicy: "Never",
        args: ["run", "--state", "/state", "--runtime", "/run/seaworthy-twin", "--ca", "/tmp/ca"],
        readinessProbe: {exec: {command: ["seaworthy-machine", "status", "--state", "/state"]}, periodSeconds: 1, timeoutSeconds: 5},
        volumeMounts: [{name: "state", mountPath: "/state"}, {name: "runtime", mountPath: "/run/seaworthy-twin"}]}],
      volumes: [{name: "state", hostPath: {path: "/var/lib/seaworthy-twin"}},
        {name: "runtime", hostPath: {path: "/run/seaworthy-twin", type: "DirectoryOrCreate"}}]}}'
}
clean() {
  restore
  gone seaworthy-machines twin
  docker exec "$node1" rm -rf "$twin"
  docker exec "$node3" rm -rf /var/lib/seaworthy-twin /run/seaworthy-twin
}
trap clean EXIT

eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted
docker exec "$node1" rm -rf "$twin"
machine "$node1" clone "$twin"
docker exec "$node1" tar -C "$twin" -cf - . | docker exec -i "$node3" sh -c 'mkdir -p /var/lib/seaworthy-twin && tar -C /var/lib/seaworthy-twin -xf -'
twin_pod | kubectl apply -f -
kubectl -n seaworthy-machines wait pod/twin --for condition=Ready --timeout 60s

say "$node3 shows it: the certificate is genuine, the key is in it, the credential opens."
watch_record "$node3"
lie "$node3" enrol 1 DuplicateTpm --runtime /host/run/seaworthy-twin
eventually 10 "an alarm about $node3" told_by_event "$node3" DuplicateTpm "$node1"
eventually 10 "and one about $node1" told_by_event "$node1" DuplicateTpm "$node3"
[[ -z $(kube get natt "$node3" -o jsonpath='{.status.identity}') ]] || wrong "$node3 is enrolled"
[[ $(verdict "$node3") == Unknown ]] || wrong "$node3 is $(verdict "$node3")"
say "The honest node keeps its class: a clone elsewhere is an alarm for people, not a way to take a node down."
has_verdict "$node1" Trusted || wrong "$node1 is $(verdict "$node1")"

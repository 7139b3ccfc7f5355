#!/bin/bash
# Installs Seaworthy and a software machine per worker; waits until all of it runs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "Installs Seaworthy"
say "kind's nodes have no TPM, so each worker gets a machine in software: a TPM (swtpm) with a certificate of a" \
  "test CA, a measured boot and an IMA list. On real machines this part is what the vendor delivered."
# Made once per cluster: machines that were certified by another CA would be strangers.
[[ -s $machine_ca/ca.crt ]] || "$root/build/images/machine/seaworthy-machine" ca --ca "$machine_ca" >/dev/null
kube create namespace seaworthy-machines --dry-run=client -o yaml | kube apply -f - >/dev/null
kube -n seaworthy-machines create secret generic machine-ca --from-file="$machine_ca/ca.crt" --from-file="$machine_ca/ca.key" \
  --dry-run=client -o yaml | kube apply -f - >/dev/null

say "On real nodes: kubectl apply -k manifests/ (or hack/render > seaworthy.yaml; kubectl apply -f seaworthy.yaml)."
run kubectl apply -k "$root/manifests/overlays/kind"
# What was built anew under the same name runs only in new pods.
stamp=$(docker image inspect -f '{{.Id}}' seaworthy/{operator,webhook,agent,device,machine}:dev | sha256sum | cut -c1-12)
for workload in seaworthy-system/deployment/seaworthy-{operator,webhook} seaworthy-system/daemonset/seaworthy-{agent,device} \
  seaworthy-machines/daemonset/seaworthy-machine; do
  kube -n "${workload%%/*}" patch "${workload#*/}" --type merge \
    -p "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"seaworthy.dev/images\":\"$stamp\"}}}}}" >/dev/null
done

say "The roots under which TPM certificates must chain: here the test CA's, in earnest the TPM vendors'."
kube -n seaworthy-system create configmap tpm-roots --from-file="roots.pem=$machine_ca/ca.crt" --dry-run=client -o yaml |
  kube apply -f - >/dev/null
run kubectl -n seaworthy-system get configmap tpm-roots

for workload in seaworthy-machines/daemonset/seaworthy-machine seaworthy-system/deployment/seaworthy-operator \
  seaworthy-system/deployment/seaworthy-webhook seaworthy-system/daemonset/seaworthy-device; do
  kubectl -n "${workload%%/*}" rollout status "${workload#*/}" --timeout 180s ||
    wrong "$workload does not come up"
done
# An agent is ready while its evidence is appraised, which nobody asks for yet.
eventually 60 "an agent runs on each worker" all_running seaworthy-system app.kubernetes.io/component=agent 3
run kubectl -n seaworthy-system get pods -o wide

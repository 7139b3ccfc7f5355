#!/bin/bash
# The story, first part: three nodes, three verdicts.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "What is known to be good"
say "A ReferenceValueSet says what may boot (firmware and boot loader by PCR and by digest, the kernel's command line)" \
  "and which files may run. Here the machine's maker computes it."
mkdir -p "$root/build/e2e"
machine_binary=$root/build/images/machine/seaworthy-machine
shown "$machine_binary" reference-values --name debian-12
"$machine_binary" reference-values --name debian-12 >"$root/build/e2e/debian-12.yaml"
sed -n 1,22p "$root/build/e2e/debian-12.yaml"
run kubectl apply -f "$root/build/e2e/debian-12.yaml"

title "Two classes of nodes"
run cat "$story/policies.yaml"
run kubectl apply -f "$story/policies.yaml"

title "An inventory of TPMs"
say "Enrolment is by inventory: an administrator wrote down which TPM is in which machine. $node1 and $node2 are in" \
  "the list, $node3 is not."
for node in "$node1" "$node2"; do
  hash=$(machine "$node" ek-hash)
  printf 'apiVersion: seaworthy.dev/v1alpha1\nkind: NodeAttestation\nmetadata: { name: %s }\nspec: { ekHash: "%s" }\n' \
    "$node" "$hash" >"$root/build/e2e/inventory-$node.yaml"
  run cat "$root/build/e2e/inventory-$node.yaml"
  run kubectl apply --server-side -f "$root/build/e2e/inventory-$node.yaml" # the operator may make the object at the same moment
done

title "One node is honest, one booted something else, one is a stranger"
say "$node2 now reboots into another kernel, with Secure Boot off. Its TPM cannot be talked out of having measured that."
run kubectl -n seaworthy-machines get pods -o wide
machine "$node1" boot good
machine "$node2" boot other-kernel-secure-boot-off
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted
eventually 60 "$node2 is Violated" has_verdict "$node2" Violated
eventually 60 "$node2 holds the development class all the same" has_verdict "$node2" Trusted development
[[ $(verdict "$node3") == Unknown ]] || wrong "$node3 was never enrolled, and is $(verdict "$node3")"
run kubectl seaworthy status
run kubectl seaworthy explain node "$node2"
has_finding "$node2" SecureBootOff || wrong "$node2 has no finding SecureBootOff: $(findings "$node2" | tr '\n' ' ')"
label=seaworthy.node-restriction.kubernetes.io/production
[[ $(kube get nodes -l "$label=trusted" -o name) == "node/$node1" ]] || wrong "only $node1 may carry the label $label"
run kubectl get nodes -L "$label"

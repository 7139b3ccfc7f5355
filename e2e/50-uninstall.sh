#!/bin/bash
# Removed in any order, the cluster works. (A-123) The last test on a cluster: afterwards Seaworthy is gone.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

left() { # what was generated and is still there
  kube get validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,mutatingadmissionpolicybindings \
    -o name | grep seaworthy-
}
nothing_left() { ! left; }
# A policy that is gone is still in force for a moment: the API server compiles its policies anew once a second, each kind
# by itself. (Seen in CI: 0.2 s after everything was deleted a pod met the floor once more; and 0.5 s after, the steering
# alone, so that the kubelet turned it away.)
opens() {
  gone payments forced
  file=$(pod_file payments forced "nodeName: $node2")
  eventually 10 "the API server lets a pod of payments onto $node2 again, as it is" untouched "$file"
  run kubectl create -f "$file"
  eventually 30 "a pod of payments runs on $node2" all_running payments app=forced 1
  gone payments forced
}

title "The programs first, then the policies"
run kubectl -n seaworthy-system delete deployment --all --wait
no_operator() { [[ -z $(kube -n seaworthy-system get pods -l app.kubernetes.io/component=operator -o name) ]]; }
eventually 60 "no operator is left that could clean up" no_operator
run kubectl delete atp --all --wait --timeout 30s
generated() { left | grep -v seaworthy-guard; }
nothing_generated() { ! generated; }
eventually 60 "what was generated for the policies is gone with them" nothing_generated
opens

title "By hand, what an operator that is gone left behind"
# As docs/operations.md has it.
by_hand=$(sed -n '/^kubectl delete validatingwebhookconfigurations/,/^```/p' "$root/docs/operations.md" | sed '/^```/d')
marks() {
  kube get nodes -o json | jq -c '[.items[] | (.spec.taints // [] | .[].key), (.metadata.labels | keys[])] |
    map(select(test("seaworthy"))) | unique'
}
unmarked() { [[ $(marks) == '[]' ]]; }
unmarked && fail "nodes have no marks: there is nothing to show"
note "nodes have $(marks)"
for policy in production development; do
  run bash -c "${by_hand//POLICY/$policy}" || true # kubectl complains of nodes that do not have the taint
done
eventually 10 "no node has a mark of Seaworthy any more" unmarked
nothing_generated || fail "left: $(generated)"

title "The programs again, and the policies"
"$root/e2e/10-install.sh" >/dev/null
"$root/e2e/20-three-nodes.sh" >/dev/null
file=$(pod_file payments forced "nodeName: $node2")
refused "node $node2 .*\(Violated: " kubectl create -f "$file"

title "Everything at once"
run kubectl delete -k "$root/manifests/overlays/kind" --wait --timeout 120s
eventually 60 "nothing of it is left at admission" nothing_left
opens
run kubectl get nodes

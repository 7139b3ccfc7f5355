#!/bin/bash
# Before a policy is enforced: Warn tells whoever would be refused, Audit only counts. Neither keeps a pod away.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

file=$(pod_file payments forced "nodeName: $node2")
mode() { # mode
  run kubectl patch atp production --type merge -p "{\"spec\":{\"enforcement\":{\"mode\":\"$1\"}}}"
  eventually 30 "$node2 was appraised under the changed policy" has_verdict "$node2" Violated
}
admissions() { # outcome: of the webhook's replicas together
  local pod
  for pod in $(kube -n seaworthy-system get pods -l app.kubernetes.io/component=webhook -o name); do
    kube get --raw "/api/v1/namespaces/seaworthy-system/pods/${pod#pod/}:8080/proxy/metrics"
  done | awk -v outcome="outcome=\"$1\"" '/^seaworthy_admissions_total/ && index($0, outcome) && /reason="Violated"/ { n += $NF } END { print n + 0 }'
}
warned() {
  gone payments forced
  kubectl create -f "$file" 2>&1 | grep -E "^Warning: .*node $node2 .*Violated: "
}
admitted_silently() {
  local told
  gone payments forced
  told=$(kubectl create -f "$file" 2>&1) && ! grep -q Warning <<<"$told"
}

title "Warn"
gone payments forced
mode Warn
# The API server compiles its policies anew once a second, each kind by itself (as in 50-uninstall). Seen in CI: a pod that
# was warned of 0.6 s later was steered once more, and the kubelet turned it away.
eventually 10 "nothing steers the pod any more" untouched "$file"
eventually 15 "whoever creates the pod is warned, and it is created" warned
eventually 30 "the pod runs on $node2" all_running payments app=forced 1
run kubectl create --dry-run=server -f <(sed 's/name: forced/name: forced-again/' "$file")
(($(admissions warned) > 0)) || wrong "the webhook counted no warning"

title "Audit"
before=$(admissions audited)
mode Audit
eventually 15 "the pod is created and nobody is told" admitted_silently
audited() { (($(admissions audited) > before)); }
eventually 15 "the webhook counts what would have been denied" audited

title "Enforce again"
mode Enforce
gone payments forced
denied() { ! kubectl create --dry-run=server -f "$file"; }
eventually 15 "the pod is refused" denied
refused "node $node2 .*Violated: " kubectl create -f "$file"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted

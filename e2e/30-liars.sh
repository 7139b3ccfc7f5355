#!/bin/bash
# For the scripts of 30-lies/ that lie about evidence: an attacker with root on every worker. His pods only sleep until he
# is asked for a lie.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "A liar on every worker"
say "He is root there: he has the agent's token, the machine's TPM and its logs (e2e/liar)."
"$root/hack/images" --load liar
run kubectl apply -f "$root/e2e/liar/liars.yaml"
# What was built anew under the same name runs only in new pods.
kube -n seaworthy-machines patch daemonset seaworthy-liar --type merge -p "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":
  {\"seaworthy.dev/images\":\"$(docker image inspect -f '{{.Id}}' seaworthy/liar:dev)\"}}}}}" >/dev/null
run kubectl -n seaworthy-machines rollout status daemonset/seaworthy-liar --timeout 60s

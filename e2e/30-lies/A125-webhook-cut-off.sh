#!/bin/bash
# A-125: the webhook loses sight of the API server while a node may turn bad: soon it denies everything governed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-125: the webhook is cut off"
mapfile -t cut < <(kube -n seaworthy-system get pods -l app.kubernetes.io/component=webhook -o json |
  jq -r '.items[] | "\(.spec.nodeName) \(.status.podIP)"')
rule() { # -I or -D: the path from each webhook pod to the API server
  local line node ip chain
  for line in "${cut[@]}"; do
    read -r node ip <<<"$line"
    for chain in INPUT FORWARD; do docker exec "$node" iptables "$1" "$chain" -s "$ip" -p tcp --dport 6443 -j DROP; done
  done
}
trap 'rule -D || true' EXIT
file=$(pod_file payments forced "nodeName: $node1")
gone payments forced
run kubectl create --dry-run=server -f "$file"
rule -I
say "Its pods can still be asked, but no longer see the cluster. Within the snapshot's age limit (30 s) and a little:"
denied() { ! kubectl create --dry-run=server -f "$file"; }
eventually 60 "it denies what it would have allowed" denied
refused "$node1|snapshot|old|stale|Stale" kubectl create --dry-run=server -f "$file"
file=$(pod_file default free)
run kubectl create --dry-run=server -f "$file"
trap - EXIT
rule -D
file=$(pod_file payments forced "nodeName: $node1")
allowed() { kubectl create --dry-run=server -f "$file"; }
eventually 90 "it sees again" allowed

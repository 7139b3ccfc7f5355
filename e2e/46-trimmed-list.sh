#!/bin/bash
# A kernel forgets what it has measured; whoever remembered it is restarted; and the node stays Trusted, by what its agent kept. (A-106)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

restarted() { # kind/name
  run kubectl -n seaworthy-system rollout restart "$1"
  run kubectl -n seaworthy-system rollout status "$1" --timeout 180s
}
appraised() { # NODE: later than the record said before
  [[ $(kube get natt "$1" -o jsonpath='{.status.results[0].ear}') != "$2" ]]
}

title "The kernel of $node1 forgets its oldest entries"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted
say "With IMA's staging root may do that, to save memory. PCR 10 stays as it is, so the list alone does not lead to it any more."
machine "$node1" trim 15

title "Agents and operator are restarted: nobody remembers what was forgotten, but for what the agents keep"
restarted daemonset/seaworthy-agent
restarted deployment/seaworthy-operator
before=$(kube get natt "$node1" -o jsonpath='{.status.results[0].ear}')
eventually 120 "$node1 is appraised anew" appraised "$node1" "$before"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted
say "What it runs now is seen as always:"
machine "$node1" run-file /usr/local/bin/after-trimming --content "not from Debian either" >/dev/null
eventually 10 "$node1 is Violated" has_verdict "$node1" Violated
has_finding "$node1" UnknownFile || wrong "$(findings "$node1")"

title "A reboot begins a new list"
machine "$node1" reset
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted

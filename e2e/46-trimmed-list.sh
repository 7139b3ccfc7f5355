#!/bin/bash
# A kernel forgets what it has measured; whoever remembered it is restarted; and the list still leads to PCR 10, by what the
# agent kept. (A-106)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

told() { # PATH: a finding under production is about this file
  kube get natt "$node1" -o json |
    jq -e --arg path "$1" '.status.verdicts[] | select(.policy == "production") | .findings[]? | select(.about | contains($path))'
}
appraised() { # later than the record said before
  [[ $(kube get natt "$node1" -o jsonpath='{.status.results[0].ear}') != "$1" ]]
}

title "The kernel of $node1 forgets its oldest entries"
machine "$node1" reset
# What nobody has read yet, nobody can keep: so the agent has to have shown this very list.
machine "$node1" run-file /usr/local/bin/before-forgetting --content "not from Debian, $(date +%s%N)" >/dev/null
eventually 60 "the list of $node1 was seen" told /usr/local/bin/before-forgetting
say "With IMA's staging root may do that, to save memory. PCR 10 stays as it is, so the list alone does not lead to it any more."
machine "$node1" trim 15

title "Agent and operator are restarted: nobody remembers what was forgotten, but for what the agent keeps"
# Not the whole DaemonSet: the agent of a node that nobody enrolled is never ready.
run kubectl -n seaworthy-system delete pod -l app.kubernetes.io/component=agent --field-selector "spec.nodeName=$node1" --wait
run kubectl -n seaworthy-system rollout restart deployment/seaworthy-operator
run kubectl -n seaworthy-system rollout status deployment/seaworthy-operator --timeout 120s
before=$(kube get natt "$node1" -o jsonpath='{.status.results[0].ear}')
eventually 120 "$node1 is appraised anew" appraised "$before"
say "What it runs now is seen as always:"
machine "$node1" run-file /usr/local/bin/after-forgetting --content "nor this, $(date +%s%N)" >/dev/null
eventually 30 "the rest of the list is seen" told /usr/local/bin/after-forgetting
told /usr/local/bin/before-forgetting || wrong "what was found before is gone: $(findings "$node1")"
has_finding "$node1" ImaListIncomplete && wrong "the list does not lead to PCR 10"

title "A reboot begins a new list"
machine "$node1" reset
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted

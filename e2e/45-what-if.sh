#!/bin/bash
# What if a set lost a file that a node ran? It is found out before the set changes, and nobody notices: the node keeps its
# label, its pods and its verdict, pods go on being placed, and nothing of the question is left.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

work=$root/build/e2e
mkdir -p "$work"
file=$(pod_file payments forced "nodeName: $node1")
set_spec() { kube get rvs debian-12 -o json | jq '{apiVersion, kind, metadata: {name: .metadata.name}, spec}'; }
labels_and_taints() { kube get node "$node1" -o json | jq -S '[.metadata.labels, .spec.taints]'; }
generated() {
  kube get aclass,validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,mutatingadmissionpolicybindings \
    -o jsonpath='{range .items[*]}{.kind}/{.metadata.name}{"\n"}{end}' | sort
}
incidents() { kube get events.events.k8s.io -A -o json | jq --arg node "$node1" '[.items[] | select(.reason == "NodeViolated" and .regarding.name == $node)] | length'; }
nothing_left() { [[ -z $(kube get atp,rvs -l seaworthy.dev/what-if -o name) ]]; }
asked() { [[ -n $(kube get atp -l seaworthy.dev/what-if -o name) ]]; }
found() { [[ $(verdicts_under 'whatif-.*') == *"$1"* ]]; }
restore() {
  unwatch_record
  kube apply -f "$work/before.json" >/dev/null
  machine "$node1" boot good >/dev/null
}

title "A file runs on $node1, and is listed"
set_spec >"$work/before.json"
trap restore EXIT
path=/usr/local/bin/agent-of-ours
digest=$(machine "$node1" run-file "$path" --content "ours, $(date +%s%N)" | tr -d '\r\n')
run kubectl patch rvs debian-12 --type json \
  -p "[{\"op\":\"add\",\"path\":\"/spec/files/-\",\"value\":{\"sha256\":\"$digest\",\"path\":\"$path\"}}]"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted

title "What if it were not?"
before=$(labels_and_taints)
objects=$(generated)
told=$(incidents)
watch_record "$node1"
run kubectl seaworthy whatif -f "$work/before.json" >"$work/what-if.txt" 2>"$work/what-if.err" &
question=$!
# Not until it finds $node1 Violated: where the agents are quick it is over, and removed, 0.1 s later. (Seen in CI.)
eventually 60 "the dry run is there" asked
say "While the question is asked:"
has_verdict "$node1" Trusted || wrong "$node1 is not Trusted under production"
[[ $(labels_and_taints) == "$before" ]] || wrong "labels or taints of $node1 changed"
[[ $(generated) == "$objects" ]] || wrong "the dry run generated: $(diff <(echo "$objects") <(generated))"
run kubectl create -f "$file"
eventually 30 "a pod is placed on $node1 and runs" all_running payments app=forced 1
gone payments forced
status=0
wait "$question" || status=$?
cat "$work/what-if.err" "$work/what-if.txt"
[[ $status == 3 ]] || wrong "the exit status is $status, not 3"
grep -qE "^$node1 +production +Trusted +Violated +UnknownFile \($path\)" "$work/what-if.txt" || wrong "the table does not say so"

eventually 10 "the dry run found $node1 Violated" found Violated
[[ $(verdicts) == Trusted ]] || wrong "under production it was $(verdicts) meanwhile"

title "Nothing is left of it"
eventually 30 "no dry run, no copy of a set" nothing_left
[[ $(labels_and_taints) == "$before" ]] || wrong "labels or taints of $node1 changed"
[[ $(incidents) == "$told" ]] || wrong "an Event tells of an incident"
has_verdict "$node1" Trusted || wrong "$node1 is not Trusted"
all_running payments app=ledger 3 || wrong "the ledger's pods are gone"

title "And what would have happened"
run kubectl apply -f "$work/before.json"
eventually 30 "$node1 is Violated, as was said" has_verdict "$node1" Violated
restore
trap - EXIT
eventually 60 "$node1 is Trusted again" has_verdict "$node1" Trusted

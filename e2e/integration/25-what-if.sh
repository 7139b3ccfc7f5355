#!/bin/bash
# kubectl seaworthy whatif, with real evidence and the rights of its role: who would change for the worse is found out, nothing
# differs meanwhile for nodes and what admission needs, and nothing of the question is left.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/rig.sh
. "$(dirname "$0")/../lib/rig.sh"

rig_start one two three
system create configmap tpm-roots --from-literal "roots.pem=$("$(program machine seaworthy-machine)" ca --ca "$rig/ca")" >/dev/null
"$(program machine seaworthy-machine)" reference-values --name debian-12 | k apply -f - >/dev/null
sed 's/enrolment: .*/enrolment: CertifiedTPM/' "$root/e2e/story/policies.yaml" | k apply -f - >/dev/null
for node in one two; do
  start_machine "$node"
  start_agent "$node"
done
path=/usr/local/bin/miner
digest=$(machine one run-file "$path" --content "not from Debian, $(date +%s%N)" | tr -d '\r\n')
k patch rvs debian-12 --type json -p "[{\"op\":\"add\",\"path\":\"/spec/files/-\",\"value\":{\"sha256\":\"$digest\",\"path\":\"$path\"}}]" >/dev/null
for node in one two; do check "$node is Trusted" within 60 is "$node" Trusted; done

for name in asker nobody; do system create serviceaccount "$name" >/dev/null; done
k create clusterrolebinding asker --clusterrole seaworthy-whatif --serviceaccount seaworthy-system:asker >/dev/null
asker=$(account_conf asker)
nobody=$(account_conf nobody)
whatif() { # kubeconfig, arguments: the exit status is in $rig/status
  local status=0
  "$(program cli kubectl-seaworthy)" --kubeconfig "$1" whatif "${@:2}" >"$rig/out" 2>"$rig/err" || status=$?
  echo "$status" >"$rig/status"
  cat "$rig/out" "$rig/err"
}
ends_with() { # status, kubeconfig, arguments
  whatif "${@:2}"
  [[ $(<"$rig/status") == "$1" ]]
}
said() { grep -qE "$1" "$rig/out"; }
nothing_left() { [[ -z $(k get atp,rvs -l seaworthy.dev/what-if -o name) ]]; }
# What nodes and admission go by. Nobody else writes nodes here: there are no kubelets.
in_force() {
  k get nodes,aclass,validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,mutatingadmissionpolicybindings \
    -o jsonpath='{range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}'
}
events() { k get events.events.k8s.io -A -o json | jq '[.items[] | select(.reason | startswith("Node"))] | length'; }

# --- a set without a file that ran on one

k get rvs debian-12 -o json | jq "del(.spec.files[] | select(.path == \"$path\"))" >"$rig/new.json"
before=$(in_force)
told=$(events)
k get aclass,validatingadmissionpolicies -w -o name >"$rig/made.log" 2>&1 &
rig_pids[watch]=$!
check "somebody would change for the worse: 3" ends_with 3 "$asker" -f "$rig/new.json" --timeout 90s
check "one, under production, which names the set" said '^one +production +Trusted +Violated +UnknownFile \(/usr/local/bin/miner\)'
check "with the finding" said '^    - UnknownFile \(/usr/local/bin/miner\)'
check "two stays" said '^two +production +Trusted +Trusted'
check "three has never enrolled, and was not waited for" said '^three +production +Unknown +- +Unknown under'
check "the summary" said '^production: 1 node stays Trusted, 1 becomes Violated, 1 gives no answer\.$'
check_refused "the policy that names no set was not asked about" "" said development
same() { [[ $(in_force) == "$before" ]] || diff <(echo "$before") <(in_force); }
check "nodes, classes and what admission needs are the very same objects" same
end watch
check_refused "nor was there anything else for a while" "" grep whatif "$rig/made.log"
check "no Event tells of it" test "$(events)" = "$told"
check "one is Trusted all the same" is one Trusted
check "nothing is left of the question" within 30 nothing_left
no_entry() { k get natt one -o json | jq -e '[.status.results[].verifier] | length > 0 and all(endswith("/dry-run") | not)'; }
check "nor of the answer" within 30 no_entry
check "the set is as it was" test -n "$(k get rvs debian-12 -o json | jq -r ".spec.files[] | select(.path == \"$path\") | .path")"

# --- nobody

k get rvs debian-12 -o json | jq '.spec.files += [{"sha256": ("ab" * 32), "path": "/usr/bin/more"}]' >"$rig/more.json"
check "more files make nobody worse: 0" ends_with 0 "$asker" -f "$rig/more.json"
k get rvs debian-12 -o json >"$rig/same.json"
check "a set as it is changes nothing: 0" ends_with 0 "$asker" -f "$rig/same.json"
check "and is said to" said "Nothing changes for any node"
from_stdin() { whatif "$asker" -f - -o json <"$rig/new.json" && [[ $(<"$rig/status") == 3 ]] && jq -e '.nodes[] | select(.node == "one").change == "Worse"' "$rig/out"; }
check "as JSON, from standard input" from_stdin

# --- a policy, and a new one

k get atp development -o json | jq '.metadata.name = "strict" | .spec.evidence.boot = "ReferenceValues" | .spec.evidence.referenceValues = ["none-such"]' >"$rig/strict.json"
check "a new policy whose set is not there: 3" ends_with 3 "$asker" -f "$rig/strict.json"
check "says which" said 'ReferenceValuesMissing \(none-such\)'

# --- what goes wrong

jq '.spec.fils = []' "$rig/new.json" >"$rig/typo.json"
check "an unknown field: 1" ends_with 1 "$asker" -f "$rig/typo.json"
check "names file and field" grep -qE "typo.json: .*debian-12.*unknown field .*fils" "$rig/err"
check "whoever lacks the role: 1" ends_with 1 "$nobody" -f "$rig/new.json"
check "is told by the API server" grep -q forbidden "$rig/err"
check "no file: 2" ends_with 2 "$asker"
check "a time that is none: 2" ends_with 2 "$asker" -f "$rig/new.json" --timeout soon
end agent-two
check "a node that does not answer leaves it undecided: 1" ends_with 1 "$asker" -f "$rig/more.json" --timeout 12s
check "and is named" said '^two +production +(Trusted +- +no answer in time|Stale +- +Stale under)'
check "nothing is left" within 30 nothing_left
start_agent two
check "two is Trusted again" within 60 is two Trusted
end agent-two
interrupted() { # signal
  "$(program cli kubectl-seaworthy)" --kubeconfig "$asker" whatif -f "$rig/more.json" >"$rig/out" 2>"$rig/err" &
  local pid=$!
  within 10 grep -q "verdicts\? of" "$rig/err" && ! nothing_left
  kill "-$1" "$pid"
  ! wait "$pid"
}
check "SIGTERM while it waits" interrupted TERM
check "leaves nothing" within 30 nothing_left
start_agent two
check "two is Trusted once more" within 60 is two Trusted
end agent-two
check "nor does SIGINT" interrupted INT
check "anything" within 30 nothing_left
checks_end

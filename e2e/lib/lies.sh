# shellcheck shell=bash disable=SC2154  # what people see in bold and dim is e2e.sh's
# For the lies about evidence: a liar's words and what they do in the cluster. Sourced after e2e.sh; e2e/30-liars.sh has run.
#
# A script of these leaves its node as it was, whatever happens: see restore.

label=seaworthy.node-restriction.kubernetes.io/production

# pod_on NODE NAMESPACE SELECTOR [JSONPATH]: of the pod that runs there, its name or something else.
pod_on() {
  kube -n "$2" get pods -l "$3" --field-selector "spec.nodeName=$1,status.phase=Running" \
    -o "jsonpath={.items[0]${4:-.metadata.name}}"
}

# liar NODE LIE OPTION…: as root of that node, with its agent's token. Standard input is passed on.
liar() {
  local node=$1 pod uid
  shift
  pod=$(pod_on "$node" seaworthy-machines app.kubernetes.io/name=seaworthy-liar) ||
    { echo "no liar runs on $node: e2e/30-liars.sh" >&2; return 1; }
  uid=$(pod_on "$node" seaworthy-system app.kubernetes.io/component=agent .metadata.uid) ||
    { echo "no agent runs on $node" >&2; return 1; }
  kubectl -n seaworthy-machines exec -i "$pod" -- seaworthy-liar --volumes "/kubelet/pods/$uid/volumes" "$@"
}

# lie NODE LIE COUNT PATTERN OPTION…: tells it and shows the answers; so many of them must be like PATTERN. Reads $input, if set.
lie() {
  local node=$1 name=$2 count=$3 pattern=$4 output found
  shift 4
  note "on $node:"
  shown seaworthy-liar "$name" "$@"
  output=$(liar "$node" "$name" "$@" <"${input:-/dev/null}") || wrong "the liar got no answer: $output"
  printf '%s%s%s\n' "$dim" "$output" "$plain"
  found=$(awk -v want="$pattern" '/^# /{n++} $0 ~ want && !seen[n]++ {found++} END {print found + 0}' <<<"$output")
  [[ $found == "$count" ]] || wrong "$found answers, not $count, are like: $pattern"
}

# --- The agent of a node. Root can stop a process: it says nothing then, and the last verdict grows old.

signal_agents() { # node, signal
  docker exec "$1" sh -c "for p in /proc/[0-9]*; do
    if [ \"\$(cat \"\$p/comm\" 2>/dev/null)\" = seaworthy-agent ]; then kill -$2 \"\${p#/proc/}\"; fi; done"
}
tpm_is_free() { # node
  timeout 5 kubectl -n seaworthy-machines exec "$(pod_on "$1" seaworthy-machines app.kubernetes.io/name=seaworthy-machine)" -- \
    seaworthy-machine status --state /var/lib/seaworthy-machine >/dev/null
}

freeze() { # node
  frozen=$1
  note "the agent on $1 is stopped (SIGSTOP)"
  signal_agents "$1" STOP
  # Not while it holds the TPM: the liar would wait for it.
  until tpm_is_free "$1"; do
    signal_agents "$1" CONT
    sleep 0.3
    signal_agents "$1" STOP
  done
}
thaw() {
  [[ -n ${frozen:-} ]] || return 0
  signal_agents "$frozen" CONT
  note "the agent on $frozen goes on"
  frozen=""
}

restore() {
  thaw
  [[ -z ${tampered:-} ]] || machine "$tampered" boot good
  unwatch_record
  tampered=""
}
trap restore EXIT

# --- What a lie did.

holds_label() { [[ $(kube get nodes -l "$label=trusted" -o name) == *"node/$1"* ]]; }
lost_label() { ! holds_label "$1"; }

# The message of the condition, since an honest round was recorded: what was there before is of another lie.
# shellcheck disable=SC2016  # the variables are of jq
refusals() { # pattern
  of_record "$1" '.status.conditions[]? | select(.type == "Attested")] | (map(.status) | index("True")) as $honest |
    .[$honest // length:][] | select(.status == "False" and .reason == "EvidenceRefused" and (.message | test($text))).message'
}
is_attested() { [[ $(kube get natt "$1" -o jsonpath='{.status.conditions[?(@.type=="Attested")].status}') == True ]]; }
told_by_event() { # node, the Event's reason, text in it
  kube get events.events.k8s.io -A -o json | jq -e --arg node "$1" --arg reason "$2" --arg text "$3" 'any(.items[];
    .reason == $reason and .type == "Warning" and .regarding.name == $node and (.note | contains($text)))'
}

# refuses NODE REASON LIE COUNT: the evidence is refused and this is written down; the verdict and the label stay, those of a
# good node and those of a bad one. A node's refusals are written at most every ten seconds, so the lie may have to be told
# again; scripts that follow one another take turns between two nodes, so that they seldom have to wait for that.
refuses() {
  local node=$1 reason=$2 name=$3 count=$4 verdict=Violated deadline=$((SECONDS + 30))
  [[ $node != "$node1" ]] || verdict=Trusted
  eventually 60 "$node is $verdict" has_verdict "$node" "$verdict"
  eventually 60 "by honest evidence" is_attested "$node"
  watch_record "$node"
  lie "$node" "$name" "$count" "\"reason\": \"$reason\""
  until [[ -n $(refusals "$reason") ]]; do
    ((SECONDS < deadline)) || wrong "the condition Attested of $node does not tell of $reason"
    sleep 1
    liar "$node" "$name" <"${input:-/dev/null}" >/dev/null || wrong "the liar got no answer"
  done
  note "condition Attested of $node: False, EvidenceRefused: $(refusals "$reason" | tail -1)"
  eventually 10 "an Event tells of it" told_by_event "$node" EvidenceRefused "$reason"
  [[ $(verdicts) == "$verdict" ]] || wrong "the lie changed the verdict of $node: $(verdicts)"
  if [[ $verdict == Trusted ]]; then
    holds_label "$node" || wrong "the lie cost $node its label"
  else
    lost_label "$node" || wrong "the lie gave $node the label"
  fi
}

# condemned NODE REASON: what was said contradicts what was proven, so the node loses its class, and a pod finds out.
condemned() {
  local node=$1 reason=$2 file
  eventually 10 "$node is Violated" has_verdict "$node" Violated
  has_finding "$node" "$reason" || wrong "$node has no finding $reason: $(findings "$node" | tr '\n' ' ')"
  eventually 10 "its label is gone" lost_label "$node"
  file=$(pod_file payments forced "nodeName: $node")
  refused "$node" kubectl create -f "$file" # by the webhook or by the floor, whichever is first
  kubectl seaworthy explain node "$node" | grep -q "$reason" || wrong "explain does not say $reason"
}

# contradicts NODE REASON LIE COUNT: told by a node whose agent says nothing, it makes the node Violated; the truth heals.
contradicts() {
  eventually 60 "$1 is Trusted" has_verdict "$1" Trusted
  freeze "$1"
  lie "$1" "$3" "$4" '"verdict": "Violated"'
  condemned "$1" "$2"
  honest_again "$1"
}

# honest_again NODE: the agent goes on, and the truth counts.
honest_again() {
  thaw
  eventually 60 "$1 is Trusted again" has_verdict "$1" Trusted
  eventually 10 "and has its label" holds_label "$1"
}

# A file that nobody knows runs on a node, and its agent is kept from telling.
run_unknown_file() { # node
  eventually 60 "$1 is Trusted" has_verdict "$1" Trusted
  freeze "$1"
  tampered=$1
  machine "$1" run-file /usr/local/bin/miner --content "not from Debian, $(date +%s%N)" >/dev/null
  note "/usr/local/bin/miner runs on $1"
}
# The agent tells, and the node boots anew.
found_out() { # node
  thaw
  eventually 30 "the agent of $1 tells of the file" has_finding "$1" UnknownFile
  restore
  honest_again "$1"
}

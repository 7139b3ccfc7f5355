# shellcheck shell=bash
# What the scripts of e2e/ share. They speak to people (hack/demo) and to a test log (hack/test) alike: `say` tells what
# happens and why, `run` shows a real command and runs it, `refused` and `eventually` assert.
# Sourced after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/e2e/cluster
# shellcheck source-path=SCRIPTDIR source=../cluster/cluster.sh
. "$here/cluster.sh"
# shellcheck disable=SC2154  # seaworthy_cache is cache.sh's, cluster and kubeconfig are cluster.sh's
export KUBECONFIG=$kubeconfig
export PATH=$root/build/images/cli:$seaworthy_cache/bin:$PATH

# shellcheck disable=SC2034  # for the scripts that source this
{
  # shellcheck disable=SC2154  # files is cluster.sh's
  node1=$cluster-worker node2=$cluster-worker2 node3=$cluster-worker3
  story=$root/e2e/story
  machine_ca=$files/machine-ca
}
if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold="" dim="" plain=""; fi

title() { printf '\n%s── %s  (%s)%s\n' "$bold" "$*" "$(elapsed)" "$plain"; }
say() { printf '\n%s\n' "$*" | fold -s -w 100; }

# A command as a person would type it.
shown() {
  local word text=""
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then text+=" $word"; else text+=" '${word//\'/\'\\\'\'}'"; fi
  done
  printf '%s$%s%s\n' "$bold" "${text//$root\//}" "$plain"
}

run() {
  shown "$@"
  "$@"
}

# refused PATTERN COMMAND…: the command must fail and say so in words that match the extended regular expression.
refused() {
  local pattern=$1 output status=0
  shift
  shown "$@"
  output=$("$@" 2>&1) || status=$?
  printf '%s%s%s\n' "$dim" "$output" "$plain"
  ((status != 0)) || wrong "this must be refused, and was not"
  grep -qE "$pattern" <<<"$output" || wrong "refused, but not with words like: $pattern"
}

wrong() {
  printf '\n%sWRONG: %s%s\n' "$bold" "$*" "$plain" >&2
  picture >&2 || true
  exit 1
}

# What a person would look at first when something went wrong.
picture() {
  kube get atp,natt
  kubectl seaworthy status
  kube get pods -A -o wide | grep -v '^kube-system'
  kube get events -A --sort-by .lastTimestamp | tail -n 12
  kube -n seaworthy-system logs -l 'app.kubernetes.io/component in (operator, agent)' --tail 15 --prefix --max-log-requests 20 |
    cut -c1-400
}

# eventually SECONDS WHAT COMMAND…: asks until the command succeeds.
eventually() {
  local limit=$1 what=$2 deadline=$((SECONDS + $1)) began
  shift 2
  began=$(date +%s%N)
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || wrong "not within $limit s: $what"
    sleep 0.25
  done
  printf '%s%s: after %s s%s\n' "$dim" "$what" "$(awk "BEGIN {printf \"%.1f\", ($(date +%s%N) - $began) / 1e9}")" "$plain"
}

# never SECONDS WHAT COMMAND…: the command must go on failing.
never() {
  local what=$2 deadline=$((SECONDS + $1))
  shift 2
  while ((SECONDS < deadline)); do
    if "$@" >/dev/null 2>&1; then wrong "$what"; fi
    sleep 0.5
  done
}

# machine NODE VERB…: the software machine of a node does something.
machine() {
  local node=$1 verb=$2 pod
  shift 2
  pod=$(kube -n seaworthy-machines get pods -l app.kubernetes.io/name=seaworthy-machine \
    --field-selector "spec.nodeName=$node,status.phase=Running" -o name)
  [[ -n $pod ]] || wrong "no machine runs on $node"
  kubectl -n seaworthy-machines exec "$pod" -- seaworthy-machine "$verb" --state /var/lib/seaworthy-machine "$@"
}

# verdict NODE [POLICY]; Unknown where there is none.
verdict() {
  local found
  found=$(kube get natt "$1" -o "jsonpath={.status.verdicts[?(@.policy==\"${2:-production}\")].verdict}" 2>/dev/null) || true
  echo "${found:-Unknown}"
}
has_verdict() { [[ $(verdict "$1" "${3:-production}") == "$2" ]]; }

# findings NODE [POLICY]: one reason a line.
findings() {
  kube get natt "$1" -o json |
    jq -r --arg policy "${2:-production}" '.status.verdicts[]? | select(.policy == $policy) | .findings[]?.reason'
}
has_finding() { findings "$1" "${3:-production}" | grep -qx "$2"; }

# nodes_of NAMESPACE SELECTOR: where its pods are, sorted, each once.
nodes_of() { kube -n "$1" get pods -l "$2" -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}' | sort -u; }
all_running() { # namespace, selector, how many
  [[ $(kube -n "$1" get pods -l "$2" --field-selector status.phase=Running -o name | wc -l) == "$3" ]]
}

# A pod as YAML: pod NAMESPACE NAME [extra line of spec…]. The image is one that every node has.
pod() {
  local namespace=$1 name=$2
  shift 2
  cat <<END
apiVersion: v1
kind: Pod
metadata: { name: $name, namespace: $namespace, labels: { app: $name } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - { name: sleep, image: "seaworthy/cli:dev", imagePullPolicy: Never, command: [sleep, infinity] }
$(printf '  %s\n' "$@")
END
}

# try_pod NAME LINE…: as an administrator, a pod in payments; its YAML is kept where the shown command says.
pod_file() { # namespace, name, lines…
  mkdir -p "$root/build/e2e"
  pod "$@" >"$root/build/e2e/$2.yaml"
  echo "$root/build/e2e/$2.yaml"
}

# binding_file NAME POD NODE [metadata…]: a Binding as JSON.
binding_file() {
  local uid
  mkdir -p "$root/build/e2e"
  uid=$(kube -n payments get pod "$2" -o jsonpath='{.metadata.uid}' 2>/dev/null) || uid=""
  jq -n --arg pod "$2" --arg node "$3" --arg uid "$uid" --argjson more "${4:-{\}}" \
    '{apiVersion: "v1", kind: "Binding", metadata: ({name: $pod, namespace: "payments", uid: $uid} + $more),
      target: {apiVersion: "v1", kind: "Node", name: $node}}' >"$root/build/e2e/$1.json"
  echo "$root/build/e2e/$1.json"
}

# watch_record NODE: everything that is written into the node's record from now on, so that nothing escapes that is put right
# or removed a moment later.
watch_record() {
  record=$(mktemp)
  kubectl get natt "$1" -o json -w >"$record" 2>/dev/null &
  record_watch=$!
}
unwatch_record() {
  [[ -n ${record_watch:-} ]] || return 0
  kill "$record_watch" 2>/dev/null || true # the API server may have ended it
  rm -f "$record"
  record_watch=""
}
# Text, rest of a program. The last object may be half written: those before it count.
of_record() { jq -n -r --arg text "$1" "[(try inputs catch empty) | $2" "$record"; }
# Those that stood in it under policies of such a name.
# shellcheck disable=SC2016  # the variable is of jq
verdicts_under() { of_record "^$1\$" '.status.verdicts[]? | select(.policy | test($text)).verdict] | unique | join(" ")'; }
verdicts() { verdicts_under production; }

# untouched FILE: the pod in it would be created as it is. (Nothing steers it.)
untouched() { kubectl create --dry-run=server -f "$1" -o json | jq -e '.spec.nodeSelector == null'; }

# gone NAMESPACE NAME…: removes pods and waits for it.
gone() {
  local namespace=$1
  shift
  kube -n "$namespace" delete pod "$@" --ignore-not-found --wait --grace-period 1 >/dev/null
}

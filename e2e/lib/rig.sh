# shellcheck shell=bash
# The programs as plain processes: a real API server with controllers, nodes without kubelets, software machines, the
# operator and agents, each with the credentials that it has in a cluster. For what needs no pods that run.
# Sourced after `set -euo pipefail`; needs build/images (hack/images --binaries-only).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$root/e2e/lib/checks.sh"
rig=$(mktemp -d "${TMPDIR:-/tmp}/seaworthy-rig.XXXXXX")
declare -A rig_pids=()

rig_end() {
  local status=$? pid
  trap - EXIT
  for pid in "${rig_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  "$root/e2e/cluster/control-plane" stop "$rig/cluster" >/dev/null 2>&1 || true
  if ((status != 0)); then
    printf '\nThe last lines of each log:\n'
    tail -n 5 "$rig"/*.log | cut -c1-300 || true
  fi
  rm -rf "$rig"
  exit "$status"
}
trap rig_end EXIT
trap 'exit 130' INT TERM

program() { echo "$root/build/images/$1/$2"; }

# launch NAME COMMAND…: in the background, log in $rig/NAME.log.
launch() {
  local name=$1
  shift
  "$@" </dev/null >>"$rig/$name.log" 2>&1 &
  rig_pids[$name]=$!
}
# end NAME [SIGNAL]
end() {
  local pid=${rig_pids[$1]}
  kill "-${2:-TERM}" "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "rig_pids[$1]"
}

k() { "$KUBECTL" --kubeconfig "$rig/cluster/admin.conf" --request-timeout 15s "$@"; }
system() { k -n seaworthy-system "$@"; }

# within SECONDS COMMAND…: for check.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || { "$@" && return 0; return 1; }
    sleep 0.25
  done
}

# rig_start NODE…: control plane, nodes, what is installed but the workloads, and the operator.
rig_start() {
  local node
  "$root/e2e/cluster/control-plane" start "$rig/cluster" --owner $$
  # shellcheck source=/dev/null
  . "$rig/cluster/env"
  for node in "$@"; do "$root/e2e/cluster/control-plane" node "$rig/cluster" "$node" >/dev/null; done
  k apply -k "$root/crds" >/dev/null
  k apply -f "$root/manifests/base/namespace.yaml" >/dev/null
  system apply -f "$root/manifests/base/rbac" -f "$root/manifests/base/guard.yaml" >/dev/null
  k wait --for condition=Established crd --all --timeout 30s >/dev/null
  serving_certificates
  start_operator operator 1
}

# Serving certificates from somebody else, as cert-manager would write them; agents reach the operator at 127.0.0.1.
serving_certificates() {
  local name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=rig serving CA" \
    -keyout "$rig/serving-ca.key" -out "$rig/serving-ca.crt" 2>/dev/null
  for name in operator webhook; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=seaworthy-$name" \
      -keyout "$rig/$name.key" -out "$rig/$name.csr" 2>/dev/null
    openssl x509 -req -in "$rig/$name.csr" -CA "$rig/serving-ca.crt" -CAkey "$rig/serving-ca.key" -days 2 -out "$rig/$name.crt" \
      -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:seaworthy-$name.seaworthy-system.svc") 2>/dev/null
    system create secret generic "seaworthy-$name-tls" --type kubernetes.io/tls --from-file="tls.crt=$rig/$name.crt" \
      --from-file="tls.key=$rig/$name.key" --from-file="ca.crt=$rig/serving-ca.crt" >/dev/null
  done
}

# A kubeconfig with a token of that service account: what RBAC grants is tested too.
account_conf() { # account
  local file=$rig/$1.conf
  "$KUBECTL" --kubeconfig "$file" config set-cluster c --server "$API_SERVER" --certificate-authority "$PKI/ca.crt" --embed-certs >/dev/null
  "$KUBECTL" --kubeconfig "$file" config set-credentials s --token "$(system create token "$1" --duration 2h)" >/dev/null
  "$KUBECTL" --kubeconfig "$file" config set-context s --cluster c --user s >/dev/null
  "$KUBECTL" --kubeconfig "$file" config use-context s >/dev/null
  echo "$file"
}

rig_port() { echo $((API_SERVER_PORT + 5 + $1)); } # the control plane claims ten and uses five

operator_url() { echo "https://127.0.0.1:$(rig_port 0)"; }

# Where the operator listens: rig_listen; agents come by 127.0.0.1 all the same.
start_operator() { # name, number of the replica: 1 or 2
  local name=$1 n=$((2 * ($2 - 1)))
  launch "$name" "$(program operator seaworthy-operator)" --kubeconfig "$(account_conf seaworthy-operator)" \
    --listen "${rig_listen:-127.0.0.1}:$(rig_port $n)" --health-listen "127.0.0.1:$(rig_port $((n + 1)))" --identity "$name" \
    --serving-certificates External --log-level debug
  within 30 curl -fsS "http://127.0.0.1:$(rig_port $((n + 1)))/readyz" ||
    { echo "$name does not become ready"; exit 1; }
}

# start_machine NAME [CA [OPTION…]]: powers a machine on.
start_machine() {
  launch "machine-$1" "$(program machine seaworthy-machine)" run --state "$rig/$1.state" --runtime "$rig/$1.run" --ca "$rig/${2:-ca}" "${@:3}"
  within 20 machine "$1" status || { echo "machine $1 does not boot"; exit 1; }
}
machine() { # name, verb, more…
  "$(program machine seaworthy-machine)" "$2" --state "$rig/$1.state" "${@:3}"
}

# agent_token NODE: the token that the pod of the agent on that node has, in $rig/NODE.token.
agent_token() {
  local node=$1 pod=seaworthy-agent-$1
  if ! system get pod "$pod" >/dev/null 2>&1; then
    system create -f - >/dev/null <<END
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "$pod", "labels": {"app.kubernetes.io/component": "agent"}},
 "spec": {"serviceAccountName": "seaworthy-agent", "automountServiceAccountToken": false, "nodeName": "$node",
          "containers": [{"name": "agent", "image": "seaworthy/agent"}]}}
END
  fi
  system create token seaworthy-agent --audience seaworthy-verifier --bound-object-kind Pod --bound-object-name "$pod" \
    --duration 1h >"$rig/$node.token"
}

# start_agent NODE [MACHINE [OPTION…]]: an agent of that node's pod, in front of that machine.
start_agent() {
  local node=$1 machine=${2:-$1}
  agent_token "$node"
  launch "agent-$node" "$(program agent seaworthy-agent)" --verifier "$(operator_url)" --ca "$rig/serving-ca.crt" \
    --token "$rig/$node.token" --tcti "swtpm:path=$rig/$machine.run/tpm.sock" \
    --boot-log "$rig/$machine.run/binary_bios_measurements" --ima-list "$rig/$machine.run/binary_runtime_measurements" \
    --health-listen 127.0.0.1:0 --log-level debug "${@:3}"
}

verdict() { # node, policy
  local found
  found=$(k get natt "$1" -o "jsonpath={.status.verdicts[?(@.policy==\"${2:-production}\")].verdict}" 2>/dev/null) || true
  echo "${found:-Unknown}"
}
is() { [[ $(verdict "$1" "${3:-production}") == "$2" ]]; }
finding() { # node, reason[, policy]
  k get natt "$1" -o json | jq -e --arg policy "${3:-production}" --arg reason "$2" \
    '[.status.verdicts[]? | select(.policy == $policy) | .findings[]?.reason] | index($reason) != null'
}
condition() { # node, type, status, reason (a regular expression)
  k get natt "$1" -o json | jq -e --arg type "$2" --arg status "$3" --arg reason "$4" \
    '[.status.conditions[]? | select(.type == $type and .status == $status and (.reason | test($reason)))] | length > 0'
}
pin() { # node, hash
  k apply -f - >/dev/null <<<"{\"apiVersion\":\"seaworthy.dev/v1alpha1\",\"kind\":\"NodeAttestation\",\"metadata\":{\"name\":\"$1\"},\"spec\":{\"ekHash\":\"$2\"}}"
}

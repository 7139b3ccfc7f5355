# shellcheck shell=bash disable=SC2154  # what people see in bold and dim is e2e.sh's
# For the lies that are told with raw HTTP: curl on a node, with its agent's token. Sourced after e2e.sh and lies.sh.

# attacker_on NODE: where the agent's token and CA lie on that node, and the operator's address.
attacker_on() {
  from=$1
  volumes=/var/lib/kubelet/pods/$(pod_on "$1" seaworthy-system app.kubernetes.io/component=agent .metadata.uid)/volumes
  operator=$(kube -n seaworthy-system get service seaworthy-operator -o jsonpath='{.spec.clusterIP}')
}

# says PATTERN PATH CURL_OPTION…: POSTs standard input, as curl is told to; prints the status and the answer.
says() {
  local pattern=$1 path=$2 answer
  shift 2
  note "POST $path ($*)"
  answer=$(docker exec -i "$from" sh -c '
    volumes=$1 operator=$2 path=$3; shift 3
    exec curl --silent --show-error --max-time 20 --resolve "seaworthy-operator.seaworthy-system.svc:443:$operator" \
      --cacert "$volumes/kubernetes.io~configmap/ca/ca.crt" --write-out " %{http_code}" \
      -H "Authorization: Bearer $(cat "$volumes/kubernetes.io~projected/token/token")" "$@" \
      "https://seaworthy-operator.seaworthy-system.svc$path"' sh "$volumes" "$operator" "$path" "$@" 2>&1) || true
  printf '%s%s%s\n' "$dim" "$(cut -c1-400 <<<"$answer")" "$plain"
  grep -qE "$pattern" <<<"$answer" || wrong "no answer like: $pattern"
}
# shellcheck disable=SC2034  # for the scripts that source this
json=(-H "Content-Type: application/json" --data-binary @-)

# The operator was not impressed: no restart, and the node is what it was.
restarts() { kube -n seaworthy-system get pods -l app.kubernetes.io/component=operator -o jsonpath='{.items[*].status.containerStatuses[*].restartCount}'; }
unimpressed() { # restarts before, node
  [[ $(restarts) == "$1" ]] || wrong "the operator has restarted"
  eventually 60 "$2 is Trusted" has_verdict "$2" Trusted
}

#!/bin/bash
# The webhook as a plain process beside a real API server, with results that openssl signed: does a pod come to a node
# exactly when it should, by every way there is?
#
#   e2e/integration/webhook.sh [WEBHOOK]   (the path of seaworthy-webhook, by default the one that hack/images built;
#                                           starts a control plane of its own)
#
# One line per case: "ok NAME" or "FAIL NAME: what came instead". Exit status 1 if any failed.
# shellcheck disable=SC2317 # most functions are called by name
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
webhook=${1:-$root/build/images/webhook/seaworthy-webhook}
dir=$(mktemp -d)
failed=0
pids=()

finish() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  "$root/e2e/cluster/control-plane" stop "$dir/cluster" >/dev/null 2>&1
  rm -rf "$dir"
}
trap finish EXIT

verdict() { # name, 0 or not, what came
  if [[ $2 == 0 ]]; then
    echo "ok   $1"
  else
    echo "FAIL $1: $3"
    failed=1
  fi
}
allows() { # name, command…
  local name=$1 got
  shift
  got=$("$@" 2>&1)
  verdict "$name" $? "$got"
}
denies() { # name, text in the denial, command…
  local name=$1 text=$2 got
  shift 2
  if got=$("$@" 2>&1); then
    verdict "$name" 1 "was allowed: $got"
  else
    [[ $got == *"$text"* ]]
    verdict "$name" $? "$got"
  fi
}
within() { # seconds, command…
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# ---- A verifier, of openssl ------------------------------------------------------------------
openssl ecparam -name prime256v1 -genkey -noout -out "$dir/verifier.key"
openssl ec -in "$dir/verifier.key" -pubout -outform DER -out "$dir/verifier.pub" 2>/dev/null
x=$(tail -c 64 "$dir/verifier.pub" | head -c 32 | base64url)
y=$(tail -c 32 "$dir/verifier.pub" | base64url)
kid=$(printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$x" "$y" | openssl dgst -sha256 -binary | base64url)
akpub=$(base64url <"$dir/verifier.pub") # any key will do as the node's

jwk() { # valid for how many seconds
  printf '{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","x":"%s","y":"%s","kid":"%s","verifier":"seaworthy-operator","notAfter":%d}' \
    "$x" "$y" "$kid" $(($(date +%s) + $1))
}
ear() { # node, node uid, verdict, seconds, policy uid
  local now status vector=2 header payload signature der
  now=$(date +%s)
  case $3 in Trusted) status=affirming ;; Violated) status=contraindicated ;; *) status=none vector=0 ;; esac
  header=$(printf '{"alg":"ES256","kid":"%s","typ":"eat+jwt"}' "$kid" | base64url)
  payload=$(jq -cn --arg node "$1" --arg uid "$2" --arg verdict "$3" --argjson iat "$now" --argjson exp $((now + $4)) \
    --arg policy "$5" --arg status $status --argjson vector $vector --arg ak "$akpub" '
    {build: "e2e", developer: "https://seaworthy.dev"} as $by | {akpub: $ak} as $key |
    {"instance-identity": $vector} as $claims | "urn:seaworthy:policy:production:\($policy):1" as $id |
    {eat_profile: "tag:github.com,2023:veraison/ear", iss: "seaworthy.dev/verifiers/seaworthy-operator", iat: $iat, exp: $exp,
     jti: "1", ear_status: $status, "ear.verifier-id": $by, ear_verifier_id: $by,
     "seaworthy.dev/node": {name: $node, uid: $uid, akName: "000b"},
     submods: {production: {"ear.status": $status, ear_status: $status, "ear.trustworthiness-vector": $claims,
       ear_trustworthiness_vector: $claims, "ear.appraisal-policy-id": $id, ear_appraisal_policy_ids: [$id],
       "ear.veraison.key-attestation": $key, ear_veraison_key_attestation: $key,
       "seaworthy.dev/result": ({verdict: $verdict, policyUID: $policy, policyGeneration: 1, expires: $exp} +
         (if $verdict == "Violated" then {findings: [{reason: "UnknownFile", about: "/usr/bin/nc", message: "is in no set"}]} else {} end))}}}' |
    tr -d '\n' | base64url)
  der=$(printf '%s.%s' "$header" "$payload" | openssl dgst -sha256 -sign "$dir/verifier.key" | openssl asn1parse -inform DER |
    sed -n 's/.*INTEGER *://p')
  signature=$(for n in $der; do printf '%64s' "$n" | tr ' ' 0; done | xxd -r -p | base64url)
  printf '%s.%s.%s' "$header" "$payload" "$signature"
}
attest() { # node, verdict, seconds
  kubectl apply --server-side --force-conflicts --field-manager=seaworthy-verifier -f - >/dev/null <<<"$(printf -- '---\n{apiVersion: seaworthy.dev/v1alpha1, kind: NodeAttestation, metadata: {name: %s}}' "$1")"
  kubectl apply --server-side --force-conflicts --field-manager=seaworthy-verifier --subresource=status -f - >/dev/null <<END
apiVersion: seaworthy.dev/v1alpha1
kind: NodeAttestation
metadata: {name: $1}
status: {results: [{verifier: seaworthy-operator, ear: $(ear "$1" "$(kubectl get node "$1" -o 'jsonpath={.metadata.uid}')" "$2" "$3" "$(kubectl get atp production -o 'jsonpath={.metadata.uid}')")}]}
END
}
publish_keys() { # seconds
  kubectl apply --server-side --force-conflicts --field-manager=key-1 -f - >/dev/null <<END
apiVersion: v1
kind: ConfigMap
metadata: {name: seaworthy-jwks, namespace: seaworthy-system}
data: {"$kid": '$(jwk "$1")'}
END
}

# ---- The cluster -----------------------------------------------------------------------------
"$root/e2e/cluster/control-plane" start "$dir/cluster" --owner $$ >/dev/null || exit 1
# shellcheck source=/dev/null  # KUBECONFIG, KUBECTL
. "$dir/cluster/env"
export KUBECONFIG
PATH=$(dirname "$KUBECTL"):$PATH
for node in n1 n2; do "$root/e2e/cluster/control-plane" node "$dir/cluster" $node >/dev/null; done
kubectl apply -k "$root/crds" >/dev/null
kubectl wait --for=condition=Established --timeout=30s crd/attestationpolicies.seaworthy.dev crd/nodeattestations.seaworthy.dev >/dev/null
for namespace in seaworthy-system payments; do kubectl create namespace $namespace >/dev/null; done
within 30 kubectl -n payments get serviceaccount default
kubectl apply -f "$root/manifests/base/rbac/webhook.yaml" -n seaworthy-system >/dev/null
policy() { # mode
  kubectl apply -f - >/dev/null <<END
apiVersion: seaworthy.dev/v1alpha1
kind: AttestationPolicy
metadata: {name: production}
spec:
  workloads: {namespaces: [payments]}
  identity: {trustAnchors: [{configMap: {name: roots, key: roots.pem}}]}
  evidence: {boot: Any, runtime: {ima: Ignored}}
  enforcement: {mode: $1}
END
}
policy Enforce
publish_keys 3600

# ---- The webhook, as its own service account -------------------------------------------------
mkdir "$dir/tls"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=webhook \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/tls/tls.key" -out "$dir/tls/tls.crt" 2>/dev/null
port=$((20000 + RANDOM % 10000))
server=$(kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}' | base64 -d >"$dir/ca.crt"
token=$(kubectl -n seaworthy-system create token seaworthy-webhook --duration 1h)
(
  export KUBECONFIG=$dir/webhook.conf
  kubectl config set-cluster c --server "$server" --certificate-authority "$dir/ca.crt" --embed-certs
  kubectl config set-credentials s --token "$token"
  kubectl config set-context s --cluster c --user s
  kubectl config use-context s
) >/dev/null
"$webhook" --kubeconfig "$dir/webhook.conf" --listen "127.0.0.1:$port" --health-listen "127.0.0.1:$((port + 1))" \
  --certificate-dir "$dir/tls" --max-snapshot-age 12s --drain-delay 1s --log-level debug 2>"$dir/webhook.log" &
pids+=($!)
hook=$!
ready() { curl -fsS "http://127.0.0.1:$((port + 1))/readyz"; }
within 30 ready
verdict "becomes ready" $? "$(ready 2>&1) $(tail -3 "$dir/webhook.log")"
kubectl apply -f - >/dev/null <<END
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: seaworthy-production}
webhooks:
- name: production.seaworthy.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  timeoutSeconds: 3
  namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [payments]}]}
  clientConfig: {url: "https://127.0.0.1:$port/validate", caBundle: $(base64 -w0 "$dir/tls/tls.crt")}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods, pods/binding, bindings], scope: Namespaced}]
END

pod() { # name, node or nothing, namespace
  kubectl create -f - <<END
apiVersion: v1
kind: Pod
metadata: {name: $1, namespace: ${3:-payments}}
spec: {schedulerName: nobody, ${2:+nodeName: $2,} containers: [{name: c, image: example.com/c}]}
END
}
bind() { # pod, node, path, uid or nothing
  local path=/api/v1/namespaces/payments/pods/$1/binding
  [[ $3 == legacy ]] && path=/api/v1/namespaces/payments/bindings
  kubectl create --raw "$path" -f - <<<"{\"apiVersion\": \"v1\", \"kind\": \"Binding\", \"metadata\": {\"name\": \"$1\"${4:+, \"uid\": \"$4\"}}, \"target\": {\"kind\": \"Node\", \"name\": \"$2\"}}"
}

try_node() { # node: would a pod come to it?
  kubectl create --dry-run=server -f - <<END
apiVersion: v1
kind: Pod
metadata: {name: again, namespace: payments}
spec: {nodeName: $1, containers: [{name: c, image: example.com/c}]}
END
}
try_n1() { try_node n1; }
try_n2() { try_node n2; }
attest n1 Trusted 600
attest n2 Violated 600
within 10 try_node n1
allows "a trusted node takes a pod with nodeName" pod first n1
denies "A130 a violated node does not" 'denied the request: Violated: node n2 does not hold class production, which namespace payments needs: UnknownFile /usr/bin/nc' pod second n2
denies "the denial names the command that shows more" 'kubectl seaworthy explain node n2' pod second n2
denies "A131 nor does a node that there is not" 'NodeUnknown: node ghost' pod third ghost
allows "a pod without a node waits for its binding" pod waiting ""
uid=$(kubectl -n payments get pod waiting -o 'jsonpath={.metadata.uid}')
denies "A131 pods/binding to a violated node" 'Violated: node n2' bind waiting n2 pod "$uid"
denies "A131 pods/binding without UID" 'BindingWithoutUID' bind waiting n1 pod ""
denies "A131 the legacy path, even to a trusted node" 'LegacyBinding' bind waiting n1 legacy "$uid"
allows "pods/binding to a trusted node" bind waiting n1 pod "$uid"
allows "a namespace that is not governed is not asked about" pod free n2 default

denied_by() { # text, command…
  local text=$1 got
  shift
  got=$("$@" 2>&1) && return 1
  [[ $got == *"$text"* ]]
}
allows "A129 a dry run is judged alike" try_n1
attest n1 Trusted 3
within 15 denied_by 'Stale: node n1' try_n1
verdict "a verdict expires without any event" $? "$(try_n1 2>&1)"
attest n1 Trusted 600
within 10 try_n1
verdict "and a new one counts" $? "$(try_n1 2>&1)"
kubectl -n seaworthy-system delete configmap seaworthy-jwks >/dev/null
within 10 denied_by 'KeyNotTrusted: node n1' try_n1
verdict "a key that is withdrawn is not believed" $? "$(try_n1 2>&1)"
publish_keys 3600
within 10 try_n1
verdict "a key that is published again is" $? "$(try_n1 2>&1)"
kubectl delete node n1 >/dev/null
within 10 denied_by 'NodeUnknown: node n1' try_n1
verdict "a Node that is gone takes nothing" $? "$(try_n1 2>&1)"
"$root/e2e/cluster/control-plane" node "$dir/cluster" n1 >/dev/null
within 10 denied_by 'NodeReplaced: node n1' try_n1
verdict "a Node of the same name is another Node" $? "$(try_n1 2>&1)"
attest n1 Trusted 600

policy Audit
within 10 try_n2
verdict "mode Audit allows" $? "$(try_n2 2>&1)"
policy Warn
warned() { [[ $(try_n2 2>&1) == *'Warning: seaworthy would deny this: Violated: node n2'* ]]; }
within 10 warned
verdict "mode Warn allows and warns" $? "$(try_n2 2>&1)"
policy Enforce
within 10 denied_by 'Violated: node n2' try_n2
verdict "mode Enforce denies again" $? "$(try_n2 2>&1)"

post() { # expected status, curl arguments…
  local expected=$1 got
  shift
  got=$(curl -sS -o /dev/null -w '%{http_code}' --cacert "$dir/tls/tls.crt" "$@" "https://127.0.0.1:$port/validate")
  [[ $got == "$expected" ]] || { echo "$got"; return 1; }
}
allows "A181 an empty body is 400" post 400 -H 'Content-Type: application/json' -d ''
allows "A181 no JSON is 400" post 400 -H 'Content-Type: application/json' -d '{'
allows "A129 v1beta1 is 400" post 400 -H 'Content-Type: application/json' -d '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{}}'
allows "A181 another content type is 415" post 415 -H 'Content-Type: text/plain' -d '{}'
allows "A181 GET is 405" post 405
head -c $((7 * 1024 * 1024 + 1)) /dev/zero | tr '\0' ' ' >"$dir/large"
allows "A181 a body above 7 MiB is 413" post 413 -H 'Content-Type: application/json' -H 'Expect:' --data-binary "@$dir/large"
metrics() { curl -fsS "http://127.0.0.1:$((port + 1))/metrics"; }
counted() { metrics | grep -F 'seaworthy_admissions_total{outcome="denied",reason="Violated",rule="pods"}' && metrics | grep seaworthy_snapshot_age_seconds && metrics | grep seaworthy_would_deny_total; }
allows "decisions are counted" counted

"$root/e2e/cluster/control-plane" stop "$dir/cluster" kube-apiserver >/dev/null
review='{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","resource":{"group":"","version":"v1","resource":"pods"},"namespace":"payments","operation":"CREATE","object":{"spec":{"nodeName":"n1"}}}}'
ask() { curl -sS --cacert "$dir/tls/tls.crt" -H 'Content-Type: application/json' -d "$review" "https://127.0.0.1:$port/validate"; }
cut_off() { [[ $(ask) == *'SnapshotTooOld'* ]]; }
within 40 cut_off
verdict "A125 cut off from the API server, it denies" $? "$(ask 2>&1)"
ready >/dev/null
verdict "and still answers, to say so" $? "$(curl -sS "http://127.0.0.1:$((port + 1))/readyz")"
kill -TERM $hook
wait $hook
verdict "SIGTERM ends it in good order" $? "status $?, $(tail -3 "$dir/webhook.log")"
[[ $failed == 0 ]] || tail -20 "$dir/webhook.log"
exit $failed

#!/bin/bash
# Reading a node's evidence: who may, by a real API server's RBAC, TokenRequest and pod proxy; from two replicas of which one
# hears the node; as files that inspect reads. (docs/evidence.md; A-112)
set -euo pipefail
# The API server proxies to no loopback address.
rig_listen=0.0.0.0
# shellcheck source-path=SCRIPTDIR source=../lib/rig.sh
. "$(dirname "$0")/../lib/rig.sh"
address=$(hostname -I | cut -d ' ' -f 1)

# The pod that a replica would be: what the API server needs to pass requests on.
operator_pod() { # name, number of the replica
  system create -f - >/dev/null <<END
{"apiVersion": "v1", "kind": "Pod",
 "metadata": {"name": "$1", "labels": {"app.kubernetes.io/name": "seaworthy", "app.kubernetes.io/component": "operator"}},
 "spec": {"serviceAccountName": "seaworthy-operator", "automountServiceAccountToken": false, "nodeName": "other",
          "containers": [{"name": "operator", "image": "seaworthy/operator",
                          "ports": [{"name": "https", "containerPort": $(rig_port $((2 * ($2 - 1))))}]}]}}
END
  system patch pod "$1" --subresource status --type merge \
    -p "{\"status\": {\"phase\": \"Running\", \"podIP\": \"$address\", \"podIPs\": [{\"ip\": \"$address\"}]}}" >/dev/null
}
user() { "$root/e2e/cluster/control-plane" user "$rig/cluster" "$1"; }
seaworthy() { # user, arguments
  "$(program cli kubectl-seaworthy)" --kubeconfig "$rig/$1.conf" "${@:2}"
}
capture() { # user, node, folder, more…
  seaworthy "$1" capture node "$2" --evidence "$rig/$3" "${@:4}"
}

rig_start honest other
start_operator second 2
operator_pod operator-1 1
operator_pod operator-2 2
ln -s "$rig/cluster/admin.conf" "$rig/admin.conf"
for name in alice mallory; do ln -s "$(user $name)" "$rig/$name.conf"; done
system create rolebinding alice-reads --role seaworthy-evidence-reader --user alice >/dev/null
system create configmap tpm-roots \
  --from-literal "roots.pem=$("$(program machine seaworthy-machine)" ca --ca "$rig/ca")" >/dev/null
"$(program machine seaworthy-machine)" reference-values --name debian-12 | k apply -f - >/dev/null
sed '/^---/,$d; s/enrolment: .*/enrolment: CertifiedTPM/' "$root/e2e/story/policies.yaml" | k apply -f - >/dev/null

# --- nothing to show, and nobody who may see it

check_refused "a node that never enrolled has nothing to show" "not enrolled" capture alice honest none
check_refused "there has to be such a node" "there is no node 'nobody'" capture alice nobody none
check_refused "who is bound to nothing is told what is missing" 'serviceaccounts/token.*' capture mallory honest none
check_refused "by the name of the Role" "Role seaworthy-evidence-reader in seaworthy-system" capture mallory honest none
check_refused "an administrator who acts as nobody in particular, likewise" "cannot create resource" \
  capture admin honest none --as bob

# --- the evidence of a node

start_machine honest
start_agent honest
check "the node becomes Trusted" within 60 is honest Trusted
check "who may read it gets it" capture alice honest first --timeout 30
check "an administrator who acts as them, too" capture admin honest as --as alice --timeout 30
private() { [[ $(stat -c %a "$rig/first") == 700 && $(stat -c %a "$rig/first"/* | sort -u) == 600 ]]; }
check "for nobody else on their machine" private
check "the boot log is the node's" cmp "$rig/first/boot-log" "$rig/honest.run/binary_bios_measurements"
check "the IMA list is the node's" cmp "$rig/first/ima" "$rig/honest.run/binary_runtime_measurements"
inspect_quote() { # folder
  seaworthy alice inspect quote --strict -o json --attest "$rig/$1/quote.attest" --signature "$rig/$1/quote.signature" \
    --ak "$rig/$1/ak.tpmt_public" --nonce "$rig/$1/quote.nonce" --pcrs "$rig/$1/quote.pcrs" >"$rig/quote.json"
}
check "inspect quote accepts it, values included" inspect_quote first
same_values() { [[ $(jq '.pcrs.sha256 | length' "$rig/quote.json") == 12 ]]; }
check "the values are those that were quoted" same_values
same_key() { [[ -s $rig/quote.json && $(jq -r .ak.name "$rig/quote.json") == "$(k get natt honest -o 'jsonpath={.status.identity.akName}')" ]]; }
check "the AK is the one that the node enrolled" same_key
check "inspect boot-log reads the file" seaworthy alice inspect boot-log --strict "$rig/first/boot-log"
check "inspect ima reads the file" seaworthy alice inspect ima --strict "$rig/first/ima"
check_refused "a folder that is not empty is left alone" "new or empty" capture alice honest first

machine honest run-file /usr/bin/new >/dev/null
check "who asks again gets what is now" capture alice honest second --timeout 30
newer() { (($(stat -c %s "$rig/second/ima") > $(stat -c %s "$rig/first/ima"))) && grep -q /usr/bin/new "$rig/second/ima"; }
check "with what ran since" newer

# --- tokens at the wrong door

ask() { # token, replica
  jq -n --arg token "$1" '{node: "honest", token: $token, maxAgeSeconds: 60}' >"$rig/ask.json"
  k create --raw "/api/v1/namespaces/seaworthy-system/pods/https:operator-${2:-1}:$(rig_port 0)/proxy/v1/evidence" -f "$rig/ask.json"
}
token() { system create token "$1" --audience "$2" --duration 10m; }
check "with the right token, kubectl reads it too" ask "$(token seaworthy-evidence-reader seaworthy.dev/evidence)"
check_refused "A112: the agent's token does not open it" "not valid for audience" ask "$(cat "$rig/honest.token")"
check_refused "A112: nor one of the agent's account" "not of those who read" ask "$(token seaworthy-agent seaworthy.dev/evidence)"
check_refused "A112: nor the reader's for the API server" "not valid for audience" ask "$(system create token seaworthy-evidence-reader)"
as_agent() { curl -sS --cacert "$rig/serving-ca.crt" -H "Authorization: Bearer $1" -d '{}' "$(operator_url)/v1/challenge" | tee "$rig/answer"; }
for audience in seaworthy.dev/evidence seaworthy-verifier; do
  as_agent "$(token seaworthy-evidence-reader $audience)" >/dev/null
  check "A112: a token of the reader for $audience opens no agent's door" grep -q Unauthenticated "$rig/answer"
done

# --- nothing has changed

counted() { curl -fsS "http://127.0.0.1:$(rig_port 1)/metrics" >"$rig/metrics" && grep -q 'outcome="Shown",route="evidence"' "$rig/metrics"; }
check "the operator counts who read" counted
end agent-honest
check_refused "a node that is silent is waited for in vain, and it is said" "nothing came in time" capture alice honest none --timeout 3
system delete pod operator-1 operator-2 --grace-period 0 --force >/dev/null 2>&1
check_refused "without an operator it is said" "no pod of the operator runs" capture alice honest none
checks_end

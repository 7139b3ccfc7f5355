#!/bin/bash
# Who is who: real TPMs (swtpm), real API server, real agents and operator as plain processes. Nodes lie about their TPM.
# (A-01, A-05, A-13, A-20, A-22, A-23, A-53, A-144, and the three enrolment rules)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/rig.sh
. "$(dirname "$0")/../lib/rig.sh"

policy() { # name, enrolment rule, ConfigMap of roots
  sed "/^---/,\$d; s/name: production/name: $1/; s/enrolment: .*/enrolment: $2/; s/tpm-roots/$3/" "$root/e2e/story/policies.yaml"
}
rig_start honest stranger bare second twin
for ca in ca other-ca; do
  system create configmap "roots-$ca" --from-literal "roots.pem=$("$(program machine seaworthy-machine)" ca --ca "$rig/$ca")" >/dev/null
done
"$(program machine seaworthy-machine)" reference-values --name debian-12 | k apply -f - >/dev/null
policy production CertifiedTPM roots-ca | k apply -f - >/dev/null

# --- CertifiedTPM

start_machine honest
start_agent honest
check "a node with a certified TPM becomes Trusted" within 60 is honest Trusted
check "and is enrolled" condition honest Enrolled True .
start_machine stranger other-ca
start_agent stranger
check "A01, A13: a TPM of an unknown CA is not enrolled, and is told why" within 30 grep -q EkCertificateUntrusted "$rig/agent-stranger.log"
no_record() { ! k get natt stranger -o jsonpath='{.status.identity.statement}' | grep -q .; }
check "A01, A13: there is no statement for it" no_record
check "A23: and has no verdict" is stranger Unknown

# --- a TPM whose maker did not store its certificate in it

start_machine bare ca --ek-certificates-elsewhere
start_agent bare bare --ek-certificates "$rig/bare.pem"
check "a TPM without a certificate in it is not enrolled, and is told why" within 30 grep -q EkCertificateMissing "$rig/agent-bare.log"
check "R23: and has no verdict" is bare Unknown
cp "$rig/bare.state/ek-p256.pem" "$rig/bare.pem"
check "with the certificate from elsewhere it becomes Trusted, without a restart" within 90 is bare Trusted

# --- one TPM, one node

start_agent second honest
check "A22: a second node with the same TPM is refused, and it is an alarm" within 30 condition second Enrolled False "DuplicateTpm"
alarm() { # node
  k get events.events.k8s.io -A -o json | jq -e --arg node "$1" \
    'any(.items[]; .reason == "DuplicateTpm" and .type == "Warning" and .regarding.name == $node)'
}
check "A22: on the first one too" within 10 alarm honest
check "A22: the second never holds the class" is second Unknown
end agent-second
machine honest clone "$rig/twin.state" >/dev/null
start_machine twin
start_agent twin
check "A53: a clone of the TPM on another node is refused" within 30 condition twin Enrolled False "DuplicateTpm"
check "A53: and never holds the class" is twin Unknown
end agent-twin && end machine-twin

# --- another TPM on an enrolled node

end agent-honest
start_machine replacement
start_agent honest replacement
check "A05, A20: what another TPM on an enrolled node shows is refused" within 30 condition honest Attested False EvidenceRefused
check "A05, A20: its verdict is not renewed" within 60 is honest Stale
end agent-honest
start_agent honest
check "the true one is Trusted again" within 60 is honest Trusted

# --- another Node of the same name

k delete node honest >/dev/null
within 30 bash -c "! '$KUBECTL' --kubeconfig '$rig/cluster/admin.conf' get natt honest"
"$root/e2e/cluster/control-plane" node "$rig/cluster" honest >/dev/null
check "A144: a new Node of the same name starts as Unknown" is honest Unknown
checks_end

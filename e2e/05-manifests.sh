#!/bin/bash
# What is installed, against a real API server as a plain process: it applies, twice; nobody may do more than they need; the
# guards hold. (A-02, A-52, A-119, A-120, A-134, A-136, A-137, A-140, A-143, A-150)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/checks.sh
. "$root/e2e/lib/checks.sh"

dir=$(mktemp -d "${TMPDIR:-/tmp}/seaworthy-manifests.XXXXXX")
trap '"$root/e2e/cluster/control-plane" stop "$dir" >/dev/null 2>&1; rm -rf "$dir"' EXIT
"$root/e2e/cluster/control-plane" start "$dir" --owner $$
node_conf=$("$root/e2e/cluster/control-plane" node "$dir" worker)
# shellcheck source=/dev/null
. "$dir/env"
k() { "$KUBECTL" --kubeconfig "$dir/admin.conf" --request-timeout 15s "$@"; }
sa() { k --as "system:serviceaccount:seaworthy-system:$1" --as-group system:serviceaccounts --as-group system:authenticated "${@:2}"; }
input() { "${@:2}" <<<"$1"; }

# --- it applies

check "the installation applies by -k" k apply --server-side -k "$root/manifests"
check "and again, changing nothing" k apply --server-side -k "$root/manifests"
k kustomize "$root/manifests" >"$dir/seaworthy.yaml"
check "the rendered file applies by -f" k apply -f "$dir/seaworthy.yaml"
k create namespace seaworthy-machines >/dev/null # a dry run makes no namespace for what is in it
check "the overlay for kind applies" k apply --server-side --force-conflicts -k "$root/manifests/overlays/kind" --dry-run=server
k wait --for condition=Established crd --all --timeout 30s >/dev/null
check "the story's policies are valid" k apply -f "$root/e2e/story/policies.yaml"

# --- static promises

all=$(cat "$dir/seaworthy.yaml")
check_refused "A02: no certificate is an anchor by default" "" grep -q 'BEGIN CERTIFICATE' <<<"$all"
check_refused "A150: no key and no Secret is installed" "" grep -qE '^kind: Secret|PRIVATE KEY' <<<"$all"
check_refused "A119: nothing selects objects by label at admission" "" grep -q 'objectSelector' <<<"$all"
images_root() { k get deploy,ds -n seaworthy-system -o json | jq -e '[.items[].spec.template.spec.containers[] | .securityContext.readOnlyRootFilesystem] | all'; }
check "every root file system is read-only" images_root
no_privilege() { # no container is privileged or may become so, and all drop every capability
  k get deploy,ds -n seaworthy-system -o json | jq -e '[.items[].spec.template.spec | (.containers + (.initContainers // []))[] | .securityContext |
    .privileged != true and .allowPrivilegeEscalation == false and .capabilities.drop == ["ALL"]] | length >= 4 and all'
}
check "no container is privileged, and every one drops all capabilities" no_privilege
added() { [[ $(k get deploy,ds -n seaworthy-system -o json | jq -c '[.items[] | .metadata.name as $name |
  .spec.template.spec.containers[] | {($name): (.securityContext.capabilities.add // [])}] | add | map_values(select(. != []))') == "$1" ]]; }
check "but DAC_OVERRIDE for the agent, to open a TPM that a distribution gave to a group" added '{"seaworthy-agent":["DAC_OVERRIDE"]}'
writable() { # host paths that a container may write to
  [[ $(k get deploy,ds -n seaworthy-system -o json | jq -c '[.items[].spec.template.spec | .volumes as $volumes | .containers[].volumeMounts[]? |
    select(.readOnly != true) | .name as $name | $volumes[] | select(.name == $name) | .hostPath.path]') == "$1" ]]
}
check "the only folders of a node that are written to are the agent's own and the kubelet's for device plugins" \
  writable '["/run/seaworthy-agent","/var/lib/kubelet/device-plugins"]'
nonroot() { k get deploy -n seaworthy-system -o json | jq -e '[.items[].spec.template.spec.securityContext.runAsNonRoot] | all'; }
check "operator and webhook are not root" nonroot

# --- who may do what

can() { # account, verb, resource, more…
  [[ $(sa "$1" auth can-i "${@:2}" 2>/dev/null) == yes ]]
}
cannot() { ! can "$@"; }
may() { check "$1 may ${*:2}" can "$@"; }
may_not() { check "$1 may not ${*:2}" cannot "$@"; }
may seaworthy-operator create tokenreviews.authentication.k8s.io
may seaworthy-operator patch nodeattestations.seaworthy.dev --subresource status
may seaworthy-operator patch nodes
may seaworthy-operator create validatingadmissionpolicies.admissionregistration.k8s.io
may seaworthy-operator create mutatingadmissionpolicybindings.admissionregistration.k8s.io
may seaworthy-operator get secrets/seaworthy-verifier-key -n seaworthy-system
may seaworthy-operator update leases.coordination.k8s.io -n seaworthy-system
may_not seaworthy-operator list secrets -n seaworthy-system
may_not seaworthy-operator get secrets/anything -n default
may_not seaworthy-operator get configmaps -n default
may_not seaworthy-operator delete nodes
may_not seaworthy-operator update attestationpolicies.seaworthy.dev
may_not seaworthy-operator update referencevaluesets.seaworthy.dev
may_not seaworthy-operator create pods
may_not seaworthy-operator create serviceaccounts --subresource token
may_not seaworthy-operator impersonate users
may seaworthy-webhook watch nodeattestations.seaworthy.dev
may seaworthy-webhook get configmaps/seaworthy-jwks -n seaworthy-system
may_not seaworthy-webhook get secrets/seaworthy-verifier-key -n seaworthy-system
may_not seaworthy-webhook patch nodeattestations.seaworthy.dev --subresource status
may_not seaworthy-webhook patch nodes
may_not seaworthy-webhook create pods
may_not seaworthy-agent get nodes
may_not seaworthy-agent get nodeattestations.seaworthy.dev
may_not seaworthy-agent patch nodeattestations.seaworthy.dev --subresource status
may_not seaworthy-agent get configmaps -n seaworthy-system
may_not seaworthy-agent get secrets -n seaworthy-system

floor='{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"seaworthy-floor-x"},
  "spec":{"paramKind":{"apiVersion":"seaworthy.dev/v1alpha1","kind":"AttestationClass"},
  "matchConstraints":{"resourceRules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods/binding"]}]},
  "validations":[{"expression":"true"}]}}'
check "the operator may create a floor, whose parameter is an AttestationClass" input "$floor" sa seaworthy-operator create --dry-run=server -f -

# --- guards

k create -f - >/dev/null <<<'{"apiVersion":"seaworthy.dev/v1alpha1","kind":"NodeAttestation","metadata":{"name":"worker"}}'
verdicts='{"status":{"verdicts":[{"policy":"production","verdict":"Trusted","reason":"Appraised","message":"","sinceTime":"2026-01-01T00:00:00Z"}]}}'
status() { "$@" patch natt worker --subresource status --type merge -p "$verdicts"; }
check_refused "A134: not even a cluster administrator writes a verdict" "Only Seaworthy's operator writes the status" status k
check_refused "A137: an agent cannot write evidence, its own or another's" "forbidden|Forbidden" status sa seaworthy-agent
check "the operator can" status sa seaworthy-operator
cm() { "$@" -n seaworthy-system create configmap "$name" --from-literal x=y --dry-run=server; }
for name in seaworthy-jwks seaworthy-ca; do
  check_refused "A134: an administrator cannot write ConfigMap $name" "Only Seaworthy's operator writes its ConfigMaps" cm k
  check "the operator can write ConfigMap $name" cm sa seaworthy-operator
done
name=tpm-roots
check "an administrator can write ConfigMap $name" cm k
tpm_pod() { # namespace, containers or initContainers
  k create --dry-run=server -f - <<<"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"taker\",\"namespace\":\"$1\"},
    \"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x\"}],\"$2\":[{\"name\":\"t\",\"image\":\"x\",\"resources\":{\"limits\":{\"$3\":1}}}]}}"
}
# The account that pods need to be created, which the controllers make in their own time.
for namespace in default seaworthy-system; do
  until k -n "$namespace" get serviceaccount default >/dev/null 2>&1; do sleep 0.2; done
done
check_refused "A52: no other pod gets a node's TPM" "seaworthy.dev/tpm is for Seaworthy's agent" tpm_pod default containers seaworthy.dev/tpm
check_refused "A52: nor by a container that runs first" "seaworthy.dev/tpm is for Seaworthy's agent" tpm_pod default initContainers seaworthy.dev/tpm
check "other devices are nobody's business" tpm_pod default initContainers example.com/gpu
check "the agent's namespace may ask" tpm_pod seaworthy-system initContainers seaworthy.dev/tpm
class='{"apiVersion":"seaworthy.dev/v1alpha1","kind":"AttestationClass","metadata":{"name":"production"},"holders":{"worker":"uid"}}'
check_refused "A134: an administrator cannot say who holds a class" "Only Seaworthy's operator" input "$class" k create --dry-run=server -f -
check "the operator can" input "$class" sa seaworthy-operator create --dry-run=server -f -

what_if() { # label, mode: the story's production policy, labelled and in that mode
  k get atp production -o json | jq --arg key "$1" --arg mode "$2" '{apiVersion, kind, metadata: {name: "what-if", labels: {($key): "x"}},
    spec: (.spec | .enforcement.mode = $mode)}' | k apply -f - >/dev/null
}
operator_deletes() { sa seaworthy-operator delete atp "$1" --dry-run=server; }
check_refused "the operator deletes no policy that is in force" "deletes no AttestationPolicy but dry runs" operator_deletes production
what_if seaworthy.dev/what-if Enforce
check_refused "whatever its labels are" "deletes no AttestationPolicy but dry runs" operator_deletes what-if
what_if other DryRun && k label atp what-if seaworthy.dev/what-if- >/dev/null
check_refused "nor a dry run that somebody else made" "deletes no AttestationPolicy but dry runs" operator_deletes what-if
what_if seaworthy.dev/what-if DryRun
check "but a what-if it does" operator_deletes what-if
k delete atp what-if >/dev/null

# --- the API refuses what would be no guarantee

policy() { # jq expression that changes the story's production policy
  k get atp production -o json | jq "del(.metadata.uid,.metadata.resourceVersion) | .metadata.name=\"x\" | $1" | k create --dry-run=server -f -
}
check "the policy as it is" policy .
check_refused "A140: kube-system cannot be governed" "cannot be governed" policy '.spec.workloads.namespaces=["kube-system"]'
check_refused "A140: nor can seaworthy-system" "cannot be governed" policy '.spec.workloads.namespaces=["seaworthy-system"]'
check_refused "A140: a boot that is compared with nothing must say so" "boot: Any" policy '.spec.evidence.referenceValues=[]'
check_refused "A140: files that are compared with nothing must say so" "unknownFiles" policy '.spec.evidence.runtime.referenceValues=[]'
check_refused "A140: an anchor is named" "trustAnchors" policy '.spec.identity.trustAnchors=[]'

# --- a node's own credentials (NodeRestriction)

node() { "$KUBECTL" --kubeconfig "$node_conf" --request-timeout 15s "$@"; }
check_refused "A143: a kubelet cannot give itself a class" "forbidden|is not allowed" \
  node label node worker seaworthy.node-restriction.kubernetes.io/production=trusted
k taint node worker seaworthy.dev/untrusted:NoSchedule >/dev/null
check_refused "A143: nor take the taint off" "forbidden|is not allowed" \
  node patch node worker --type merge -p '{"spec":{"taints":[]}}'
check_refused "A137: nor write what is known of it" "forbidden" status node
checks_end

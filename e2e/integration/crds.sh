#!/bin/bash
# Does a real API server take the schemas in crds/, refuse what they say they refuse, and say why?
#
#   e2e/integration/crds.sh     (starts a control plane of its own)
#
# Applies crds/ and tries a table of objects, most of them by --dry-run=server. One line per case:
# "ok NAME" or "FAIL NAME: what came instead". Exit status 1 if any failed.
# shellcheck disable=SC2317 # the trap's function
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
finish() {
  "$root/e2e/cluster/control-plane" stop "$dir/cluster" >/dev/null 2>&1
  rm -rf "$dir"
}
trap finish EXIT
"$root/e2e/cluster/control-plane" start "$dir/cluster" --controllers off --owner $$ >"$dir/log" 2>&1 || {
  cat "$dir/log" >&2
  exit 1
}
# shellcheck source=/dev/null  # KUBECONFIG, KUBECTL
. "$dir/cluster/env"
export KUBECONFIG
PATH=$(dirname "$KUBECTL"):$PATH
failed=0

verdict() { # name, 0 or not, what came
  if [[ $2 == 0 ]]; then
    echo "ok   $1"
  else
    echo "FAIL $1: $3"
    failed=1
  fi
}

accepts() { # name; object on stdin
  local got
  got=$(kubectl create --dry-run=server -o name -f - 2>&1)
  verdict "$1" $? "$got"
}

refuses() { # name, text that the refusal contains; object on stdin
  local got
  if got=$(kubectl create --dry-run=server -o name -f - 2>&1); then
    verdict "$1" 1 "was accepted: $got"
  else
    [[ $got == *"$2"* ]]
    verdict "$1" $? "$got"
  fi
}

prints() { # name, expected, command…
  local name=$1 expected=$2 got
  shift 2
  got=$("$@" 2>&1)
  [[ $got == "$expected" ]]
  verdict "$name" $? "$got"
}

# policy [PATH=YAML…]: a policy that is accepted, with these members of it replaced.
policy() {
  local spec_name=production nodes='{}' workloads='{namespaces: [payments]}'
  local identity='{enrolment: Manual, trustAnchors: [{configMap: {name: roots, key: roots.pem}}]}'
  local evidence='{referenceValues: [debian-12], runtime: {referenceValues: [debian-12-files]}}'
  local freshness='{intervalSeconds: 30, maxAgeSeconds: 120}' enforcement='{mode: Enforce}' part
  for part in "$@"; do
    case ${part%%=*} in
      name) spec_name=${part#*=} ;;
      nodes) nodes=${part#*=} ;;
      workloads) workloads=${part#*=} ;;
      identity) identity=${part#*=} ;;
      evidence) evidence=${part#*=} ;;
      freshness) freshness=${part#*=} ;;
      enforcement) enforcement=${part#*=} ;;
    esac
  done
  cat <<END
apiVersion: seaworthy.dev/v1alpha1
kind: AttestationPolicy
metadata: {name: $spec_name}
spec:
  nodes: $nodes
  workloads: $workloads
  identity: $identity
  evidence: $evidence
  freshness: $freshness
  enforcement: $enforcement
END
}

values() { # spec
  cat <<END
apiVersion: seaworthy.dev/v1alpha1
kind: ReferenceValueSet
metadata: {name: debian-12}
spec: $1
END
}

node() { # spec
  cat <<END
apiVersion: seaworthy.dev/v1alpha1
kind: NodeAttestation
metadata: {name: n1.example.com}
spec: $1
END
}

digest=$(printf 'a%.0s' {1..63})7 # YAML would read digits alone as a number

kubectl apply -k "$root/crds" >/dev/null || exit 1
kubectl wait --for=condition=Established --timeout=30s crd/{attestationpolicies,referencevaluesets,nodeattestations}.seaworthy.dev >/dev/null || exit 1
for crd in attestationpolicies referencevaluesets nodeattestations; do
  prints "$crd: the schema is structural" "" kubectl get crd "$crd.seaworthy.dev" -o 'jsonpath={.status.conditions[?(@.type=="NonStructuralSchema")].message}'
  prints "$crd: is in the category seaworthy" seaworthy kubectl get crd "$crd.seaworthy.dev" -o 'jsonpath={.status.acceptedNames.categories[*]}'
done

# ---- AttestationPolicy ---------------------------------------------------------------------
policy | accepts "a policy"
policy workloads='{}' | accepts "a policy that governs nothing"
policy name="$(printf 'p%.0s' {1..50})" | accepts "a name of 50 characters"
policy name="$(printf 'p%.0s' {1..51})" | refuses "a name of 51 characters" "the name of an AttestationPolicy is at most 50 lower-case letters, digits and '-', without dots: it becomes part of a node label"
policy name=a.b | refuses "a name with a dot" "the name of an AttestationPolicy is at most 50 lower-case letters"
for namespace in kube-system kube-node-lease kube-public seaworthy-system; do
  policy workloads="{namespaces: [payments, $namespace]}" | refuses "A123 governing $namespace" "kube-system, kube-node-lease, kube-public and seaworthy-system cannot be governed: the cluster or Seaworthy itself needs them to start"
done
policy workloads='{namespaces: [Payments]}' | refuses "a namespace that cannot exist" "spec.workloads.namespaces[0]: Invalid value: \"Payments\""
policy workloads='{namespaces: [payments, payments]}' | refuses "a namespace twice" "spec.workloads.namespaces[1]: Duplicate value: \"payments\""
policy workloads='{namespaces: ["*"]}' | refuses "a pattern for a namespace" "spec.workloads.namespaces[0]: Invalid value: \"*\""
policy nodes='{selector: {matchExpressions: [{key: pool, operator: In}]}}' | refuses "In without values" "values must not be empty for operator In or NotIn, and must be empty for Exists or DoesNotExist"
policy nodes='{selector: {matchExpressions: [{key: pool, operator: Exists, values: [a]}]}}' | refuses "Exists with values" "values must not be empty for operator In or NotIn, and must be empty for Exists or DoesNotExist"
policy nodes='{selector: {matchExpressions: [{key: pool, operator: Near, values: [a]}]}}' | refuses "an operator that there is not" "supported values: \"In\", \"NotIn\", \"Exists\", \"DoesNotExist\""
policy nodes='{selector: {matchLabels: {pool: prod}, matchExpressions: [{key: pool, operator: NotIn, values: [a]}]}}' | accepts "a selector"
policy identity='{enrolment: Inventory, trustAnchors: []}' | refuses "no trust anchors" "trustAnchors must not be empty: without a root of the TPM vendors no certificate of a TPM can be believed"
policy identity='{enrolment: Inventory}' | refuses "trust anchors absent" "trustAnchors must not be empty"
policy identity='{enrolment: Inventory, ekCertificate: Optional}' | accepts "listed keys without certificates"
policy identity='{enrolment: CertifiedTPM, ekCertificate: Optional, trustAnchors: [{configMap: {name: roots, key: roots.pem}}]}' | refuses "A01 CertifiedTPM without certificates" "enrolment: CertifiedTPM needs ekCertificate: Required (the default): nothing else says that the key is inside a TPM"
policy identity='{ekCertificate: Never, trustAnchors: [{configMap: {name: roots, key: roots.pem}}]}' | refuses "a rule for certificates that there is not" "supported values: \"Required\", \"Optional\""
policy identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}, allow: [ExpiredLeaf, MissingUsage, SHA1]}]}' | accepts "all exceptions of an anchor"
policy identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}, allow: [MD5]}]}' | refuses "an exception that there is not" "supported values: \"ExpiredLeaf\", \"MissingUsage\", \"SHA1\""
policy identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}, allow: [SHA1, SHA1]}]}' | refuses "an exception twice" "Duplicate value"
policy identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}}], revocationLists: [{configMap: {name: crls, key: crls.pem}}]}' | accepts "revocation lists"
policy identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}}], revocationLists: [{configMap: {name: crls}}]}' | refuses "revocation lists without a key" "spec.identity.revocationLists[0].configMap.key: Required value"
policy identity="{trustAnchors: [{configMap: {name: roots, key: roots.pem}}], denied: {ekHashes: ['sha256:$digest'], certificates: ['sha256:$digest'], firmware: [{manufacturer: 'id:49465800'}, {manufacturer: 'id:49465800', version: 'id:00070055'}]}}" | accepts "denied TPMs"
policy identity="{trustAnchors: [{configMap: {name: roots, key: roots.pem}}], denied: {ekHashes: ['$digest']}}" | refuses "a denied key without sha256:" "spec.identity.denied.ekHashes[0]: Invalid value"
policy identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}}], denied: {firmware: [{version: a}]}}' | refuses "denied firmware of nobody" "spec.identity.denied.firmware[0].manufacturer: Required value"
policy identity='{enrolment: Anyone, trustAnchors: [{configMap: {name: roots, key: roots.pem}}]}' | refuses "an enrolment that there is not" "spec.identity.enrolment: Unsupported value: \"Anyone\": supported values: \"Inventory\", \"Manual\", \"CertifiedTPM\""
policy identity='{trustAnchors: [{configMap: {name: Roots, key: roots.pem}}]}' | refuses "a ConfigMap that cannot exist" "spec.identity.trustAnchors[0].configMap.name: Invalid value: \"Roots\""
policy evidence='{runtime: {ima: Ignored}}' | refuses "boot without reference values" "boot: ReferenceValues (the default) needs at least one name in referenceValues; boot: Any compares the boot with nothing"
policy evidence='{boot: Any, referenceValues: [a], runtime: {ima: Ignored}}' | refuses "any boot with reference values" "boot: Any compares the boot with nothing, so referenceValues must be empty"
policy evidence='{boot: Any, runtime: {ima: Ignored}}' | accepts "any boot, nothing of the runtime"
policy evidence='{boot: Any}' | refuses "nothing said about the runtime" "spec.evidence.runtime: Required value"
policy evidence='{boot: Any, runtime: {}}' | refuses "runtime without known files" "ima: Required with unknownFiles: Violated (the defaults) needs at least one name in runtime.referenceValues, or every file would be unknown; ima: Ignored looks at no files, unknownFiles: Report only reports them"
policy evidence='{boot: Any, runtime: {unknownFiles: Report}}' | accepts "runtime without known files, reported only"
policy evidence='{boot: Any, runtime: {ima: Ignored, referenceValues: [a]}}' | refuses "files that nobody looks at" "ima: Ignored looks at no files, so runtime.referenceValues must be empty"
policy evidence='{boot: Any, runtime: {unknownFiles: Report, oldKernels: Allowed, paths: [{prefix: /srv/, files: IgnoredEvenIfExecuted}, {prefix: /, files: Judged}]}}' | accepts "folders that are ignored"
policy evidence='{boot: Any, runtime: {unknownFiles: Report, oldKernels: Maybe}}' | refuses "a rule about old kernels that there is not" "spec.evidence.runtime.oldKernels: Unsupported value: \"Maybe\""
for prefix in / /usr/ /usr/bin/ /etc/; do
  policy evidence="{boot: Any, runtime: {unknownFiles: Report, paths: [{prefix: $prefix, files: IgnoredEvenIfExecuted}]}}" | refuses "ignoring $prefix" "prefix is or contains a folder of programs, which cannot be ignored as a whole: name the folders below it"
done
policy evidence='{boot: Any, runtime: {unknownFiles: Report, paths: [{prefix: /srv, files: Judged}]}}' | refuses "a prefix that is no folder" "spec.evidence.runtime.paths[0].prefix: Invalid value: \"/srv\""
policy evidence='{boot: Any, runtime: {unknownFiles: Report, paths: [{prefix: /srv/../, files: Judged}]}}' | refuses "a prefix with a step back" "a folder has no '//', '/./' or '/../'"
policy evidence='{boot: Any, runtime: {unknownFiles: Report, paths: [{prefix: /srv/, files: Ignored}]}}' | refuses "ignoring without saying what" "spec.evidence.runtime.paths[0].files: Unsupported value: \"Ignored\""
policy evidence='{boot: Any, runtime: {ima: Ignored, paths: [{prefix: /srv/, files: Judged}]}}' | refuses "folders that nobody looks at" "ima: Ignored looks at no files, so runtime.paths must be empty"
policy evidence='{boot: Any, runtime: {ima: Maybe}}' | refuses "an ima rule that there is not" "spec.evidence.runtime.ima: Unsupported value: \"Maybe\": supported values: \"Required\", \"Ignored\""
policy freshness='{intervalSeconds: 60, maxAgeSeconds: 119}' | refuses "a verdict shorter than two intervals" "maxAgeSeconds must be at least twice intervalSeconds: otherwise one late quote makes the node Stale"
policy freshness='{intervalSeconds: 60, maxAgeSeconds: 120}' | accepts "a verdict of two intervals"
policy freshness='{maxAgeSeconds: 59}' | refuses "a verdict shorter than two default intervals" "maxAgeSeconds must be at least twice intervalSeconds"
policy freshness='{intervalSeconds: 4}' | refuses "an interval of 4 seconds" "spec.freshness.intervalSeconds in body should be greater than or equal to 5"
policy freshness='{intervalSeconds: 3601, maxAgeSeconds: 8000}' | refuses "an interval above an hour" "spec.freshness.intervalSeconds in body should be less than or equal to 3600"
policy enforcement='{mode: Off}' | refuses "a mode that there is not" "supported values: \"Enforce\", \"Warn\", \"Audit\", \"DryRun\""
policy enforcement='{mode: DryRun}' workloads='{}' | accepts "a dry run, which governs nothing"
policy enforcement='{mode: DryRun}' | accepts "a dry run of a policy that would govern"
policy enforcement='{modus: Audit}' | refuses "a field that there is not" "unknown field \"spec.enforcement.modus\""
policy workloads="{namespaces: [$(seq -s, -f 'ns%g' 257)]}" | refuses "257 namespaces" "spec.workloads.namespaces: Too many: 257: must have at most 256 items"

{
  policy name=defaults identity='{trustAnchors: [{configMap: {name: roots, key: roots.pem}}]}' | sed '/freshness:/d;/enforcement:/d'
} | kubectl apply -f - >/dev/null
prints "the defaults" "Inventory Required Required ReferenceValues Required Violated 30 120 Enforce" kubectl get atp defaults -o \
  'jsonpath={.spec.identity.enrolment} {.spec.identity.ekCertificate} {.spec.evidence.secureBoot} {.spec.evidence.boot} {.spec.evidence.runtime.ima} {.spec.evidence.runtime.unknownFiles} {.spec.freshness.intervalSeconds} {.spec.freshness.maxAgeSeconds} {.spec.enforcement.mode}'
kubectl apply --server-side --subresource=status --field-manager=crds.sh -f - >/dev/null <<'END'
apiVersion: seaworthy.dev/v1alpha1
kind: AttestationPolicy
metadata: {name: defaults}
status:
  observedGeneration: 1
  nodes: {matched: 7, trusted: 4, violated: 1, stale: 2, unknown: 0}
  conditions: [{type: Ready, status: "True", reason: InForce, message: "", lastTransitionTime: "2026-11-24T13:34:00Z", observedGeneration: 1}]
END
got=$(kubectl get atp defaults --no-headers | awk '{print $1, $2, $3, $4, $5, $6, $7, $8, $9}')
[[ $got == "defaults Enforce Inventory 7 4 1 2 0 True" ]]
verdict "the columns of a policy" $? "$got"
kubectl delete atp defaults >/dev/null

secure() { # secureBootMinimum
  policy evidence="{secureBootMinimum: $1, referenceValues: [debian-12], runtime: {referenceValues: [debian-12-files]}}"
}
secure "{sbat: [{component: shim, generation: 4}], revoked: [$digest], pk: {sha256: [$digest], match: Equal}, db: {sha256: [$digest]}}" | accepts "a minimum of Secure Boot"
secure '{sbat: [{component: shim}]}' | refuses "a component without generation" "sbat[0].generation: Required value"
secure '{sbat: [{component: shim, generation: 0}]}' | refuses "generation 0" "should be greater than or equal to 1"
secure '{db: {sha256: []}}' | refuses "no key" "should have at least 1 items"
policy evidence='{secureBoot: Optional, secureBootMinimum: {}, boot: Any, runtime: {ima: Ignored}}' | refuses "a minimum without Secure Boot" "secureBootMinimum needs secureBoot: Required"
policy evidence='{allowedQuirks: [ExitBootServicesNotLogged], boot: Any, runtime: {ima: Ignored}}' | accepts "a quirk"
policy evidence='{allowedQuirks: [DuplicateSeparator], boot: Any, runtime: {ima: Ignored}}' | refuses "a quirk that is none" "Unsupported value: \"DuplicateSeparator\""

# ---- ReferenceValueSet ---------------------------------------------------------------------
values "{boot: {pcrs: [{index: 7, sha256: $digest}], applications: [$digest], commandLines: [quiet]}, files: [{sha256: $digest, path: /bin/sh}]}" | accepts "a set"
values "{files: [{sha256: $digest}]}" | accepts "a set of files"
values '{}' | refuses "a set of nothing" "a set describes something: it needs boot or files"
values '{files: []}' | refuses "a set of no files" "a set describes something: it needs boot or files"
values '{boot: {commandLines: [quiet]}}' | refuses "a command line alone" "boot needs pcrs, applications, unifiedKernels or events: a command line alone says nothing about what was booted"
values "{boot: {pcrs: [{index: 10, sha256: $digest}]}}" | refuses "PCR 10" "PCRs 0 to 9 and 11 to 15 can be compared: 10 changes with every file that runs (use files)"
values "{boot: {pcrs: [{index: 32, sha256: $digest}]}}" | refuses "PCR 32" "spec.boot.pcrs[0].index in body should be less than or equal to 15"
values "{boot: {pcrs: [{index: 7, sha256: $digest}, {index: 7, sha256: $digest}]}}" | refuses "a PCR twice" "spec.boot.pcrs[1]: Duplicate value: {\"index\":7}"
values "{boot: {unifiedKernels: [$digest], events: [{pcr: 11, sha256: [$digest]}, {pcr: 13}]}, notBefore: '2026-11-01T00:00:00Z', retireAfter: '2026-12-01T00:00:00Z'}" | accepts "a unified kernel image, events and a window"
values "{boot: {events: [{pcr: 10}]}}" | refuses "events of PCR 10" "PCRs 0 to 9 and 11 to 15 can be compared"
values "{boot: {events: [{pcr: 9}, {pcr: 9}]}}" | refuses "events of a PCR twice" "spec.boot.events[1]: Duplicate value: {\"pcr\":9}"
values "{files: [{sha256: $digest}], notBefore: '2026-12-01T00:00:00Z', retireAfter: '2026-11-01T00:00:00Z'}" | refuses "a window that ends before it begins" "retireAfter must be after notBefore"
values "{boot: {applications: [${digest}0]}}" | refuses "65 digits" "spec.boot.applications[0]: Too long: may not be more than 64 bytes"
values "{boot: {applications: [sha256:$digest]}}" | refuses "a digest with a prefix" "spec.boot.applications[0]"
values "{files: [{sha256: ${digest/7/F}}]}" | refuses "upper-case digits" "spec.files[0].sha256 in body should match '^[0-9a-f]{64}\$'"
values "{files: [{sha256: $digest, match: ContentAndPath}]}" | refuses "a path that binds and is not there" "match: ContentAndPath needs a path"
values "{files: [{sha256: $digest, path: /bin/sh, match: ContentAndPath}, {sha256: $digest, match: Content}]}" | accepts "files by content and path"
values "{deniedFiles: [{sha256: $digest, note: CVE-2026-1}]}" | accepts "withdrawn files alone"
values '{deniedFiles: []}' | refuses "no withdrawn files" "a set describes something: it needs boot or files"
values "{measurements: [{name: .ima, sha256: $digest}], imaPolicies: [{sha256: $digest}]}" | accepts "keys and rules of IMA"
values "{measurements: [{sha256: $digest}]}" | refuses "a measurement without a name" "spec.measurements[0].name: Required value"
values '{imaPolicies: [{sha256: aa}]}' | refuses "rules of IMA without a digest" "spec.imaPolicies[0].sha256: Invalid value: \"aa\""
pem='-----BEGIN PUBLIC KEY-----'
values "{signers: [{name: vendor, key: '$pem', minimumVersion: 3}]}" | accepts "a signer"
values "{signers: [{name: vendor, key: MII}]}" | refuses "a signer whose key is no PEM" "spec.signers[0].key: Invalid value: \"MII\""
values "{signers: [{name: vendor, key: '$pem', minimumVersion: 4}]}" | refuses "a version that there is not" "spec.signers[0].minimumVersion in body should be less than or equal to 3"
values "{signers: [{name: vendor, key: '$pem'}, {name: vendor, key: '$pem'}]}" | refuses "a signer twice" "Duplicate value"
values '{files: [{path: /bin/sh}]}' | refuses "a path alone" "spec.files[0].sha256: Required value"

# ---- AttestationClass ----------------------------------------------------------------------
class() {
  cat <<END
apiVersion: seaworthy.dev/v1alpha1
kind: AttestationClass
metadata: {name: production}
$1
END
}
class $'holders: {}\nrefusals: {}' | accepts "a class that nobody holds"
class "holders: {n1: $digest}" | accepts "a class with a holder"
class "holders: {n1: $digest$digest$digest}" | refuses "an endless UID" "holders.n1: Too long"
class "refusals: {n1: $(printf 'x%.0s' {1..513})}" | refuses "an endless reason" "refusals.n1: Too long"

# ---- NodeAttestation -----------------------------------------------------------------------
node "{ekHash: 'sha256:$digest'}" | accepts "a pin"
node '{}' | accepts "no pin"
node "{ekHash: '$digest'}" | refuses "a pin without its algorithm" "spec.ekHash in body should match '^sha256:[0-9a-f]{64}\$'"
node "{ekHash: 'sha256:${digest/7/F}'}" | refuses "a pin in upper case" "spec.ekHash in body should match '^sha256:[0-9a-f]{64}\$'"

node '{}' | kubectl apply -f - >/dev/null
status() { # field manager, status
  kubectl apply --server-side --subresource=status --field-manager="$1" -f - <<END
apiVersion: seaworthy.dev/v1alpha1
kind: NodeAttestation
metadata: {name: n1.example.com}
status: $2
END
}
condition='type: Enrolled, status: "True", reason: Activated, message: "", lastTransitionTime: "2026-11-24T13:34:00Z"'
status seaworthy-verifier "{results: [{verifier: seaworthy-operator, ear: a.b.c}], conditions: [{$condition}]}" >/dev/null
status seaworthy-controller '{verdicts: [{policy: production, verdict: Trusted, sinceTime: "2026-11-24T13:34:00Z"}]}' >/dev/null
status other-verifier '{results: [{verifier: other, ear: d.e.f}]}' >/dev/null
prints "verifiers and controller do not overwrite one another" "a.b.c d.e.f production True" kubectl get natt n1.example.com -o \
  'jsonpath={.status.results[*].ear} {.status.verdicts[*].policy} {.status.conditions[?(@.type=="Enrolled")].status}'
status other-verifier '{}' >/dev/null
prints "a verifier that gives up its result leaves those of others" "a.b.c production" kubectl get natt n1.example.com -o \
  'jsonpath={.status.results[*].ear} {.status.verdicts[*].policy}'
got=$(status seaworthy-controller '{verdicts: [{policy: production, verdict: Fine, sinceTime: "2026-11-24T13:34:00Z"}]}' 2>&1)
[[ $got == *'status.verdicts[0].verdict: Unsupported value: "Fine": supported values: "Trusted", "Violated", "Stale", "Unknown"'* ]]
verdict "a verdict that there is not" $? "$got"
got=$(status seaworthy-controller '{verdicts: [{policy: production, verdict: Stale, sinceTime: yesterday}]}' 2>&1)
[[ $got == *'status.verdicts[0].sinceTime'* ]]
verdict "a time that is none" $? "$got"
kubectl delete natt n1.example.com >/dev/null

for explained in atp.spec.enforcement.mode aclass.refusals rvs.spec.files natt.spec.ekHash natt.status.results.ear; do
  got=$(kubectl explain "$explained" 2>&1)
  [[ $got == *DESCRIPTION* && $got != *"<empty>"* ]]
  verdict "kubectl explain $explained" $? "$got"
done
if ! command -v jq >/dev/null; then
  echo "skip every field says what it is: needs jq"
  exit $failed
fi
undocumented=$(kubectl get crd -o json | jq '[.items[] | select(.spec.group == "seaworthy.dev") | .spec.versions[].schema.openAPIV3Schema.properties | del(.metadata, .apiVersion, .kind) |
  .. | .properties? // empty | .[] | select(.description == null)] | length')
[[ $undocumented == 0 ]]
verdict "every field says what it is" $? "$undocumented without description"

exit $failed

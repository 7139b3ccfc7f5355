#!/bin/bash
# A person who may do nothing else reads a node's evidence: what its TPM has just proven, as files. Who may not is told what
# is missing. (docs/evidence.md; A-112)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

folder=$root/build/e2e/evidence
clean() { kube -n seaworthy-system delete rolebinding alice-reads-evidence --ignore-not-found >/dev/null 2>&1 || true; }
trap clean EXIT
clean
rm -rf "$folder"
mkdir -p "$folder"
eventually 60 "$node1 is Trusted" has_verdict "$node1" Trusted

title "Nobody may, at first"
refused "Role seaworthy-evidence-reader in seaworthy-system" \
  kubectl seaworthy capture node "$node1" --evidence "$folder/none" --as alice
say "The Role is there, and bound to nobody. It allows three things: a token that opens this one door, the list of the operator's pods, and a POST to them."
run kubectl -n seaworthy-system create rolebinding alice-reads-evidence --role seaworthy-evidence-reader --user alice
refused "cannot list resource \"secrets\"" kubectl -n seaworthy-system get secrets --as alice

title "What $node1 has just proven"
run kubectl seaworthy capture node "$node1" --evidence "$folder/node1" --as alice
[[ $(stat -c %a "$folder/node1"/* | sort -u) == 600 ]] || wrong "others can read the files"
say "The same as reference values, for a person to read and apply. What is captured is what $node1 runs: it would match."
shown kubectl seaworthy capture node "$node1" --name captured --as alice
kubectl seaworthy capture node "$node1" --name captured --as alice >"$folder/captured.yaml"
run sed -n 1,30p "$folder/captured.yaml"
run kubectl create --dry-run=server -f "$folder/captured.yaml"
run kubectl seaworthy diff "node/$node1" "$folder/captured.yaml" # exit status 0: the same
run kubectl seaworthy diff --status "node/$node1" "$folder/captured.yaml"
say "The quote, by the key that the node enrolled with:"
quote=(kubectl seaworthy inspect quote --attest "$folder/node1/quote.attest" --signature "$folder/node1/quote.signature"
  --ak "$folder/node1/ak.tpmt_public" --nonce "$folder/node1/quote.nonce" --pcrs "$folder/node1/quote.pcrs")
run "${quote[@]}"
"${quote[@]}" --strict -o json >"$folder/quote.json" || wrong "the quote has findings"
[[ $(jq -r .ak.name "$folder/quote.json") == "$(kube get natt "$node1" -o 'jsonpath={.status.identity.akName}')" ]] ||
  wrong "it is another key"
say "The logs:"
run kubectl seaworthy inspect boot-log "$folder/node1/boot-log"
run kubectl seaworthy inspect ima "$folder/node1/ima"
say "They are the node's own:"
for pair in boot-log:binary_bios_measurements ima:binary_runtime_measurements; do
  docker exec "$node1" sha256sum "/run/seaworthy-machine/${pair#*:}" | grep -q "^$(sha256sum <"$folder/node1/${pair%%:*}" | cut -d ' ' -f 1) " ||
    wrong "${pair%%:*} is not what the machine of $node1 has"
done

title "Nothing else has changed"
has_verdict "$node1" Trusted || wrong "$node1 was Trusted and is $(verdict "$node1")"
refused "new or empty" kubectl seaworthy capture node "$node1" --evidence "$folder/node1" --as alice
refused "there is no node 'nobody'" kubectl seaworthy capture node nobody --evidence "$folder/none" --as alice
run kubectl -n seaworthy-system delete rolebinding alice-reads-evidence
refused "Role seaworthy-evidence-reader" kubectl seaworthy capture node "$node1" --evidence "$folder/none" --as alice

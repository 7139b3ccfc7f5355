#!/bin/bash
# The contract of `kubectl seaworthy capture` and `diff` with scripts: exit status, no cluster, what stands where.
#
#   e2e/integration/16-capture.sh [BUILD-DIRECTORY]   (default: build/images, as hack/images --binaries-only leaves it)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/offline.sh
. "$(dirname "$0")/../lib/offline.sh"
machine=$root/tests/data/verify/debian-12
capture=(capture files --name debian-12 --boot-log "$machine.boot-log" --ima "$machine.ima")

check "a machine is captured: 0" status_is 0 yes "${capture[@]}" --pcrs "$machine.pcrs" --strict
cp "$work/out" "$work/set.yaml"
check "standard error has the summary" grep -q '^debian-12: 4 PCRs, 3 applications, 1 command line, 73 files.$' "$work/err"
check "as JSON it is an object" jq -e '.kind == "ReferenceValueSet" and (.spec.files | length == 73)' <(seaworthy "${capture[@]}" -o json)
sed '5y/0123456789/1234567890/' "$machine.pcrs" >"$work/other-pcrs" # PCR 4
check "what the registers do not prove, with --strict: 3" status_is 3 yes "${capture[@]}" --pcrs "$work/other-pcrs" --strict
check "and the comments say so" grep -q '^#   - PcrMismatch' "$work/out"
check "a log that is cut: 1, and nothing on standard output" status_is 1 no capture files --name x --boot-log <(head -c 1000 "$machine.boot-log")
check "no name: 2" status_is 2 no capture files --boot-log "$machine.boot-log"
check "a folder that is none: 2" status_is 2 no "${capture[@]}" --ignore tmp

cp "$work/set.yaml" "$work/same.yaml"
check "a set and itself: 0" status_is 0 yes diff "$work/set.yaml" - <"$work/same.yaml"
sed 's/ ima_hash=sha256"/ quiet"/' "$work/set.yaml" >"$work/other.yaml"
check "another command line: 1" status_is 1 yes diff "$work/set.yaml" "$work/other.yaml"
check "word by word" grep -qx '  + quiet' "$work/out"
check "as JSON" jq -e '.same == false and .commandLines.changed[0].added == ["quiet"]' \
  <(seaworthy diff -o json "$work/set.yaml" "$work/other.yaml")
check "a file that is not there: 2" status_is 2 no diff "$work/set.yaml" "$work/none"
check "no cluster: 2" status_is 2 no diff set/debian-12 "$work/set.yaml"
check "one side: 2" status_is 2 no diff "$work/set.yaml"
checks_end

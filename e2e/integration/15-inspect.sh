#!/bin/bash
# The contract of `kubectl seaworthy inspect` with scripts: exit status, standard input, no cluster, nothing on standard
# output when it fails.
#
#   e2e/integration/15-inspect.sh [BUILD-DIRECTORY]   (default: build/images, as hack/images --binaries-only leaves it)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/offline.sh
. "$(dirname "$0")/../lib/offline.sh"
inspect() { seaworthy inspect "$@"; }

# One EV_SEPARATOR of PCR 7 in the SHA-1 format: a log with findings.
{
  printf '\x07\x00\x00\x00\x04\x00\x00\x00'
  printf '01234567890123456789'
  printf '\x04\x00\x00\x00\x00\x00\x00\x00'
} >"$work/log"
head -c 30 "$work/log" >"$work/cut"

check "a log with findings is read: 0" status_is 0 yes inspect boot-log "$work/log"
check "with --strict: 3, and the answer all the same" status_is 3 yes inspect boot-log "$work/log" --strict
check "and is JSON" jq -e '.format == "sha1" and .events == 1 and (.findings | length > 0)' <(inspect boot-log -o json - <"$work/log")
check "a log that is cut: 1, and nothing on standard output" status_is 1 no inspect boot-log "$work/cut"
check "the message names the byte" grep -q 'at byte 28' "$work/err"
check "a file that is not there: 1" status_is 1 no inspect ima "$work/none"
check "a file above the limit: 1" status_is 1 no inspect boot-log /dev/zero
check "the message names the limit" grep -q '1048576' "$work/err"
check "an empty IMA list is a finding: 0" status_is 0 yes inspect ima /dev/null
check "no command at all: help, and 0" status_is 0 yes
check "the version, as programs say it: 0" status_is 0 yes --version
check "no subject: 2" status_is 2 no inspect
check "no file: 2" status_is 2 no inspect boot-log
check "a quote without a nonce: 2" status_is 2 no inspect quote --attest a --signature b --ak c
check "a nonce that is neither hexadecimal nor a file: 2" status_is 2 no inspect quote --attest a --signature b --ak c --nonce xyz
check "an empty nonce: 2" status_is 2 no inspect quote --attest a --signature b --ak c --nonce ''
check "a selection that names no bank: 2" status_is 2 no inspect quote --attest a --signature b --ak c --nonce 00 --selection 0,1
check "help has examples: 0" status_is 0 yes inspect quote --help
check "and says how with tpm2-tools" grep -q 'tpm2_quote -c' "$work/out"
complete() { env -i "$kubectl_seaworthy" __complete "$@"; }
check "completion knows the subjects" grep -qx ek-certificate <(complete inspect '')
check "completion knows the options of quote" grep -qx -- --selection <(complete inspect quote --)
check "completion knows what to capture" grep -qx node <(complete capture '')
check "and its options" grep -qx -- --evidence <(complete capture node n --e)
checks_end

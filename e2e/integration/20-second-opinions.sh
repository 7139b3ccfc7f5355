#!/bin/bash
# What other programs say of the same evidence: tpm2_eventlog and tpm2_checkquote (tpm2-tools), evmctl ima_measurement
# (ima-evm-utils), beside `kubectl seaworthy inspect`. The evidence is a software machine's of ours, and, where the folder
# ../shared/vectors is present, that of real machines. Where they differ and we know why, the table says so: a difference
# that goes away fails here too.
#
#   e2e/integration/20-second-opinions.sh [BUILD-DIRECTORY]   (default: build/images, as hack/images --binaries-only leaves it)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/progress.sh
. "$root/hack/lib/progress.sh"
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/packages.sh
. "$root/hack/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/checks.sh
. "$root/e2e/lib/checks.sh"
need_commands tpm2_eventlog=tpm2-tools evmctl=ima-evm-utils jq=jq swtpm=swtpm xxd=xxd
need_packages libtss2-tcti-swtpm0

program() { # name in build/images, path in a build directory
  if [[ -n $build ]]; then echo "$build/$2"; else echo "$root/build/images/$1/${2##*/}"; fi
}
build=${1:-}
inspect="$(program cli cli/kubectl-seaworthy) inspect"
machine=$(program machine e2e/machine/seaworthy-machine)
vectors=$root/../shared/vectors
work=$(mktemp -d)
machine_pid=
trap '[[ -z $machine_pid ]] || kill "$machine_pid" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# --- boot logs

our_pcrs() { # log
  $inspect boot-log -o json "$1" |
    jq -r '.pcrs | to_entries[] | .key as $bank | .value | to_entries[] | select(.value) | "\($bank) \(.key) \(.value)"' | sort
}
their_pcrs() { # log; of "pcrs:" in the YAML that tpm2_eventlog writes
  tpm2_eventlog "$1" 2>/dev/null | awk '
    /^pcrs:/ { on = 1; next }
    on && /^  [a-z0-9_]+:/ { gsub(/[: ]/, ""); bank = $0; next }
    on && /: *0x/ { split($0, part, ":"); gsub(/ /, "", part[1]); gsub(/ |0x/, "", part[2]); print bank, part[1], part[2] }' | sort
}
same_pcrs() { # log
  our_pcrs "$1" >"$work/ours" && their_pcrs "$1" >"$work/theirs" && diff "$work/ours" "$work/theirs"
}
# As tpm2_eventlog 5.4 differs: only PCR 0, whose start it takes for zero.
only_pcr0_differs() { # log
  our_pcrs "$1" >"$work/ours" && their_pcrs "$1" >"$work/theirs" && ! cmp -s "$work/ours" "$work/theirs" &&
    diff <(grep -v ' 0 ' "$work/ours") <(grep -v ' 0 ' "$work/theirs")
}
no_opinion() { # log: we read it, tpm2_eventlog does not
  our_pcrs "$1" >"$work/ours" && ! tpm2_eventlog "$1" >/dev/null 2>&1
}

compare_log() { # name, log
  case $1 in
    # StartupLocality 3: PCR 0 starts at 0…03.
    */glinux-alex.bin | */create-mb-policy/binary_bios_measurements | machine)
      check "tpm2_eventlog: $1: all PCRs but PCR 0, which it starts at zero" only_pcr0_differs "$2"
      ;;
    # H-CRTM, and SM3, whose digests tpm2_eventlog prints under the name of SHA-256.
    */binary_measurements_hcrtm.b64)
      check "tpm2_eventlog: $1: the same SHA-1 values but PCR 0" only_pcr0_differs_in_sha1 "$2"
      ;;
    # It crashes on the data of an option ROM, wants a Spec ID event, and wants it in PCR 0.
    */option_rom_eventlog | */short_no_action_eventlog | */ccel/*)
      check "tpm2_eventlog: $1: has no opinion (it cannot read the log)" no_opinion "$2"
      ;;
    *) check "tpm2_eventlog: $1: the same PCRs in every bank" same_pcrs "$2" ;;
  esac
}
only_pcr0_differs_in_sha1() { # log
  our_pcrs "$1" >"$work/ours" && their_pcrs "$1" >"$work/theirs" &&
    diff <(grep '^sha1' "$work/ours" | grep -v ' 0 ') <(grep '^sha1' "$work/theirs" | grep -v ' 0 ')
}

# --- IMA lists

pcr_file() { # bank, value of PCR 10: as /sys/class/tpm/tpm0/pcrs of old
  local i value
  for i in {0..23}; do
    value=$2
    ((i == 10)) || value=${2//[0-9a-f]/0}
    printf 'PCR-%02d: %s\n' "$i" "$(fold -w2 <<<"${value^^}" | paste -sd ' ')"
  done
}
# evmctl extends zeros for a violation unless it is told to ignore violations: then 0xff, as the kernel does.
same_ima() { # list, bank
  $inspect ima -o json "$1" | jq -er ".pcrs.\"$2\".\"10\"" >"$work/value"
  pcr_file "$2" "$(cat "$work/value")" >"$work/pcrs"
  evmctl ima_measurement --ignore-violations --pcrs "$2,$work/pcrs" "$1"
}
another_ima() { # list, bank
  $inspect ima -o json "$1" | jq -er ".pcrs.\"$2\".\"10\"" | tr 0-9a-f 1-9a-f0 >"$work/value"
  pcr_file "$2" "$(cat "$work/value")" >"$work/pcrs"
  evmctl ima_measurement --ignore-violations --pcrs "$2,$work/pcrs" "$1"
}

# --- quotes

our_verdict() { # folder, verdict
  $inspect quote --attest "$1/attest.bin" --signature "$1/signature.tpmt" --ak "$1/ak.tpmt_public" --nonce "$1/nonce.bin" -o json |
    jq -e --arg verdict "$2" '.verdict == $verdict'
}
their_verdict() { # folder
  tpm2_checkquote -u "$1/ak.tpmt_public" -m "$1/attest.bin" -s "$1/signature.tpmt" -q "$(xxd -p -c 64 "$1/nonce.bin")"
}

# --- a software machine

"$machine" ca --ca "$work/ca" >/dev/null
"$machine" run --state "$work/state" --runtime "$work/run" --ca "$work/ca" >"$work/machine.log" 2>&1 &
machine_pid=$!
for _ in {1..150}; do
  if "$machine" status --state "$work/state" >"$work/status" 2>/dev/null; then break; fi
  kill -0 "$machine_pid" 2>/dev/null || fail "the machine did not start: $(tail -n 3 "$work/machine.log")"
  sleep 0.2
done
"$machine" run-file --state "$work/state" /usr/bin/true --content second-opinion >/dev/null
compare_log machine "$work/run/binary_bios_measurements"
for bank in sha1 sha256; do
  check "evmctl: machine: the same PCR 10 in bank $bank" same_ima "$work/run/binary_runtime_measurements" "$bank"
  check_refused "evmctl: machine: another PCR 10 in bank $bank does not match" 'Failed to match' \
    another_ima "$work/run/binary_runtime_measurements" "$bank"
done

# Made and read by tpm2-tools; its TPM is the machine's.
export TPM2TOOLS_TCTI=swtpm:path=$work/run/tpm.sock
nonce=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
quote_with_tpm2_tools() { # a TPM holds three objects, and no resource manager is between
  tpm2_createek -G ecc -c "$work/ek.ctx" && tpm2_flushcontext -t &&
    tpm2_createak -C "$work/ek.ctx" -G ecc -g sha256 -s ecdsa -c "$work/ak.ctx" && tpm2_flushcontext -t &&
    tpm2_readpublic -c "$work/ak.ctx" -f tpmt -o "$work/ak.tpmt" && tpm2_flushcontext -t &&
    tpm2_readpublic -c "$work/ak.ctx" -f tss -o "$work/ak.tss" && tpm2_flushcontext -t &&
    tpm2_quote -c "$work/ak.ctx" -l sha256:0,1,2,3,4,5,6,7,10 -q "$nonce" -g sha256 -m "$work/msg" -s "$work/sig" -o "$work/pcrs" &&
    tpm2_flushcontext -t && tpm2_pcrread -o "$work/values" sha256:0,1,2,3,4,5,6,7,10
}
inspect_quote() { # file of the AK, file of the PCRs, filter
  $inspect quote --attest "$work/msg" --signature "$work/sig" --ak "$1" --nonce "$nonce" --pcrs "$2" \
    --selection sha256:0-7,10 -o json | jq -e "$3"
}
check "tpm2-tools: make a quote of the machine" quote_with_tpm2_tools
check "tpm2_checkquote: accepts it" tpm2_checkquote -u "$work/ak.tpmt" -m "$work/msg" -s "$work/sig" -q "$nonce"
# tpm2_createak leaves noDA clear, so our rule R4 has its word about the key; signature, nonce, selection and values agree.
for ak in "$work/ak.tpmt" "$work/ak.tss"; do
  for pcrs in "$work/pcrs" "$work/values"; do
    check "inspect quote: ${ak##*/}, ${pcrs##*/}: signature, nonce and the nine values are right" inspect_quote "$ak" "$pcrs" \
      '.signature.valid and .nonceMatches and (.pcrs.sha256 | length == 9) and ([.findings[].reason] - ["AkAttributes"] == [])'
  done
done
same_values() {
  inspect_quote "$work/ak.tpmt" "$work/pcrs" '.pcrs.sha256 | del(."10")' | jq -S . >"$work/quoted"
  $inspect boot-log -o json "$work/run/binary_bios_measurements" |
    jq -S '.pcrs.sha256 | with_entries(select(.key | tonumber < 8))' >"$work/replayed"
  diff "$work/quoted" "$work/replayed"
}
check "inspect: what the boot log leads to is what the TPM quoted, PCR 0 included" same_values
same_pcr10() {
  inspect_quote "$work/ak.tpmt" "$work/pcrs" '.pcrs.sha256."10"' >"$work/quoted"
  $inspect ima -o json "$work/run/binary_runtime_measurements" | jq '.pcrs.sha256."10"' | diff "$work/quoted" -
}
check "inspect: what the IMA list leads to is what the TPM quoted" same_pcr10

# --- real machines

if [[ ! -d $vectors ]]; then
  echo "skipped the vectors: no $vectors"
  checks_end
  exit
fi
log_of() { # path below the vectors; into $work/log
  case $1 in
    *.b64) base64 -d "$vectors/$1" ;;
    *.json) jq -r .Log.Raw "$vectors/$1" | base64 -d ;;
    *) cat "$vectors/$1" ;;
  esac >"$work/log"
}
while read -r path; do
  log_of "$path"
  compare_log "$path" "$work/log"
done < <(jq -r 'keys[]' "$vectors/expected/replayed-pcrs.json")

while read -r path; do
  log_of "$path"
  for bank in sha1 sha256; do
    check "evmctl: $path: the same PCR 10 in bank $bank" same_ima "$work/log" "$bank"
  done
done < <(jq -r 'keys[]' "$vectors/expected/ima.json")

while read -r case verdict; do
  folder=$vectors/$case
  check "inspect quote: $case: $verdict" our_verdict "$folder" "$verdict"
  case $case in
    # It guesses PKCS#1 v1.5 for RSA, and compares the nonce.
    */05-good-rsapss-sha256 | */15-bad-no-nonce)
      check_refused "tpm2_checkquote: $case: refused" 'Unable to run' their_verdict "$folder"
      ;;
    # It looks at signature and nonce: type, magic, selection and the key's attributes are its caller's.
    *) check "tpm2_checkquote: $case: accepted" their_verdict "$folder" ;;
  esac
done < <(jq -r 'to_entries[] | "\(.key) \(if .value.verdict | startswith("accept") then "Accepted" else "Refused" end)"' \
  "$vectors/expected/generated-swtpm.json")
checks_end

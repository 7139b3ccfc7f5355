#!/bin/bash
# A node that nobody simulated: a virtual machine with UEFI Secure Boot, Debian's signed shim, GRUB and kernel, IMA in the kernel
# and a TPM boots, and the real agent in it shows that to a real operator. README.md says how, and what it needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/progress.sh
. "$here/../../hack/lib/progress.sh"
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/cache.sh
. "$here/../../hack/lib/cache.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/rig.sh
. "$here/../lib/rig.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$here/machine.sh"

node=vm
options="root=/dev/vda2 rw console=ttyS0 ima_policy=tcb ima_hash=sha256"
logs=/sys/kernel/security # where the machine's kernel shows them
soon=300                  # seconds for what takes 2 on an idle machine

# "Violated SecureBootOff(SecureBoot) …": the verdict and all findings, in alphabetical order.
shown() {
  k get natt "$node" -o json 2>/dev/null | jq -r '[.status.verdicts[]? | select(.policy == "vm")] | first // {} |
    [.verdict // "Unknown"] + ([.findings[]? | "\(.reason)(\(.about // ""))"] | sort) | join(" ")'
}
shows() { # exactly this
  local text
  text=$(shown)
  [[ $text == "$1" ]] || { echo "$text" && return 1; }
}
of_status() { k get natt "$node" -o "jsonpath={.status.$1}"; }
status_is() { [[ $(of_status "$1") == "$2" ]] || { of_status "$1" && return 1; }; }
begins_with() { [[ $(shown) == "$1"* ]] || { shown && return 1; }; }

# boot NAME: the machine boots, and its agent has a new token, as after the start of its pod.
boot() {
  agent_token "$node"
  cp "$rig/$node.token" "$vm/config/token"
  power_on "$1" || exit 1
}

# Without PCR 0: OVMF measures part of itself after it ran there, and it then holds something of the firmware's variables.
compared=2,3,14

# What a person does before the machine has ever booted: the set that its disk leads to, mounted as in the machine.
of_image() {
  mkdir -p "$vm/image"
  tar -C "$vm/image" -xf "$disk/root.tar"
  mkdir -p "$vm/image/boot/efi"
  files_of_esp "$vm/image/boot/efi"
  "$(program cli kubectl-seaworthy)" capture image --name vm --all-files --command-line "/vmlinuz $options" "$vm/image"
}
# What a person does who approves this boot: docs/capture.md. Prints the set that the evidence leads to.
captured() { # prefix of the files
  "$(program cli kubectl-seaworthy)" capture files --name vm --boot-log "$1.boot-log" --ima "$1.ima" --pcrs "$1.pcrs" --pin "$compared"
}
# What tests/data/verify/ keeps of such a boot. In that order: the registers cover the whole list.
keep_evidence() { # prefix of the files
  fetch_file "$logs/tpm0/binary_bios_measurements" "$1.boot-log"
  fetch_file "$logs/ima/binary_runtime_measurements" "$1.ima"
  inside 'cd /sys/class/tpm/tpm0/pcr-sha256 && cat 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; cd /' | tr A-F a-f >"$1.pcrs"
}
# What a person does ahead of an update: the digests of the files of the new kernel's package. The kernel itself is not among
# what is approved here.
ahead() {
  jq -n --rawfile files "$disk/other-kernel-files" '{apiVersion: "seaworthy.dev/v1alpha1", kind: "ReferenceValueSet",
    metadata: {name: "other-kernel-files"}, spec: {files: [$files | split("\n")[] | select(. != "") |
    {sha256: .[0:64], path: .[66:]}] | unique_by(.sha256)}}'
}

disk=$("$here/disk" "$(program agent seaworthy-agent)")
# shellcheck source=/dev/null
. "$disk/kernels"
rig_start "$node"
mkdir -p "$vm/config"
cp "$rig/serving-ca.crt" "$vm/config/ca.crt"
echo "https://seaworthy-operator.seaworthy-system.svc:$(rig_port 0)" >"$vm/config/verifier"
manufacture
system create configmap tpm-roots --from-file "roots.pem=$vm/roots.pem" >/dev/null
ahead | k apply -f - >/dev/null
k apply -f "$here/policy.yaml" >/dev/null
install_disk "$disk"
firmware_setup on
boot_entry good "$options"

patch() { k patch rvs vm --type json -p "$1"; } # the reference values

# --- the first boot, approved as it is

boot first
check "a virtual TPM of the configured authority is enrolled" within $soon condition "$node" Enrolled True .
check "its evidence is authentic" within $soon condition "$node" Attested True Appraised
check "nothing is wrong but that nobody has said what is good" within $soon begins_with \
  "Violated ReferenceValuesMissing(vm) UnknownFile("
check "Secure Boot is proven to be on" status_is boot.secureBoot On
check "and the kernel's command line is shown" status_is boot.kernelCommandLine "/vmlinuz $options"
of_image >"$vm/set.yaml"
check "what it would boot and run can be computed from its disk" k apply -f "$vm/set.yaml"
check "the node is Trusted by that" within $soon shows "Trusted"
k delete rvs vm >/dev/null
check "and not without it" within $soon begins_with "Violated ReferenceValuesMissing(vm)"
keep_evidence "$vm_logs/first"
captured "$vm_logs/first" >"$vm/set.yaml"
check "what it booted and ran can be captured" k apply -f "$vm/set.yaml"
check "the node is Trusted by that" within $soon shows "Trusted"

# --- an unknown file, while it runs

inside "printf '#!/bin/sh\nexit 0\n' >/opt/unknown && busybox chmod 755 /opt/unknown && /opt/unknown"
check "an unknown file runs: Violated, and nothing else is wrong" within $soon shows "Violated UnknownFile(/opt/unknown)"
ak=$(of_status identity.akName) resets=$(of_status boot.resetCount)
cut_power

# --- other boots of the same machine

firmware_setup off
boot_entry good "$options" linuxefi
boot secure-boot-off
check "Secure Boot switched off: Violated, and nothing else is wrong" within $soon shows "Violated SecureBootOff(SecureBoot)"
check "after a power cut it is the same TPM" status_is identity.akName "$ak"
later() { (($(of_status boot.resetCount) > resets)); }
check "which counted a reset" later
power_off

boot_entry good "$options" linux
boot no-boot-log
check "Secure Boot off, and GRUB starts the kernel so that it gets no boot log: Violated, for all that is not proven then" \
  within $soon shows "Violated ApplicationNotInReferenceValues(PCR 4) BootLogMissing(boot log) CommandLineUnknown(PCR 8) \
ImaPolicyUnproven(PCR 8) SecureBootUnknown(SecureBoot)"
power_off

firmware_setup on
boot_entry good "$options quiet"
boot command-line
check "another command line: Violated, and nothing else is wrong" within $soon shows \
  "Violated CommandLineNotInReferenceValues(/vmlinuz $options quiet)"
power_off

boot_entry other "$options"
boot other-kernel
# shellcheck disable=SC2154  # of $disk/kernels
check "kernel $other_kernel instead of $good_kernel: Violated, and nothing else is wrong" within $soon shows \
  "Violated ApplicationNotInReferenceValues($other_kernel_digest)"
power_off

boot_entry good "$options"
boot again
check "as it was: Trusted again" within $soon shows "Trusted"
check "with the key that it enrolled" status_is identity.akName "$ak"
power_off

# --- rules of IMA that suit a node (docs/ima-policy), loaded as systemd does

rules=$root/docs/ima-policy
boot rules
inside "mkdir /etc/ima && echo $(base64 -w 0 "$rules") | base64 -d >/etc/ima/ima-policy && echo /etc/ima/ima-policy >$logs/ima/policy"
check "rules that nobody listed are loaded: Violated" within $soon shows "Violated UnknownFile(/etc/ima/ima-policy)"
check "they are approved" patch "$(jq -n --arg sha256 "$(sha256sum <"$rules" | cut -c1-64)" \
  '[{op: "add", path: "/spec/imaPolicies", value: [{sha256: $sha256}]}]')"
check "they were measured: Trusted" within $soon shows "Trusted"
inside "echo data >/opt/data && busybox cat /opt/data && printf '#!/bin/sh\nexit 0\n' >/opt/unknown && busybox chmod 755 /opt/unknown && /opt/unknown"
check "root reads one unknown file and runs another: Violated for the latter only" within $soon shows \
  "Violated UnknownFile(/opt/unknown)"
power_off
boot without-rules
check "without these rules: Violated" within $soon shows "Violated ImaPolicyUnproven(IMA list)"
check "they are not demanded any more" patch '[{"op": "remove", "path": "/spec/imaPolicies"}]'
power_off

# --- the attributes of files in the list, and what their publisher signed

evm="$options ima_template=evm-sig"
check "a command line by which the list has attributes is approved" patch "$(jq -n --arg line "/vmlinuz $evm" \
  '[{op: "add", path: "/spec/boot/commandLines/-", value: $line}]')"
boot_entry good "$evm"
boot attributes
check "the kernel's list of attributes is read: Trusted" within $soon shows "Trusted"
inside /opt/published
check "a file runs that only its publisher vouches for: Violated" within $soon shows "Violated UnknownFile(/opt/published)"
check "the publisher's certificate is approved" patch "$(jq -n --rawfile key "$disk/publisher.pem" \
  '[{op: "add", path: "/spec/signers", value: [{name: "publisher", key: $key}]}]')"
check "by the portable signature at the file: Trusted" within $soon shows "Trusted"
inside "echo '# and more' >>/opt/published && /opt/published"
check "the file is changed, its attributes are not: Violated" within $soon shows "Violated FileSignatureFalse(/opt/published)"
power_off
checks_end

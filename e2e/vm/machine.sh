# shellcheck shell=bash
# A real machine as far as software goes: QEMU with UEFI Secure Boot, the disk that `disk` made, and swtpm as its TPM. What
# lives on between boots is the TPM's state and the disk. After rig.sh, whose launch and end start and stop processes by pid.

# shellcheck disable=SC2154  # root, rig, seaworthy_cache: of the scripts that source this
vm=$rig/vm
vm_logs=$seaworthy_cache/logs/vm
vm_patience=${SEAWORTHY_VM_PATIENCE:-900} # seconds for a boot; 25 s on an idle machine, under emulation
esp_offset=1M
mkdir -p "$vm" "$vm_logs"

# manufacture: a new TPM with certificates of endorsement keys by a certificate authority that swtpm_localca makes.
# Prints nothing; $vm/roots.pem is what a policy has to trust.
manufacture() {
  mkdir -p "$vm/tpm" "$vm/ca"
  printf '%s\n' "statedir = $vm/ca" "signingkey = $vm/ca/key.pem" "issuercert = $vm/ca/issuer.pem" \
    "certserial = $vm/ca/serial" >"$vm/localca.conf"
  printf '%s\n' "--platform-manufacturer Seaworthy" "--platform-version 1" "--platform-model VM" >"$vm/localca.options"
  printf '%s\n' "create_certs_tool = $(command -v swtpm_localca)" "create_certs_tool_config = $vm/localca.conf" \
    "create_certs_tool_options = $vm/localca.options" >"$vm/setup.conf"
  swtpm_setup --tpm2 --config "$vm/setup.conf" --tpmstate "$vm/tpm" --createek --create-ek-cert --create-platform-cert \
    --pcr-banks sha1,sha256 --logfile "$vm_logs/swtpm_setup.log" >/dev/null || {
    tail -n 20 "$vm_logs/swtpm_setup.log"
    return 1
  }
  cat "$vm/ca/swtpm-localca-rootca-cert.pem" "$vm/ca/issuer.pem" >"$vm/roots.pem"
}

# install_disk FOLDER: the machine's own copy.
install_disk() { cp --sparse=always "$1/disk.img" "$vm/disk.img"; }

# boot_entry KERNEL OPTIONS [linux|linuxefi]: what GRUB boots from now on; the kernel is good or other. Without Secure Boot,
# `linux` of Debian 12 goes around the kernel's EFI stub, and `linuxefi` does not.
boot_entry() {
  local file suffix=${3:-linux}
  suffix=${suffix#linux}
  printf 'linux%s /vmlinuz %s\ninitrd%s /initrd.img\nboot\n' "$suffix" "$2" "$suffix" |
    mcopy -o -i "$vm/disk.img@@$esp_offset" - ::/EFI/debian/grub.cfg
  for file in vmlinuz initrd.img; do
    mcopy -o -n -i "$vm/disk.img@@$esp_offset" "::/$1/$file" "$vm/$file"
    mcopy -o -i "$vm/disk.img@@$esp_offset" "$vm/$file" "::/$file"
  done
}

# files_of_esp FOLDER: what lies on the EFI system partition and can be booted by its entry.
files_of_esp() { mcopy -s -i "$vm/disk.img@@$esp_offset" ::/EFI ::/vmlinuz ::/initrd.img "$1/"; }

# firmware_setup on|off: Secure Boot with Microsoft's keys, or without any (the setup mode of the same firmware).
firmware_setup() {
  case $1 in
    on) cp /usr/share/OVMF/OVMF_VARS_4M.ms.fd "$vm/vars.fd" ;;
    off) cp /usr/share/OVMF/OVMF_VARS_4M.fd "$vm/vars.fd" ;;
  esac
}

# power_on NAME: until the machine's own init says that it is ready. $vm/config is the folder that it gets as second disk.
power_on() {
  local name=$1 line began=$SECONDS said=$SECONDS
  vm_console=$vm_logs/$name-console.log
  rm -f "$vm"/control.* "$vm/tpm.sock" "$vm_console"
  ln -sf "$vm_console" "$rig/console.log" # what rig_end shows of a failure
  mkfifo "$vm/control.in" "$vm/control.out"
  exec {vm_in}<>"$vm/control.in" {vm_out}<>"$vm/control.out"
  tar -C "$vm/config" -cf "$vm/config.tar" .
  launch vm-tpm swtpm socket --tpm2 --tpmstate "dir=$vm/tpm" --ctrl "type=unixio,path=$vm/tpm.sock" --terminate
  within 20 test -S "$vm/tpm.sock" || return 1
  TMPDIR=$vm launch vm nice qemu-system-x86_64 -accel tcg -cpu max -machine q35,smm=on -m 1024 -display none -no-reboot \
    -serial "file:$vm_console" -serial "pipe:$vm/control" \
    -global driver=cfi.pflash01,property=secure,value=on \
    -drive if=pflash,format=raw,unit=0,file=/usr/share/OVMF/OVMF_CODE_4M.ms.fd,readonly=on \
    -drive "if=pflash,format=raw,unit=1,file=$vm/vars.fd" \
    -drive "file=$vm/disk.img,format=raw,if=virtio,snapshot=on" -drive "file=$vm/config.tar,format=raw,if=virtio,readonly=on" \
    -chardev "socket,id=chrtpm,path=$vm/tpm.sock" -tpmdev emulator,id=tpm0,chardev=chrtpm -device tpm-tis,tpmdev=tpm0 \
    -netdev user,id=n0 -device virtio-net-pci,netdev=n0,romfile=
  until read -r -t 1 -u "$vm_out" line && [[ ${line%$'\r'} == ready ]]; do
    is_on || { printf 'the machine went off while it booted; its console:\n' && show_console && return 1; }
    ((SECONDS - began < vm_patience)) || { printf 'the machine is not ready in time; its console:\n' && show_console && return 1; }
    if ((SECONDS - said >= 15)); then
      said=$SECONDS
      printf '        %s: booting for %d s: %s\n' "$name" $((SECONDS - began)) "$(show_console 1)"
    fi
  done
  printf '        %s: booted in %d s\n' "$name" $((SECONDS - began))
}

show_console() { # lines
  sed 's/\x1b\[[0-9;=?]*[a-zA-Z]//g; s/[\r\x00]//g; /^ *$/d' "$vm_console" 2>/dev/null | tail -n "${1:-40}" | cut -c1-120
}

is_on() { [[ -n ${rig_pids[vm]:-} ]] && kill -0 "${rig_pids[vm]}" 2>/dev/null; }

# inside COMMAND: in the machine's shell, as root; its output and its status.
inside() {
  local line
  printf '%s\n' "$1" >&"$vm_in"
  while read -r -t 120 -u "$vm_out" line; do
    line=${line%$'\r'}
    if [[ $line == "status "* ]]; then return "${line#status }"; fi
    printf '%s\n' "$line"
  done
  printf 'the machine does not answer\n' >&2
  return 1
}

fetch_file() { inside "base64 -w 0 $1; echo" | base64 -d >"$2"; } # path in the machine, path here

# power_off: by the operating system, which tells the TPM. cut_power: by the plug.
power_off() {
  local deadline=$((SECONDS + 120))
  printf 'busybox poweroff -f\n' >&"$vm_in"
  while is_on && ((SECONDS < deadline)); do sleep 0.25; done
  gone
}
cut_power() {
  kill -KILL "${rig_pids[vm]}"
  gone
}
gone() {
  end vm KILL
  end vm-tpm
  exec {vm_in}>&- {vm_out}>&-
}

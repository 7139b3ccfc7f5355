# shellcheck shell=bash
# Debian packages that a script needs. Needs progress.sh.

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# need_packages PACKAGE…: installs what is missing, nothing else; on another system it says what is needed.
need_packages() {
  local package missing=()
  command -v dpkg-query >/dev/null || return 0 # not Debian: the script's own commands will say what they lack
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || command -v sudo >/dev/null || fail "as root: apt-get install ${missing[*]}"
  step "apt-get install ${missing[*]}"
  run_logged "apt-get" "${TMPDIR:-/tmp}/seaworthy-apt.$$.log" install_packages "${missing[@]}"
  rm -f "${TMPDIR:-/tmp}/seaworthy-apt.$$.log"
}

# need_commands COMMAND=PACKAGE…: the packages of those commands that nobody has installed, in whatever way.
need_commands() {
  local pair packages=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
  done
  ((${#packages[@]} == 0)) || need_packages "${packages[@]}"
}

install_packages() {
  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y)
  as_root "${get[@]}" install --no-install-recommends "$@" && return 0
  as_root "${get[@]}" update # the lists were absent or old
  as_root "${get[@]}" install --no-install-recommends "$@"
}

# go_on_as_root WHY ARGUMENT…: this script once more, with sudo. What it made for the caller is the caller's afterwards, or
# the next run without sudo could not write there; but for the node's file system, whose owners are what they should be.
go_on_as_root() {
  local status=0 folder
  command -v sudo >/dev/null || fail "$1: run it as root, or install sudo"
  note "$1: goes on with sudo"
  # shellcheck disable=SC2154  # root, seaworthy_cache: of the script and of cache.sh
  mkdir -p "$root/build" "$seaworthy_cache" # or root makes ~/.cache, too
  trap : INT TERM HUP # which are for what runs there
  sudo -E "$0" "${@:2}" || status=$?
  for folder in "$root/build" "$seaworthy_cache"; do
    sudo find "$folder" -path "$seaworthy_cache/node-image" -prune -o -user 0 -exec chown -h "$(id -u):$(id -g)" {} + ||
      note "some of $folder still belongs to root: sudo chown -R $(id -un) $folder"
  done
  exit "$status"
}

# shellcheck shell=bash
# Where what is expensive to make is kept, and under which name.

# shellcheck disable=SC2034  # for the scripts that source this
seaworthy_cache=${XDG_CACHE_HOME:-$HOME/.cache}/seaworthy
export KUBECACHEDIR=$seaworthy_cache/kubectl # or, with sudo, a folder of root's in somebody's home

# cache_key FILE|=TEXT…: 12 hexadecimal digits that change when any of the files or texts does.
cache_key() {
  local part
  for part in "$@"; do
    case $part in
      =*) printf '%s\n' "$part" ;;
      *) sha256sum <"$part" ;;
    esac
  done | sha256sum | cut -c1-12
}

# only_one NAME: from here to the end of the script no other script that says the same runs. Processes that outlive the
# script must be started with `{only_one_fd}>&-`, or they keep the lock.
only_one() {
  mkdir -p "$seaworthy_cache/locks"
  exec {only_one_fd}>"$seaworthy_cache/locks/$1"
  flock -n "$only_one_fd" && return 0
  note "waits for another $1 to end"
  flock "$only_one_fd"
}

# shellcheck shell=bash
# What people see while a script works: steps with elapsed time, and logs of what failed.
# Sourced by scripts that say `set -euo pipefail`. Everything goes to stderr: stdout belongs to a script's result.

elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }
step() { printf '== %s  %s\n' "$(elapsed)" "$*" >&2; }
note() { printf '   %s  %s\n' "$(elapsed)" "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2 && exit 1; }

# run_logged LABEL LOG COMMAND…: the output goes to LOG; a line every 15 s says that it still works; a failure shows the
# last 40 lines. An interruption ends the command's whole process group. COMMAND may be a function; not for use in
# `if`, `&&` or `||`, where the shell would not stop at the function's first error.
run_logged() {
  local label=$1 log=$2 began=$SECONDS said=$SECONDS status=0 group
  shift 2
  mkdir -p "$(dirname "$log")"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  group=$!
  set +m
  # shellcheck disable=SC2064  # the group of now, not of later
  trap "kill -TERM -- -$group 2>/dev/null; exit 130" INT TERM HUP
  while kill -0 "$group" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - said >= 15)); then
      said=$SECONDS
      note "$label: $((SECONDS - began)) s, still at work"
    fi
  done
  wait "$group" || status=$?
  trap - INT TERM HUP
  if ((status != 0)); then
    printf '\n%s\nerror: %s failed (status %s); the lines above are the last of %s\n' \
      "$(tail -n 40 "$log" | tr -d '\0')" "$label" "$status" "$log" >&2
    return "$status"
  fi
  note "$label: done in $((SECONDS - began)) s"
}

# offer_help ARGUMENT…: if that is what is asked for, prints what stands at the head of the script, and ends it.
offer_help() {
  case ${1:-} in -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit ;; esac
}

# retry TIMES PAUSE COMMAND…: until it succeeds, at most TIMES times, PAUSE seconds apart; silent until the last attempt.
retry() {
  local times=$1 pause=$2 attempt
  shift 2
  for ((attempt = 1; attempt < times; attempt++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep "$pause"
  done
  "$@"
}

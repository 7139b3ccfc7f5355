#!/bin/bash
# The Docker daemon, where it was started here, runs the machine's containerd and no program that was built for the nodes. Once it
# was found by PATH: Debian's containerd could not talk to that shim, and no container started (docs/mistakes.md).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "The Docker daemon and the programs of the nodes"
if ! "$here/docker" status | grep -q 'started here'; then
  say "It was not started here: its PATH is its own affair."
  exit
fi
daemon=$("$here/docker" status | sed -n 's/.*(pid \([0-9]*\)).*/\1/p')
of_daemon() { tr '\0' '\n' <"/proc/$daemon/environ" | sed -n 's/^PATH=//p'; }
say "It looks for programs in $(of_daemon)"
for program in containerd containerd-shim-runc-v2; do
  found=$(PATH=$(of_daemon) command -v "$program")
  note "$program: $found"
  # shellcheck disable=SC2154  # seaworthy_cache is cache.sh's
  [[ $found != "$seaworthy_cache"/* ]] || wrong "the daemon would run the nodes' $program"
done

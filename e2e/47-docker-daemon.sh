#!/bin/bash
# The Docker daemon that is started here finds the machine's containerd, and no program that was built for the nodes. Once it did
# by PATH: Debian's containerd could not talk to that shim, and no container started (docs/mistakes.md). What is started is a
# daemon that tells its PATH and ends, so the one that runs is left alone.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "The Docker daemon and the programs of the nodes"
if [[ -d /run/systemd/system ]]; then
  say "None is started here: systemd has it."
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # for that daemon
printf '#!/bin/bash\necho "$PATH" >"%s/path"\nexit 1\n' "$work" >"$work/dockerd"
chmod 755 "$work/dockerd"
# shellcheck disable=SC2154  # seaworthy_cache is cache.sh's
as_root env PATH="$work:$seaworthy_cache/bin:$PATH" HOME="$HOME" DOCKER_HOST="unix://$work/none" SEAWORTHY_DOCKER_STATE="$work/state" \
  "$here/docker" start >"$work/log" 2>&1 || true # it does not answer, and that is said
[[ -s $work/path ]] || { cat "$work/log" && wrong "no daemon was started"; }
say "It looks for programs in $(<"$work/path")"
[[ :$(<"$work/path"): == *":$work:"* ]] || wrong "that is not the PATH which it was given"
[[ :$(<"$work/path"): != *":$seaworthy_cache/bin:"* ]] || wrong "the daemon would run the nodes' containerd"

#!/bin/bash
# A kind cluster with our images on its nodes. Idempotent: finds well what is there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/e2e.sh
. "$(dirname "$0")/lib/e2e.sh"

title "A cluster of one control plane and three workers"
# Each node needs dozens of inotify instances; with the kernel's default of 128 a second cluster ends in "too many open
# files" (kind: known issues). Until the next boot, and only upwards.
limit=/proc/sys/fs/inotify/max_user_instances
if (($(<$limit) < 1024)); then
  note "raises fs.inotify.max_user_instances from $(<$limit) to 1024, until the next boot"
  as_root sh -c "echo 1024 > $limit" || note "could not: a second cluster on this machine may not come up"
fi
images=$("$root/hack/images")
"$root/e2e/cluster/up" >/dev/null
mapfile -t images <<<"$images"
"$root/e2e/cluster/load" "${images[@]}"
run kubectl get nodes

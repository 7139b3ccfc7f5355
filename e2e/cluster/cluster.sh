# shellcheck shell=bash
# What up, down and load share: the cluster's name, its files, and the tools. Sourced first, with $here = e2e/cluster.
# shellcheck disable=SC2034,SC2154  # for, and from, the scripts that source this
lib=$here/../../hack/lib
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/progress.sh
. "$lib/progress.sh"
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/packages.sh
. "$lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/cache.sh
. "$lib/cache.sh"
# shellcheck source-path=SCRIPTDIR source=versions.sh
. "$here/versions.sh"

cluster=${SEAWORTHY_CLUSTER:-seaworthy}
files=$seaworthy_cache/clusters/$cluster
kubeconfig=$files/kubeconfig

# need_tools NAME…: kind or kubectl, from PATH, else built.
need_tools() {
  local name bin
  for name in "$@"; do
    if ! command -v "$name" >/dev/null; then
      bin=$("$here/binaries" "$name")
      PATH=$PATH:$bin
    fi
  done
}

# The container names of the cluster's nodes, running or not.
nodes() { docker ps -a --filter "label=io.x-k8s.kind.cluster=$cluster" --format '{{.Names}}'; }

kube() { kubectl --kubeconfig "$kubeconfig" --request-timeout 10s "$@"; }

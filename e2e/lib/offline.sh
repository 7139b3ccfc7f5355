# shellcheck shell=bash
# kubectl seaworthy as scripts use it, without a cluster: exit status, what stands where. Sourced with the script's own
# arguments: the build directory (default: build/images, as hack/images --binaries-only leaves it).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/progress.sh
. "$root/hack/lib/progress.sh"
# shellcheck source-path=SCRIPTDIR source=../../hack/lib/packages.sh
. "$root/hack/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$root/e2e/lib/checks.sh"
need_commands jq=jq
kubectl_seaworthy=$root/build/images/cli/kubectl-seaworthy
[[ -z ${1:-} ]] || kubectl_seaworthy=$1/cli/kubectl-seaworthy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# No cluster can be asked: there is no home, and the configuration is not there.
seaworthy() { env -i KUBECONFIG=/nonexistent HOME=/nonexistent "$kubectl_seaworthy" "$@"; }
status_is() { # status, whether anything may stand on standard output (yes, no), arguments
  local wanted=$1 output=$2 status=0
  shift 2
  seaworthy "$@" >"$work/out" 2>"$work/err" || status=$?
  cat "$work/err"
  ((status == wanted)) && { [[ $output == yes ]] || [[ ! -s $work/out ]]; }
}

#!/bin/bash
# What we rely on of an API server, and what our generated policies do in one, tried on a real control plane:
#   tests/kube/contract_test.cpp         the same suite that the fake API server has to pass
#   tests/controller/enforcement_test.cpp  the floor and the steering, without any webhook
#   tests/controller/real_cluster_test.cpp the controller whole
#
#   e2e/integration/kube_contract.sh [BUILD-DIRECTORY]   (with test_kube and test_controller built; default: build/dev)
#
# Uses the cluster of SEAWORTHY_TEST_KUBECONFIG if that is set (administrator; it may be thrown away), else starts one.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/dev}

if [[ -z ${SEAWORTHY_TEST_KUBECONFIG:-} ]]; then
  work=$(mktemp -d)
  trap '"$root/e2e/cluster/control-plane" stop "$work/cluster" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
  "$root/e2e/cluster/control-plane" start "$work/cluster" --owner $$
  export SEAWORTHY_TEST_KUBECONFIG=$work/cluster/admin.conf
fi
PATH=$("$root/e2e/cluster/binaries" kubectl):$PATH
KUBECONFIG=$SEAWORTHY_TEST_KUBECONFIG kubectl apply -k "$root/crds" >/dev/null
"$build/tests/kube/test_kube" --gtest_filter='*/Real'
"$build/tests/controller/test_controller" --gtest_filter='*/Real'

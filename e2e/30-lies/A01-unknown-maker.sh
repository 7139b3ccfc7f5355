#!/bin/bash
# A-01: a TPM that no maker certified, or one that nobody knows.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-01: whoever can make a certificate authority can make a TPM"
lie "$node3" unknown-maker 4 "EkCertificate(Missing|Untrusted)|EkKeyMismatch"
eventually 10 "an Event tells of it" told_by_event "$node3" EnrolmentRefused EkCertificateUntrusted
[[ -z $(kube get natt "$node3" -o jsonpath="{.status.identity}") ]] || wrong "$node3 is enrolled"
[[ $(verdict "$node3") == Unknown ]] || wrong "$node3 is $(verdict "$node3")"
file=$(pod_file payments forced "nodeName: $node3")
refused "$node3" kubectl create -f "$file"

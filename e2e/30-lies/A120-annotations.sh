#!/bin/bash
# A-120: annotations by which one might opt out.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

title "A-120: annotations"
run kubectl annotate namespace payments seaworthy.dev/mode=Audit seaworthy.dev/skip=true --overwrite
file=$(pod_file payments forced "nodeName: $node2")
sed -i 's/^metadata: {/metadata: { annotations: { seaworthy.dev\/skip: "true", seaworthy.dev\/mode: Audit },/' "$file"
refused "$node2" kubectl create -f "$file"
run kubectl annotate namespace payments seaworthy.dev/mode- seaworthy.dev/skip-

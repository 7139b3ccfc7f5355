#!/bin/bash
# A-08: a key that signs anything, as AK.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-08: a key that is not restricted"
say "Its quotes would prove nothing: it signs whatever begins with TPM_GENERATED too."
lie "$node1" unrestricted-ak 1 AkAttributes
eventually 10 "an Event tells of it" told_by_event "$node1" EnrolmentRefused AkAttributes
has_verdict "$node1" Trusted || wrong "$node1 is $(verdict "$node1")"

#!/bin/bash
# A-30: other structures that the TPM attests, presented as quotes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/lies.sh
. "$(dirname "$0")/../lib/lies.sh"

title "A-30: the TPM attests something else"
say "Each is made by the TPM, signed by the enrolled AK and carries the right nonce. None of them is a quote."
refuses "$node2" NotAQuote other-attestations 3

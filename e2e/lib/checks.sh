# shellcheck shell=bash
# For scripts that are tables of small checks: each says a sentence and goes on; the last line counts.

declare -i checks_passed=0 checks_failed=0

# check SENTENCE COMMAND…: the command succeeds.
check() {
  local sentence=$1 output
  shift
  if output=$("$@" 2>&1); then
    checks_passed+=1
    printf 'ok      %s\n' "$sentence"
  else
    checks_failed+=1
    printf 'FAILED  %s\n        %s\n        %s\n' "$sentence" "$*" "${output//$'\n'/$'\n'        }"
  fi
}

# check_refused SENTENCE PATTERN COMMAND…: the command fails, in words that match.
check_refused() {
  local sentence=$1 pattern=$2 output status=0
  shift 2
  output=$("$@" 2>&1) || status=$?
  if ((status != 0)) && grep -qE "$pattern" <<<"$output"; then
    checks_passed+=1
    printf 'ok      %s\n' "$sentence"
  else
    checks_failed+=1
    printf 'FAILED  %s\n        %s\n        status %s, wanted a refusal like: %s\n        %s\n' \
      "$sentence" "$*" "$status" "$pattern" "${output//$'\n'/$'\n'        }"
  fi
}

checks_end() {
  printf '%s passed, %s failed\n' "$checks_passed" "$checks_failed"
  ((checks_failed == 0))
}

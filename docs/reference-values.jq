# A ReferenceValueSet of one boot: $boot is what `kubectl seaworthy inspect boot-log --events -o json` says, $ima the text of
# ascii_runtime_measurements, $pcrs the registers to compare.
def pcr($index): $boot[0].pcrs.sha256[$index | tostring];
{
  apiVersion: "seaworthy.dev/v1alpha1",
  kind: "ReferenceValueSet",
  metadata: { name: $name },
  spec: {
    boot: {
      pcrs: [$pcrs[] | { index: ., sha256: pcr(.) }],
      applications: [$boot[0].eventList[] | select(.pcr == 4 and (.type | test("APPLICATION|DRIVER"))) | .digests.sha256] | unique,
      commandLines: $boot[0].commandLines
    },
    files: [$ima | split("\n")[] | split(" ") | select(length >= 5 and .[4] != "boot_aggregate") |
      { sha256: (.[3] | ltrimstr("sha256:")), path: .[4:] | join(" ") | sub(" *$"; "") }] | unique_by(.sha256)
  }
}

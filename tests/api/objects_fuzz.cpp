// Parses JSON as each of our kinds and as what we read of Kubernetes' own.
#include "api/attestation.h"
#include "api/node.h"
#include "api/policy.h"
#include "api/reference_values.h"
#include "codec/json.h"

void fuzz(seaworthy::ByteSpan bytes) {
  using namespace seaworthy::api;
  const auto json = seaworthy::codec::parse_json(seaworthy::as_text(bytes),
                                                 {.max_bytes = 256 * 1024, .max_depth = 32});
  if (!json) {
    return;
  }
  (void)parse_policy(*json);
  (void)governed_namespaces(*json);
  (void)parse_reference_values(*json);
  (void)parse_node_attestation(*json);
  (void)parse_node(*json);
}

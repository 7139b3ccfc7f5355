// A whole decision from hostile bytes, with nodes that nobody trusts: whatever comes, no placement
// in a governed namespace is allowed.
#include "admission/review.h"
#include "api/admission.h"
#include "base/check.h"
#include "codec/json.h"

namespace {

using namespace seaworthy;

admission::Snapshot untrusting() {
  admission::PolicyView policy;
  policy.name = PolicyName("production");
  policy.uid = "u";
  policy.namespaces = {Namespace("web"), Namespace("")};
  return admission::Snapshot().with_policy(policy).with_node(NodeName("n1"), NodeUid("u1"));
}

}  // namespace

void fuzz(seaworthy::ByteSpan input) {
  static const admission::Snapshot kSnapshot = untrusting();
  const auto reviewed = admission::review(as_text(input), kSnapshot, {});
  if (!reviewed) {
    return;
  }
  const admission::Decision& decision = reviewed->decision;
  SEAWORTHY_CHECK(decision.reason != admission::Reason::kTrusted);
  SEAWORTHY_CHECK(decision.response.allowed == (decision.outcome != admission::Outcome::kDenied));
  const auto answer = codec::parse_json(reviewed->body, {.max_bytes = 1 << 20});
  SEAWORTHY_CHECK(answer.has_value());
  const auto& response = (*answer)["response"];
  SEAWORTHY_CHECK(response["allowed"].get<bool>() == decision.response.allowed);
}

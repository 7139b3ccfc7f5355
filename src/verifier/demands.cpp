#include "verifier/demands.h"

#include <algorithm>
#include <iterator>

namespace seaworthy::verifier {

Answer<Demands> demands_on(Context& context, const NodeName& node, const NodeUid& uid) {
  const auto known = context.nodes.find(node.str());
  if (!known || !known->value || known->uid != uid.str()) {
    return refusal(
        503, "NodeUnknown",
        "the operator does not know node '" + node.str() + "' with this UID yet; try again");
  }
  Demands out{.all = context.view.selecting(known->value->labels), .in_force = {}};
  std::copy_if(out.all.begin(), out.all.end(), std::back_inserter(out.in_force),
               [](const auto& view) { return !view->policy.dry_run(); });
  if (out.in_force.empty()) {
    return refusal(409, "NoPolicy",
                   "no AttestationPolicy in force selects node '" + node.str() +
                       "': there is nothing to enrol or to attest for");
  }
  return out;
}

}  // namespace seaworthy::verifier

// Which policies have a say about a node.
#pragma once

#include "verifier/context.h"

namespace seaworthy::verifier {

struct Demands {
  PolicyViews all;       // that select the node: it is appraised under each
  PolicyViews in_force;  // of these, all but dry runs; never empty
};

// 503 if the node is not known yet. 409 NoPolicy if no policy in force selects it: to a node that
// only dry runs select nothing is different from a node that no policy selects, or they would have
// it enrol and attest.
Answer<Demands> demands_on(Context& context, const NodeName& node, const NodeUid& uid);

}  // namespace seaworthy::verifier

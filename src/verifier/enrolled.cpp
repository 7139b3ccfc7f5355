#include "verifier/enrolled.h"

#include "verifier/demands.h"

namespace seaworthy::verifier {
namespace {

Refusal not_enrolled(const NodeName& node, const std::string& why) {
  return refusal(404, "NotEnrolled", "node '" + node.str() + "' is not enrolled: " + why);
}

}  // namespace

Answer<Enrolled> find_enrolled(Context& context, const NodeName& node, const NodeUid& uid) {
  auto demands = demands_on(context, node, uid);
  if (auto* refused = std::get_if<Refusal>(&demands)) {
    return std::move(*refused);
  }
  const auto cached = context.records.find(node.str());
  if (!cached || !cached->value || !cached->value->identity) {
    return not_enrolled(node, "there is no enrolment on record");
  }
  const api::NodeAttestation& record = *cached->value;
  auto statement = open_statement(context.key, record.identity->statement);
  if (!statement) {  // whoever can write a status cannot make a node trusted
    return not_enrolled(node, "its enrolment statement was not made by this verifier");
  }
  if (statement->node != node || statement->node_uid != uid) {
    return not_enrolled(node, "its enrolment is that of another Node");
  }
  if (statement->ek_hash != record.ek_hash) {
    return not_enrolled(node, "its enrolment is not the one that spec.ekHash pins");
  }
  return Enrolled{cached, *std::move(statement), std::get<Demands>(std::move(demands)).all};
}

}  // namespace seaworthy::verifier

#include "verifier/record.h"

#include "api/policy.h"

namespace seaworthy::verifier {
namespace {

constexpr int kTries = 5;

api::VerifierStatus owned_part(const api::NodeAttestation& record) {
  return {record.identity, record.pending, record.boot, record.results, record.conditions};
}

}  // namespace

api::Condition condition(const char* type, api::ConditionStatus status, std::string reason,
                         std::string message) {
  api::Condition out;
  out.type = type;
  out.status = status;
  out.reason = std::move(reason);
  out.message = std::move(message);
  return out;
}

Result<std::optional<api::NodeAttestation>> read_record(kube::Client& client, const NodeName& node,
                                                        const kube::Call& call) {
  auto object = client.get(kube::kNodeAttestations, kube::cluster_key(node.str()), call);
  if (!object) {
    if (object.error().code() == ErrorCode::kNotFound) {
      return std::optional<api::NodeAttestation>();
    }
    return std::move(object).error();
  }
  return std::optional<api::NodeAttestation>(TRY(api::parse_node_attestation(*object)));
}

Result<api::NodeAttestation> ensure_record(kube::Client& client, const NodeName& node,
                                           const NodeUid& uid, const kube::Call& call) {
  if (auto existing = TRY(read_record(client, node, call))) {
    return *std::move(existing);
  }
  codec::Json object = api::object_header(api::kGroupVersion, "NodeAttestation", node.str());
  object["metadata"]["ownerReferences"] =
      codec::Json::array({api::to_json(api::OwnerReference{"v1", "Node", node.str(), uid.str()})});
  object["spec"] = codec::Json::object();
  const codec::Json created = TRY(client.create(kube::kNodeAttestations, object, call));
  return api::parse_node_attestation(created);
}

Result<api::NodeAttestation> pin(kube::Client& client, const api::NodeAttestation& current,
                                 const std::string& ek_hash, const kube::Call& call) {
  const codec::Json patch = {
      {"metadata", {{"resourceVersion", current.meta.resource_version.str()}}},
      {"spec", {{"ekHash", ek_hash}}}};
  const codec::Json written =
      TRY(client.patch(kube::kNodeAttestations, kube::cluster_key(current.meta.name),
                       kube::PatchType::kMerge, patch, {.field_manager = kFieldManager}, call));
  return api::parse_node_attestation(written);
}

Result<void> update_status(kube::Client& client, const NodeName& node, const StatusChange& change,
                           const kube::Call& call) {
  for (int i = 0;; ++i) {
    const auto record = TRY(read_record(client, node, call));
    if (!record) {
      return not_found("nodeattestation '" + node.str() +
                       "' was deleted: the node has to enrol again");
    }
    api::VerifierStatus status = owned_part(*record);
    change(*record, status);
    codec::Json patch = api::verifier_status_patch(node, status);
    if (patch == api::verifier_status_patch(node, owned_part(*record))) {
      return {};
    }
    patch["metadata"]["resourceVersion"] = record->meta.resource_version.str();
    auto written = kube::apply_status(client, kube::kNodeAttestations, patch, kFieldManager, call);
    if (written) {
      return {};
    }
    if (written.error().code() != ErrorCode::kConflict || i + 1 == kTries) {
      return std::move(written).error().in("status of nodeattestation " + node.str());
    }
  }
}

}  // namespace seaworthy::verifier

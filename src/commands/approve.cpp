#include "commands/approve.h"

#include "api/attestation.h"
#include "api/policy.h"

namespace seaworthy::commands {
namespace {

constexpr const char* kFieldManager = "kubectl-seaworthy";

std::string answer(const std::string& node, const std::string& ek_hash, const std::string& text,
                   const Output& output) {
  if (output.for_programs()) {
    return as_document({{"node", node}, {"ekHash", ek_hash}, {"result", text}}, output.format);
  }
  return "nodeattestation/" + node + " " + text + ": TPM " + ek_hash + "\n";
}

Result<std::string> list_beforehand(kube::Client& client, const Approval& approval,
                                    const Output& output, const kube::Call& call) {
  if (approval.ek_hash.empty()) {
    return not_found("no TPM of node '" + approval.node +
                     "' waits for approval. To list one beforehand, name it: kubectl seaworthy "
                     "approve " +
                     approval.node + " --ek-hash sha256:…");
  }
  codec::Json object = api::object_header(api::kGroupVersion, "NodeAttestation", approval.node);
  object["spec"] = {{"ekHash", approval.ek_hash}};
  TRY(client.create(kube::kNodeAttestations, object, call));
  return answer(approval.node, approval.ek_hash, "listed", output);
}

}  // namespace

Result<std::string> approve(kube::Client& client, const Approval& approval, const Output& output,
                            const kube::Call& call) {
  if (!approval.ek_hash.empty() && !api::is_ek_hash(approval.ek_hash)) {
    return malformed("--ek-hash: expected sha256: and 64 hexadecimal digits, got '" +
                     approval.ek_hash.substr(0, 80) + "'");
  }
  auto object = client.get(kube::kNodeAttestations, kube::cluster_key(approval.node), call);
  if (!object && object.error().code() == ErrorCode::kNotFound) {
    return list_beforehand(client, approval, output, call);
  }
  if (!object) {
    return std::move(object).error();
  }
  const api::NodeAttestation current = TRY(api::parse_node_attestation(*object));
  const std::string wanted = !approval.ek_hash.empty() ? approval.ek_hash
                             : current.pending         ? current.pending->ek_hash
                                                       : "";
  if (wanted.empty()) {
    return list_beforehand(client, approval, output, call);
  }
  if (current.ek_hash == wanted) {
    return answer(approval.node, wanted, "unchanged", output);
  }
  if (!current.ek_hash.empty()) {
    return Error(ErrorCode::kConflict,
                 "node '" + approval.node + "' is pinned to TPM " + current.ek_hash +
                     ". To give it another, delete its record first: kubectl delete "
                     "nodeattestation " +
                     approval.node);
  }
  if (current.pending && current.pending->ek_hash != wanted) {
    return Error(ErrorCode::kConflict,
                 "the TPM that waits is " + current.pending->ek_hash + ", not " + wanted);
  }
  const codec::Json patch = {
      {"metadata", {{"resourceVersion", current.meta.resource_version.str()}}},
      {"spec", {{"ekHash", wanted}}}};
  TRY(client.patch(kube::kNodeAttestations, kube::cluster_key(approval.node),
                   kube::PatchType::kMerge, patch, {.field_manager = kFieldManager}, call));
  return answer(approval.node, wanted, "approved", output);
}

}  // namespace seaworthy::commands

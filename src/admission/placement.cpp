#include "admission/placement.h"

#include <algorithm>
#include <array>

#include "api/meta.h"

namespace seaworthy::admission {
namespace {

using codec::Json;

constexpr const char* kMirrorAnnotation = "kubernetes.io/config.mirror";

// What the API server's PodTopologyLabels puts on a Binding by itself (Kubernetes 1.35).
constexpr std::array<std::string_view, 2> kTopologyKeys = {"topology.kubernetes.io/zone",
                                                           "topology.kubernetes.io/region"};

Placement none(Reason reason) {
  return {
      .kind = Placement::Kind::kNone, .node = {}, .mirror = false, .reason = reason, .detail = {}};
}

Placement refused(Reason reason, std::string detail, NodeName node = {}) {
  return {.kind = Placement::Kind::kRefused,
          .node = std::move(node),
          .mirror = false,
          .reason = reason,
          .detail = std::move(detail)};
}

// The member, or null if it is absent or JSON null.
const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json* member(const Json* object, const char* name) {
  return object == nullptr ? nullptr : member(*object, name);
}

// A string that may be absent: then it is empty. False if it is something else.
bool read_text(const Json* value, std::string& out) {
  if (value == nullptr) {
    out.clear();
    return true;
  }
  if (!value->is_string()) {
    return false;
  }
  out = value->get_ref<const std::string&>();
  return true;
}

Placement read_pod(const Json& pod) {
  std::string node;
  if (!pod.is_object() || !read_text(member(member(pod, "spec"), "nodeName"), node)) {
    return refused(Reason::kMalformedObject, "the object is not a Pod");
  }
  if (node.empty()) {
    return none(Reason::kNotPlaced);
  }
  const Json* annotations = member(member(pod, "metadata"), "annotations");
  return {.kind = Placement::Kind::kNode,
          .node = NodeName(std::move(node)),
          .mirror = member(annotations, kMirrorAnnotation) != nullptr,
          .reason = Reason::kTrusted,
          .detail = {}};
}

// The first key of a map that is not topology's; empty: there is none.
std::string foreign_key(const Json* map) {
  if (map == nullptr) {
    return {};
  }
  if (!map->is_object()) {
    return "(not a map)";
  }
  for (const auto& [key, value] : map->items()) {
    if (std::find(kTopologyKeys.begin(), kTopologyKeys.end(), key) == kTopologyKeys.end()) {
      return key.empty() ? "(empty)" : key;
    }
  }
  return {};
}

enum class Path : std::uint8_t { kPod, kLegacy };

Placement read_binding(const Json& binding, Path path) {
  std::string kind;
  std::string name;
  std::string uid;
  const Json* target = member(binding, "target");
  const Json* metadata = member(binding, "metadata");
  if (target == nullptr || !target->is_object() || metadata == nullptr || !metadata->is_object() ||
      !read_text(member(target, "kind"), kind) || !read_text(member(target, "name"), name) ||
      !read_text(member(metadata, "uid"), uid)) {
    return refused(Reason::kMalformedObject, "the object is not a Binding");
  }
  NodeName node(name);
  if (path == Path::kLegacy) {
    return refused(Reason::kLegacyBinding,
                   "the API server drops the pod's UID on this path, so another pod of the same "
                   "name could be bound: use pods/binding with metadata.uid",
                   std::move(node));
  }
  if ((!kind.empty() && kind != "Node") || name.empty()) {
    return refused(Reason::kBindingTarget, "the target of a Binding is a Node with a name",
                   std::move(node));
  }
  if (uid.empty()) {
    return refused(Reason::kBindingWithoutUid,
                   "without metadata.uid another pod of the same name could be bound: set it to "
                   "the pod's UID",
                   std::move(node));
  }
  for (const char* map : {"labels", "annotations"}) {
    const std::string key = foreign_key(member(metadata, map));
    if (!key.empty()) {
      return refused(Reason::kBindingMetadata,
                     std::string(map) +
                         " of a Binding overwrite those of the pod, so only "
                         "topology.kubernetes.io/zone and region may be there, not " +
                         key.substr(0, 128),
                     std::move(node));
    }
  }
  return {.kind = Placement::Kind::kNode,
          .node = std::move(node),
          .mirror = false,
          .reason = Reason::kTrusted,
          .detail = {}};
}

struct Harmless {
  std::string_view sub_resource;
  std::string_view operation;
};
// Of pods: what changes neither the node nor the code of a pod (spec.nodeName is immutable, so are
// images except by an image update, which no policy of this version judges).
constexpr std::array<Harmless, 6> kHarmless = {{{"", "UPDATE"},
                                                {"", "DELETE"},
                                                {"status", "UPDATE"},
                                                {"resize", "UPDATE"},
                                                {"eviction", "CREATE"},
                                                {"binding", "DELETE"}}};

}  // namespace

Placement read_placement(const api::AdmissionRequest& request) {
  const bool core = request.group.empty() && request.version == "v1";
  const bool create = request.operation == "CREATE";
  if (core && request.resource == "bindings" && create && request.sub_resource.empty()) {
    return read_binding(request.object, Path::kLegacy);
  }
  if (core && request.resource == "pods") {
    if (request.sub_resource == "binding" && create) {
      return read_binding(request.object, Path::kPod);
    }
    if ((request.sub_resource.empty() && create) ||
        (request.sub_resource == "ephemeralcontainers" && request.operation == "UPDATE")) {
      return read_pod(request.object);
    }
    for (const Harmless& harmless : kHarmless) {
      if (request.sub_resource == harmless.sub_resource &&
          request.operation == harmless.operation) {
        return none(Reason::kNotPlacement);
      }
    }
  }
  return refused(Reason::kUnexpectedRequest,
                 request.operation + " of " + request.resource +
                     (request.sub_resource.empty() ? "" : "/" + request.sub_resource) +
                     (request.group.empty() ? "" : "." + request.group) +
                     " is nothing that Seaworthy judges: remove it from the rules of the webhook");
}

}  // namespace seaworthy::admission

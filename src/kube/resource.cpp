#include "kube/resource.h"

#include "http/message.h"

namespace seaworthy::kube {
namespace {

std::string metadata_text(const Json& object, const char* field) {
  if (!object.is_object()) {
    return "";
  }
  const auto meta = object.find("metadata");
  if (meta == object.end() || !meta->is_object()) {
    return "";
  }
  const auto value = meta->find(field);
  return value != meta->end() && value->is_string() ? value->get<std::string>() : "";
}

}  // namespace

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

ObjectKey key_of(const Json& object) {
  return {metadata_text(object, "namespace"), metadata_text(object, "name")};
}
std::string uid_of(const Json& object) {
  return metadata_text(object, "uid");
}
std::string resource_version_of(const Json& object) {
  return metadata_text(object, "resourceVersion");
}

std::string path_of(const Resource& resource, const ObjectKey& key, std::string_view subresource) {
  std::string path =
      resource.group.empty() ? "/api/" : "/apis/" + std::string(resource.group) + "/";
  path.append(resource.version);
  if (resource.namespaced && !key.namespace_.empty()) {
    path.append("/namespaces/").append(http::percent_encode(key.namespace_));
  }
  path.append("/").append(resource.plural);
  if (!key.name.empty()) {
    path.append("/").append(http::percent_encode(key.name));
    if (!subresource.empty()) {
      path.append("/").append(subresource);
    }
  }
  return path;
}

}  // namespace seaworthy::kube

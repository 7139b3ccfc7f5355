#include "api/what_if.h"

#include "api/policy.h"

namespace seaworthy::api {

std::optional<Time> what_if_end(const Json& policy) {
  if (readable_mode(policy) != EnforcementMode::kDryRun) {
    return std::nullopt;
  }
  static const Json kNothing = Json::object();
  const Json meta = policy.value("metadata", kNothing);
  if (!meta.is_object() || !meta.contains("labels") || !meta["labels"].is_object() ||
      !meta["labels"].contains(kWhatIfLabel) || !meta.contains("creationTimestamp") ||
      !meta["creationTimestamp"].is_string()) {
    return std::nullopt;
  }
  const auto created = Time::parse_rfc3339(meta["creationTimestamp"].get<std::string>());
  return created ? std::optional(*created + kWhatIfLife) : std::nullopt;
}

}  // namespace seaworthy::api

// The policies as a verifier needs them: with their trust anchors parsed and their reference values
// compiled. Built from the informers' caches, rebuilt when something changes, immutable between.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/policy.h"
#include "api/reference_values.h"
#include "base/mutex.h"
#include "kube/informer.h"
#include "policy/evaluate.h"
#include "verify/identity.h"

namespace seaworthy::verifier {

// `data` of a ConfigMap.
using ConfigMapData = std::map<std::string, std::string>;
Result<ConfigMapData> parse_config_map(const codec::Json& object);

// One policy, ready for use. A policy whose anchors cannot be read has none: nothing chains to it.
// One whose revocation lists cannot be read believes no TPM.
struct PolicyView {
  api::AttestationPolicy policy;
  std::shared_ptr<const policy::CompiledPolicy> compiled;
  verify::EndorsementRules endorsement;
  std::string anchors_digest;         // changes when the rules of endorsement do
  std::vector<std::string> problems;  // of anchors and lists, for people
};
using PolicyViews = std::vector<std::shared_ptr<const PolicyView>>;

// Thread-safe.
class ClusterView {
 public:
  ClusterView(const kube::Informer<api::AttestationPolicy>& policies,
              const kube::Informer<api::ReferenceValueSet>& sets,
              const kube::Informer<ConfigMapData>& config_maps, std::string ns)
      : policies_(policies), sets_(sets), config_maps_(config_maps), namespace_(std::move(ns)) {}

  // Something that current() is built from has changed. Called by the informers' handlers.
  void invalidate();

  std::shared_ptr<const PolicyViews> current();
  // Those that select a node with these labels.
  PolicyViews selecting(const std::map<std::string, std::string>& labels);

 private:
  struct CachedSet {
    std::string resource_version;
    std::shared_ptr<const policy::CompiledSet> compiled;
  };
  std::shared_ptr<const PolicyView> view_of(const api::AttestationPolicy& policy) const
      REQUIRES(mutex_);
  void compile_sets() REQUIRES(mutex_);
  // The text under this key, or why there is none.
  Result<std::string> text_of(const api::ConfigMapKey& source) const;
  void read_anchors(PolicyView& view) const;
  void read_revocation_lists(PolicyView& view) const;

  const kube::Informer<api::AttestationPolicy>& policies_;
  const kube::Informer<api::ReferenceValueSet>& sets_;
  const kube::Informer<ConfigMapData>& config_maps_;
  const std::string namespace_;

  Mutex mutex_;
  std::map<std::string, CachedSet> compiled_ GUARDED_BY(mutex_);
  std::shared_ptr<const PolicyViews> current_ GUARDED_BY(mutex_);
};

}  // namespace seaworthy::verifier

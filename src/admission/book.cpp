#include "admission/book.h"

#include <utility>

#include "token/ear.h"

namespace seaworthy::admission {

std::shared_ptr<const Snapshot> Book::snapshot() const {
  MutexLock lock(mutex_);
  return snapshot_;
}

void Book::publish(Snapshot next) {
  auto snapshot = std::make_shared<const Snapshot>(std::move(next));
  MutexLock lock(mutex_);
  snapshot_.swap(snapshot);  // the old one goes after the lock, if nobody reads it
}

void Book::put_policy(const codec::Json& object) {
  PolicyView policy = PolicyView::of(object);
  MutexLock lock(writing_);
  publish(snapshot()->with_policy(std::move(policy)));
}

void Book::drop_policy(const std::string& name) {
  MutexLock lock(writing_);
  publish(snapshot()->without_policy(PolicyName(name)));
}

void Book::put_node(const std::string& name, const std::string& uid) {
  MutexLock lock(writing_);
  publish(snapshot()->with_node(NodeName(name), NodeUid(uid)));
}

void Book::drop_node(const std::string& name) {
  put_node(name, "");
}

Book::Believed Book::believe(const NodeName& node, const std::vector<api::SignedResult>& results,
                             Time now) const {
  Believed out;
  for (const api::SignedResult& result : results) {
    auto ear = token::verify_ear(result.ear, keys_, now);
    if (!ear) {
      if (ear.error().code() == ErrorCode::kDenied) {
        out.others.push_back(result);
      }
      out.refused = ear.error().message();
    } else if (ear->claims().node != node) {
      out.refused = "it is about node " + ear->claims().node.str();
    } else {
      out.results.push_back(ResultView::of(*ear));
    }
  }
  return out;
}

void Book::record(const NodeName& node, Believed believed) {
  if (believed.others.empty()) {
    set_aside_.erase(node);
  } else {
    set_aside_[node] = std::move(believed.others);
  }
  publish(snapshot()->with_results(node, std::move(believed.results), std::move(believed.refused)));
}

void Book::put_attestation(const codec::Json& object, Time now) {
  auto attestation = api::parse_node_attestation(object);
  MutexLock lock(writing_);
  if (attestation) {
    record(attestation->node(), believe(attestation->node(), attestation->results, now));
    return;
  }
  // Without a name there is nothing that anything could be known of.
  const auto* metadata =
      object.is_object() && object.contains("metadata") ? &object["metadata"] : nullptr;
  if (metadata != nullptr && metadata->is_object() && metadata->contains("name") &&
      (*metadata)["name"].is_string()) {
    record(NodeName((*metadata)["name"].get<std::string>()),
           {.results = {}, .others = {}, .refused = attestation.error().message()});
  }
}

void Book::drop_attestation(const std::string& name) {
  MutexLock lock(writing_);
  record(NodeName(name), {});
}

std::size_t Book::put_keys(const std::map<std::string, std::string>& data, Time now) {
  token::KeySet keys;
  Snapshot::Keys views;
  std::size_t left_out = 0;
  for (const auto& [name, text] : data) {
    auto key = token::parse_jwk(text);
    // Without an owner or an end it is not a key that a verifier published.
    if (!key || key->verifier.empty() || !key->not_after) {
      ++left_out;
      continue;
    }
    KeyView view{key->verifier, *key->not_after};
    std::string key_id = key->key_id;
    if (!keys.add(*std::move(key))) {
      ++left_out;
      continue;
    }
    views.emplace(std::move(key_id), std::move(view));
  }
  MutexLock lock(writing_);
  keys_ = std::move(keys);
  publish(snapshot()->with_keys(std::move(views)));
  // Results that were believed stay: they name their key, and standing() asks for it each time.
  const auto set_aside = set_aside_;
  for (const auto& [node, results] : set_aside) {
    Believed again = believe(node, results, now);
    if (again.results.empty()) {
      continue;
    }
    const auto published = snapshot();
    if (const NodeView* view = published->find_node(node)) {
      again.results.insert(again.results.end(), view->results.begin(), view->results.end());
    }
    record(node, std::move(again));
  }
  return left_out;
}

Book::Counts Book::counts() const {
  MutexLock lock(writing_);
  const auto published = snapshot();
  return {.nodes = published->node_count(),
          .policies = published->policy_count(),
          .keys = keys_.size(),
          .set_aside = set_aside_.size()};
}

}  // namespace seaworthy::admission

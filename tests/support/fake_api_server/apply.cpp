#include "support/fake_api_server/apply.h"

#include <algorithm>

namespace seaworthy::testing {
namespace {

using codec::Json;

// listType=map of the API types that tests use; every other list is atomic.
const std::map<std::string, std::string, std::less<>> kListKeys = {
    {"conditions", "type"},     {"results", "verifier"}, {"verdicts", "policy"},
    {"ownerReferences", "uid"}, {"webhooks", "name"},    {"matchConditions", "name"},
};

// "[type=Ready]": an item of a list that merges by key.
std::string item_name(const std::string& key, const Json& item) {
  const auto value = item.is_object() ? item.find(key) : item.end();
  return "[" + key + "=" +
         (value != item.end() && value->is_string() ? value->get<std::string>() : "") + "]";
}

bool identifies(const FieldPath& path) {
  static const std::set<FieldPath> kIdentity = {
      {"apiVersion"},       {"kind"},
      {"metadata", "name"}, {"metadata", "namespace"},
      {"metadata", "uid"},  {"metadata", "resourceVersion"},
  };
  return kIdentity.contains(path);
}

void collect(const Json& value, FieldPath& path, std::set<FieldPath>& out) {
  if (identifies(path)) {
    return;
  }
  const auto key = path.empty() ? kListKeys.end() : kListKeys.find(path.back());
  if (value.is_object() && !value.empty()) {
    for (const auto& [name, inner] : value.items()) {
      path.push_back(name);
      collect(inner, path, out);
      path.pop_back();
    }
  } else if (value.is_array() && key != kListKeys.end()) {
    for (const Json& item : value) {
      path.push_back(item_name(key->second, item));
      out.insert(path);
      collect(item, path, out);
      path.pop_back();
    }
  } else {
    out.insert(path);
  }
}

// The value at a path, or null. Items are found by their key.
const Json* find(const Json& root, const FieldPath& path) {
  const Json* at = &root;
  for (const std::string& step : path) {
    if (at->is_object()) {
      const auto next = at->find(step);
      if (next == at->end()) {
        return nullptr;
      }
      at = &*next;
    } else if (at->is_array() && step.starts_with("[")) {
      const std::string key = step.substr(1, step.find('=') - 1);
      const auto next = std::find_if(
          at->begin(), at->end(), [&](const Json& item) { return item_name(key, item) == step; });
      if (next == at->end()) {
        return nullptr;
      }
      at = &*next;
    } else {
      return nullptr;
    }
  }
  return at;
}

void merge(Json& live, const Json& applied, const std::string& field) {
  const auto key = kListKeys.find(field);
  if (applied.is_object() && live.is_object()) {
    for (const auto& [name, value] : applied.items()) {
      merge(live[name], value, name);
    }
  } else if (applied.is_array() && live.is_array() && key != kListKeys.end()) {
    for (const Json& item : applied) {
      const std::string name = item_name(key->second, item);
      const auto there = std::find_if(live.begin(), live.end(), [&](const Json& other) {
        return item_name(key->second, other) == name;
      });
      if (there == live.end()) {
        live.push_back(item);
      } else {
        merge(*there, item, "");
      }
    }
  } else {
    live = applied;
  }
}

// Removes what is at `path`, and parents that become empty by it.
void remove(Json& at, const FieldPath& path, std::size_t depth) {
  const std::string& step = path[depth];
  const bool last = depth + 1 == path.size();
  if (at.is_object() && at.contains(step)) {
    if (!last) {
      remove(at[step], path, depth + 1);
    }
    if (last || at[step].empty()) {
      at.erase(step);
    }
  } else if (at.is_array() && step.starts_with("[")) {
    const std::string key = step.substr(1, step.find('=') - 1);
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (item_name(key, at[i]) == step) {
        if (last) {
          at.erase(i);
        } else {
          remove(at[i], path, depth + 1);
        }
        return;
      }
    }
  }
}

bool below(const FieldPath& path, const FieldPath& inner) {
  return inner.size() >= path.size() && std::equal(path.begin(), path.end(), inner.begin());
}

std::string text(const FieldPath& path) {
  std::string out;
  for (const std::string& step : path) {
    out += (step.starts_with("[") ? "" : ".") + step;
  }
  return out;
}

}  // namespace

std::set<FieldPath> fields_of(const Json& applied) {
  std::set<FieldPath> out;
  FieldPath path;
  collect(applied, path, out);
  return out;
}

std::optional<std::string> server_side_apply(Json& live, const Json& applied,
                                             const std::string& manager, bool force,
                                             Ownership& owners) {
  const std::set<FieldPath> fields = fields_of(applied);
  for (auto& [other, owned] : owners) {
    if (other == manager) {
      continue;
    }
    for (const FieldPath& path : fields) {
      if (!owned.contains(path) || path.back().starts_with("[")) {
        continue;
      }
      const Json* now = find(live, path);
      const Json* wanted = find(applied, path);
      if (now == nullptr || wanted == nullptr || *now == *wanted) {
        continue;
      }
      if (!force) {
        return text(path);
      }
      owned.erase(path);
    }
  }
  merge(live, applied, "");
  for (const FieldPath& path : owners[manager]) {
    if (fields.contains(path)) {
      continue;
    }
    const bool wanted = std::any_of(owners.begin(), owners.end(), [&](const auto& entry) {
      return entry.first != manager &&
             std::any_of(entry.second.begin(), entry.second.end(),
                         [&](const FieldPath& other) { return below(path, other); });
    });
    if (!wanted) {
      remove(live, path, 0);
    }
  }
  owners[manager] = fields;
  return std::nullopt;
}

}  // namespace seaworthy::testing

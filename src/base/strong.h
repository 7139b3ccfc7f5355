// Strings that mean different things have different types.
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

namespace seaworthy {

// A string of one meaning; `Tag` is any type that names the meaning.
template <class Tag>
class Strong {
 public:
  Strong() = default;
  explicit Strong(std::string value) : value_(std::move(value)) {}

  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const Strong&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Strong& s) { return out << s.value_; }

 private:
  std::string value_;
};

using NodeName = Strong<struct NodeNameTag>;
using NodeUid = Strong<struct NodeUidTag>;
using PolicyName = Strong<struct PolicyNameTag>;
using Namespace = Strong<struct NamespaceTag>;
using ResourceVersion = Strong<struct ResourceVersionTag>;

}  // namespace seaworthy

template <class Tag>
struct std::hash<seaworthy::Strong<Tag>> {
  std::size_t operator()(const seaworthy::Strong<Tag>& s) const noexcept {
    return std::hash<std::string>{}(s.str());
  }
};

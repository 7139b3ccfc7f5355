// A value, or the Error that says why there is none.
#pragma once

#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace seaworthy {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    SEAWORTHY_CHECK(!has_value());
    return std::get<1>(state_);
  }
  Error&& error() && {
    SEAWORTHY_CHECK(!has_value());
    return std::get<1>(std::move(state_));
  }

 private:
  T& value() {
    SEAWORTHY_CHECK(has_value());
    return std::get<0>(state_);
  }
  const T& value() const {
    SEAWORTHY_CHECK(has_value());
    return std::get<0>(state_);
  }

  std::variant<T, Error> state_;
};

struct Done {};  // what TRY yields for a Result<void>

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() : state_(Done{}) {}
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }

  Done operator*() const { return {}; }

  const Error& error() const& {
    SEAWORTHY_CHECK(!has_value());
    return std::get<1>(state_);
  }
  Error&& error() && {
    SEAWORTHY_CHECK(!has_value());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<Done, Error> state_;
};

}  // namespace seaworthy

// The value, or return the error to the caller. Do not nest, and not inside a braced initializer:
// g++ 12 leaks the members that were built before it returned.
#define TRY(expr)                            \
  __extension__({                            \
    auto try_result_ = (expr);               \
    if (!try_result_) {                      \
      return std::move(try_result_).error(); \
    }                                        \
    *std::move(try_result_);                 \
  })

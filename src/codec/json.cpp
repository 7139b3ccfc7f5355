#include "codec/json.h"

#include <vector>

namespace seaworthy::codec {
namespace {

// Builds the value, and refuses what nlohmann's own parser accepts silently: duplicate keys (it
// keeps the last) and any depth.
class Builder final : public Json::json_sax_t {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool v) override { return add(v); }
  bool number_integer(number_integer_t v) override { return add(v); }
  bool number_unsigned(number_unsigned_t v) override { return add(v); }
  bool number_float(number_float_t v, const string_t&) override { return add(v); }
  bool string(string_t& v) override { return add(std::move(v)); }
  bool binary(binary_t&) override { return fail("binary value"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (stack_.back()->contains(name)) {
      return fail("duplicate key '" + name.substr(0, 64) + "'");
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& cause) override {
    if (error_.empty()) {
      // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
      std::string why = cause.what();
      const std::size_t colon = why.find(": ");
      why = colon == std::string::npos ? why : why.substr(colon + 2);
      error_ = "at byte " + std::to_string(position) + ": " + why.substr(0, 200);
    }
    return false;
  }

  const std::string& error() const { return error_; }
  Json take() { return std::move(root_); }

 private:
  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }

  Json* place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool add(Json value) {
    if (++values_ > limits_.max_values) {
      return fail("more than " + std::to_string(limits_.max_values) + " values");
    }
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (stack_.size() >= limits_.max_depth) {
      return fail("nested deeper than " + std::to_string(limits_.max_depth));
    }
    if (++values_ > limits_.max_values) {
      return fail("more than " + std::to_string(limits_.max_values) + " values");
    }
    // A parent's children do not move while a child is open: pointers on the stack stay valid.
    stack_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  const JsonLimits& limits_;
  Json root_;
  std::vector<Json*> stack_;
  std::string key_;
  std::string error_;
  std::size_t values_ = 0;
};

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return malformed("JSON of " + std::to_string(text.size()) + " bytes: the limit is " +
                     std::to_string(limits.max_bytes));
  }
  Builder builder(limits);
  if (!Json::sax_parse(text, &builder)) {
    return malformed("JSON: " + builder.error());
  }
  return builder.take();
}

std::string to_json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace seaworthy::codec

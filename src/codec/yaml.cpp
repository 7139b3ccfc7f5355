#include "codec/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <sstream>

namespace seaworthy::codec {
namespace {

Error at(const YAML::Mark& mark, const std::string& why) {
  if (mark.is_null()) {
    return malformed("YAML: " + why);
  }
  return malformed("YAML at line " + std::to_string(mark.line + 1) + ", column " +
                   std::to_string(mark.column + 1) + ": " + why);
}

Json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") {
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return false;
  }
  const char* begin = text.data() + (text.front() == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto [rest, error] = std::from_chars(begin, end, integer);
      error == std::errc{} && rest == end) {
    return integer;
  }
  if (text.find_first_not_of("0123456789.eE+-") == std::string::npos) {
    double number = 0;
    if (const auto [rest, error] = std::from_chars(begin, end, number);
        error == std::errc{} && rest == end) {
      return number;
    }
  }
  return text;
}

// Aliases stand for what was written once and count as often as they are used: a few bytes could
// be any number of values, or a long text again and again.
constexpr std::size_t kMaxGrowth = 4;

struct Budget {
  const JsonLimits& limits;
  std::size_t max_scalar_bytes;
  std::size_t max_values;
  std::size_t values = 0;
  std::size_t scalar_bytes = 0;

  Budget(const JsonLimits& given, std::size_t text_size)
      : limits(given),
        max_scalar_bytes(kMaxGrowth * text_size),
        max_values(std::min(given.max_values, kMaxGrowth * text_size + 1)) {}
};

// Bounded by limits.max_depth, which is small: the one recursion in this layer.
Result<Json> convert(const YAML::Node& node, std::size_t depth, Budget& budget) {
  if (depth > budget.limits.max_depth) {
    return at(node.Mark(), "nested deeper than " + std::to_string(budget.limits.max_depth));
  }
  if (++budget.values > budget.max_values) {
    return at(node.Mark(), "more than " + std::to_string(budget.max_values) + " values");
  }
  const std::string& tag = node.Tag();
  const bool plain = tag.empty() || tag == "?";
  if (!plain && tag != "!" && !tag.starts_with("tag:yaml.org,2002:")) {
    return at(node.Mark(), "tag '" + tag.substr(0, 64) + "' is not supported");
  }
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return Json(nullptr);
    case YAML::NodeType::Scalar: {
      const std::string& text = node.Scalar();
      if ((budget.scalar_bytes += text.size()) > budget.max_scalar_bytes) {
        return at(node.Mark(), "its aliases make it more than " + std::to_string(kMaxGrowth) +
                                   " times as long as it is");
      }
      return plain && tag == "?" ? plain_scalar(text) : Json(text);
    }
    case YAML::NodeType::Sequence: {
      Json list = Json::array();
      for (const YAML::Node& item : node) {
        list.push_back(TRY(convert(item, depth + 1, budget)));
      }
      return list;
    }
    case YAML::NodeType::Map: {
      Json map = Json::object();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) {
          return at(entry.first.Mark(), "a key must be a scalar");
        }
        const std::string& key = entry.first.Scalar();
        if (map.contains(key)) {
          return at(entry.first.Mark(), "duplicate key '" + key.substr(0, 64) + "'");
        }
        map[key] = TRY(convert(entry.second, depth + 1, budget));
      }
      return map;
    }
  }
  return at(node.Mark(), "unknown node type");
}

// Goes through a text before it is built, because yaml-cpp has no limits: it recurses as deep as
// the text nests, and where the text goes on with what begins no node ("a" ","), it finds an empty
// document there, and again, until the memory is full.
class Outline final : public YAML::EventHandler {
 public:
  explicit Outline(std::size_t max_depth) : max_depth_(max_depth) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (last_ && mark.pos <= *last_) {
      throw YAML::ParserException(mark, "nothing can begin here");
    }
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void open(const YAML::Mark& mark) {
    if (++depth_ > max_depth_) {
      throw YAML::ParserException(mark, "nested deeper than " + std::to_string(max_depth_));
    }
  }
  const std::size_t max_depth_;
  std::size_t depth_ = 0;
  std::optional<int> last_;  // where the last document began
};

void check_outline(const std::string& text, std::size_t max_depth) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Outline outline(max_depth);
  while (parser.HandleNextDocument(outline)) {}
}

// Bounded by the nesting of what this program built.
void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const Json& item : value) {
      emit(out, item);
    }
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.find('\n') != std::string::npos && text.back() == '\n') {
      out << YAML::Literal << text;
    } else if (plain_scalar(text) == value && !text.empty()) {
      out << text;  // the emitter quotes what needs it
    } else {
      out << YAML::DoubleQuoted << text;
    }
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << to_json_text(value);
  }
}

}  // namespace

std::string to_yaml_text(const Json& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

std::string yaml_quoted(std::string_view text) {
  // As JSON in ASCII, which is YAML too but for the pairs of numbers above U+FFFF.
  const std::string json =
      Json(std::string(text)).dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto unit = [&](std::size_t at) {
      std::uint32_t value = 0;
      std::from_chars(json.data() + at + 2, json.data() + at + 6, value, 16);
      return value;
    };
    if (json[i] != '\\' || json[i + 1] != 'u' || unit(i) < 0xD800 || unit(i) > 0xDFFF) {
      const bool escape = json[i] == '\\';
      out += escape ? json.substr(i, 2) : json.substr(i, 1);
      i += escape ? 1 : 0;
      continue;
    }
    const std::uint32_t point = 0x10000 + ((unit(i) - 0xD800) << 10) + (unit(i + 6) - 0xDC00);
    std::array<char, 11> number{};
    std::snprintf(number.data(), number.size(), "\\U%08x", point);
    out += number.data();
    i += 11;
  }
  return out;
}

Result<std::vector<Json>> parse_yaml(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return malformed("YAML of " + std::to_string(text.size()) + " bytes: the limit is " +
                     std::to_string(limits.max_bytes));
  }
  try {
    const std::string whole(text);
    check_outline(whole, limits.max_depth);
    std::vector<Json> documents;
    Budget budget(limits, text.size());
    for (const YAML::Node& document : YAML::LoadAll(whole)) {
      documents.push_back(TRY(convert(document, 1, budget)));
    }
    return documents;
  } catch (const YAML::Exception& e) { return at(e.mark, e.msg); } catch (const std::exception& e) {
    return malformed(std::string("YAML: ") + e.what());
  }
}

}  // namespace seaworthy::codec

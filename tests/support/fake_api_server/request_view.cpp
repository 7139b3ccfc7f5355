#include "support/fake_api_server/request_view.h"

#include <vector>

namespace seaworthy::testing {
namespace {

using codec::Json;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t end = std::min(text.find(at, from), text.size());
    if (end > from) {
      out.push_back(text.substr(from, end - from));
    }
    from = end + 1;
  }
  return out;
}

bool matches_labels(const Json& object, const std::string& selector) {
  const Json labels = object["metadata"].value("labels", Json::object());
  for (const std::string& term : split(selector, ',')) {
    const auto differs = term.find("!=");
    const auto equals = term.find('=');
    if (differs != std::string::npos) {
      if (labels.value(term.substr(0, differs), "\x01") == term.substr(differs + 2)) {
        return false;
      }
    } else if (equals != std::string::npos) {
      const auto end = term.find_first_not_of('=', equals);
      const std::string wanted = end == std::string::npos ? "" : term.substr(end);
      if (labels.value(term.substr(0, equals), "\x01") != wanted) {
        return false;
      }
    } else if (term.starts_with("!") ? labels.contains(term.substr(1)) : !labels.contains(term)) {
      return false;
    }
  }
  return true;
}

bool matches_fields(const Json& object, const std::string& selector) {
  for (const std::string& term : split(selector, ',')) {
    const auto equals = term.find('=');
    const Json* at = &object;
    static const Json kNothing;
    for (const std::string& step : split(term.substr(0, equals), '.')) {
      at = at->is_object() && at->contains(step) ? &(*at)[step] : &kNothing;
    }
    if ((at->is_string() ? at->get<std::string>() : "") != term.substr(equals + 1)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::map<std::string, std::string> query_of(const http::Request& request) {
  std::map<std::string, std::string> out;
  for (const std::string& term : split(std::string(request.query()), '&')) {
    const auto equals = term.find('=');
    auto value = http::percent_decode(equals == std::string::npos ? "" : term.substr(equals + 1));
    out[term.substr(0, equals)] = value ? *value : "";
  }
  return out;
}

http::Response status_response(int code, const std::string& reason, const std::string& message) {
  return http::json_response(code, codec::to_json_text({{"kind", "Status"},
                                                        {"apiVersion", "v1"},
                                                        {"status", "Failure"},
                                                        {"message", message},
                                                        {"reason", reason},
                                                        {"code", code}}));
}

http::Response object_response(const Json& object, int code) {
  return http::json_response(code, codec::to_json_text(object));
}

bool selected(const Json& object, const std::string& namespace_,
              const std::map<std::string, std::string>& query) {
  if (!namespace_.empty() && object["metadata"].value("namespace", "") != namespace_) {
    return false;
  }
  const auto labels = query.find("labelSelector");
  const auto fields = query.find("fieldSelector");
  return (labels == query.end() || matches_labels(object, labels->second)) &&
         (fields == query.end() || matches_fields(object, fields->second));
}

Json view_of(const Json& object, const http::Request& request) {
  const std::string accept(request.headers.get("Accept").value_or(""));
  if (accept.find("as=PartialObjectMetadata") == std::string::npos) {
    return object;
  }
  return {{"apiVersion", "meta.k8s.io/v1"},
          {"kind", "PartialObjectMetadata"},
          {"metadata", object["metadata"]}};
}

}  // namespace seaworthy::testing

// Small readers for the fake API server: queries, selectors, metadata.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "codec/json.h"
#include "http/message.h"

namespace seaworthy::testing {

std::map<std::string, std::string> query_of(const http::Request& request);
http::Response status_response(int code, const std::string& reason, const std::string& message);
http::Response object_response(const codec::Json& object, int code = 200);

// Whether an object is in a namespace ("" is any) and matches labelSelector and fieldSelector.
bool selected(const codec::Json& object, const std::string& namespace_,
              const std::map<std::string, std::string>& query);
// The object, or its PartialObjectMetadata if the request's Accept asks for that.
codec::Json view_of(const codec::Json& object, const http::Request& request);

}  // namespace seaworthy::testing

// metav1.Status: what the API server says in place of an object, and what that means for us.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "kube/client.h"

namespace seaworthy::kube {

struct Status {
  int code = 0;         // the HTTP status
  std::string reason;   // metav1.StatusReason, "" if the body is no Status
  std::string message;  // for people; "" likewise
  std::optional<std::chrono::seconds> retry_after;
  bool other_uid = false;     // the object is not the one of the metadata.uid that was sent
  bool rv_too_large = false;  // the server has not got the resourceVersion that was asked for
};

// Of a response with an error status, whatever its body is.
Status status_of(const http::Response& response);
// Of the object in a watch's ERROR event.
Status status_of(const Json& object);

ErrorCode error_code(int http_status);  // the one table
// `what` is what was asked: "get nodes/n1".
Error to_error(const Status& status, std::string_view what);
// Whether a LIST or WATCH is to be done afresh or later, rather than being wrong.
std::optional<NotNow> not_now(const Status& status);

}  // namespace seaworthy::kube

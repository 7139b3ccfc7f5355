#include "kube/status.h"

#include <gtest/gtest.h>

namespace seaworthy::kube {
namespace {

TEST(Status, TheTableSaysWhatTheCallerShouldDoNext) {
  const std::map<int, ErrorCode> table = {
      {400, ErrorCode::kMalformed},   {401, ErrorCode::kDenied},
      {403, ErrorCode::kDenied},      {404, ErrorCode::kNotFound},
      {405, ErrorCode::kDenied},      {408, ErrorCode::kUnavailable},
      {409, ErrorCode::kConflict},    {410, ErrorCode::kConflict},
      {412, ErrorCode::kConflict},    {413, ErrorCode::kMalformed},
      {415, ErrorCode::kMalformed},   {422, ErrorCode::kMalformed},
      {429, ErrorCode::kUnavailable}, {500, ErrorCode::kUnavailable},
      {502, ErrorCode::kUnavailable}, {503, ErrorCode::kUnavailable},
      {504, ErrorCode::kDeadline},    {302, ErrorCode::kUnavailable},
  };
  for (const auto& [status, code] : table) {
    EXPECT_EQ(error_code(status), code) << status;
  }
}

TEST(Status, AnErrorSaysWhatWasAskedAndWhatTheServerSaid) {
  http::Response response = http::json_response(
      404,
      R"({"kind":"Status","message":"nodes \"n1\" not found","reason":"NotFound","code":404})");
  const Error error = to_error(status_of(response), "get nodes n1");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(error.message(), "get nodes n1: nodes \"n1\" not found (404 NotFound)");
}

TEST(Status, ABodyThatIsNoStatusIsNotRepeated) {
  http::Response response;
  response.status = 502;
  response.body = "<html>secret internals</html>";
  const Error error = to_error(status_of(response), "list pods");
  EXPECT_TRUE(error.message().starts_with("list pods: (502 ")) << error.message();
  EXPECT_EQ(error.message().find("secret"), std::string::npos);
}

TEST(Status, AnotherUidIsAConflictAlthoughTheServerCallsItInvalid) {
  const auto invalid = [](const char* field) {
    Status status = status_of(Json{{"details", {{"causes", Json::array({{{"field", field}}})}}}});
    status.code = 422;
    return to_error(status, "patch x").code();
  };
  EXPECT_EQ(invalid("metadata.uid"), ErrorCode::kConflict);
  EXPECT_EQ(invalid("spec.replicas"), ErrorCode::kMalformed);
}

TEST(Status, TellsExpiredAndBusyFromWrong) {
  Status status;
  status.code = 410;
  EXPECT_EQ(not_now(status)->why, NotNow::Why::kExpired);
  status.code = 429;
  status.retry_after = std::chrono::seconds(7);
  EXPECT_EQ(not_now(status)->why, NotNow::Why::kBusy);
  EXPECT_EQ(not_now(status)->retry_after, std::chrono::seconds(7));
  status.code = 503;
  EXPECT_TRUE(not_now(status));
  status.retry_after.reset();
  EXPECT_FALSE(not_now(status));
  status.code = 403;
  EXPECT_FALSE(not_now(status));
}

TEST(Status, AResourceVersionFromTheFutureIsExpiredToo) {
  http::Response response = http::json_response(
      504,
      R"({"code":504,"reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}],
               "retryAfterSeconds":1}})");
  const auto later = not_now(status_of(response));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->why, NotNow::Why::kExpired);
  EXPECT_EQ(later->retry_after, std::chrono::seconds(1));
}

TEST(Status, ASillyRetryAfterIsBounded) {
  EXPECT_EQ(status_of(Json{{"details", {{"retryAfterSeconds", 1'000'000'000}}}}).retry_after,
            std::chrono::seconds(3600));
  EXPECT_FALSE(status_of(Json{{"details", {{"retryAfterSeconds", -5}}}}).retry_after);
}

}  // namespace
}  // namespace seaworthy::kube

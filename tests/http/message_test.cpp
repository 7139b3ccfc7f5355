#include "http/message.h"

#include <gtest/gtest.h>

namespace seaworthy::http {
namespace {

using std::chrono::seconds;

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers{{"Content-Type", "a"}, {"content-type", "b"}, {"X", "c"}};
  EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
  EXPECT_FALSE(headers.get("Content-Typ"));
  headers.set("CONTENT-type", "d");
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.get("content-type"), "d");
  headers.remove("x");
  EXPECT_EQ(headers.size(), 1U);
}

TEST(Request, SplitsItsTarget) {
  const Request request{.target = "/a/b?c=d?e"};
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query(), "c=d?e");
  EXPECT_EQ(Request{.target = "/a"}.query(), "");
}

TEST(Request, A182_IsRefusedWhenItCouldBecomeTwo) {
  EXPECT_TRUE(check_sendable(Request{.target = "/a?b=%20", .headers = {{"X-Y", "z \t~"}}}));
  for (const char* target :
       {"", "a", "//host/a", "/a b", "/a\r\nHost: x", "/a#b", "/\x7f", "/\xc3"}) {
    EXPECT_FALSE(check_sendable(Request{.target = target})) << target;
  }
  for (const char* method : {"", "GET /", "GET\r\n", "G\xc3T"}) {
    EXPECT_FALSE(check_sendable(Request{.method = method})) << method;
  }
  EXPECT_FALSE(check_sendable(Request{.headers = {{"A B", "c"}}}));
  EXPECT_FALSE(check_sendable(Request{.headers = {{"", "c"}}}));
}

TEST(Request, DoesNotTellTheValueOfABadHeader) {
  const auto r = check_sendable(Request{.headers = {{"Authorization", "Bearer s3cret\nX: y"}}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message(),
            "HTTP request: header Authorization contains characters that no header may");
}

TEST(Response, IsRefusedWithAnInterimStatusOrABadHeader) {
  EXPECT_TRUE(check_sendable(Response{.status = 204}));
  for (const int status : {0, 100, 199, 600}) {
    EXPECT_FALSE(check_sendable(Response{.status = status})) << status;
  }
  EXPECT_FALSE(check_sendable(Response{.headers = {{"Location", "/\r\nSet-Cookie: a"}}}));
}

TEST(Date, IsReadInTheOneFormatThatIsSent) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Time::from_unix(seconds(784'111'777)));
  for (const char* other : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
                            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"}) {
    EXPECT_FALSE(parse_date(other)) << other;
  }
}

struct RetryAfterCase {
  const char* name;
  const char* value;
  const char* date;
  std::optional<seconds> wait;
};

class RetryAfter : public ::testing::TestWithParam<RetryAfterCase> {};

TEST_P(RetryAfter, IsRead) {
  EXPECT_EQ(parse_retry_after(GetParam().value, GetParam().date), GetParam().wait);
}

INSTANTIATE_TEST_SUITE_P(
    All, RetryAfter,
    ::testing::Values(RetryAfterCase{"Seconds", "7", "", seconds(7)},
                      RetryAfterCase{"Zero", "0", "", seconds(0)},
                      RetryAfterCase{"AtMostADay", "999999999", "", seconds(86400)},
                      RetryAfterCase{"BeyondAnyInteger", "99999999999999999999", "", std::nullopt},
                      RetryAfterCase{"Negative", "-1", "", std::nullopt},
                      RetryAfterCase{"Empty", "", "", std::nullopt},
                      RetryAfterCase{"Words", "soon", "", std::nullopt},
                      RetryAfterCase{"Date", "Sun, 06 Nov 1994 08:49:37 GMT",
                                     "Sun, 06 Nov 1994 08:49:30 GMT", seconds(7)},
                      RetryAfterCase{"PastDate", "Sun, 06 Nov 1994 08:49:30 GMT",
                                     "Sun, 06 Nov 1994 08:49:37 GMT", seconds(0)},
                      RetryAfterCase{"DateWithoutDate", "Sun, 06 Nov 1994 08:49:37 GMT", "",
                                     std::nullopt},
                      RetryAfterCase{"ImpossibleDate", "Sun, 31 Feb 1994 08:49:37 GMT",
                                     "Sun, 06 Nov 1994 08:49:30 GMT", std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(PercentEncoding, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<char>(i));
  }
  EXPECT_EQ(*percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a/b c+~"), "a%2Fb%20c%2B~");
}

TEST(PercentEncoding, RefusesHalfOfAnEscape) {
  for (const char* text : {"%", "%1", "%zz", "a%1g"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

}  // namespace
}  // namespace seaworthy::http

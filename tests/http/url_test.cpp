#include "http/url.h"

#include <gtest/gtest.h>

namespace seaworthy::http {
namespace {

struct UrlCase {
  const char* name;
  const char* text;
  const char* origin;  // nullptr: refused
  const char* host;
  const char* target;
};

class ParseUrl : public ::testing::TestWithParam<UrlCase> {};

TEST_P(ParseUrl, SplitsOrRefuses) {
  const auto url = parse_url(GetParam().text);
  if (GetParam().origin == nullptr) {
    EXPECT_FALSE(url);
    return;
  }
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->origin(), GetParam().origin);
  EXPECT_EQ(url->host, GetParam().host);
  EXPECT_EQ(url->target, GetParam().target);
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseUrl,
    ::testing::Values(
        UrlCase{"Plain", "https://a.example", "https://a.example:443", "a.example", "/"},
        UrlCase{"Port", "https://a:6443/b/c?d=e", "https://a:6443", "a", "/b/c?d=e"},
        UrlCase{"Http", "http://10.0.0.1/", "http://10.0.0.1:80", "10.0.0.1", "/"},
        UrlCase{"Ipv6", "https://[fd00::1]:6443/x", "https://[fd00::1]:6443", "fd00::1", "/x"},
        UrlCase{"Ipv6DefaultPort", "https://[::1]", "https://[::1]:443", "::1", "/"},
        UrlCase{"QueryOnly", "https://a?b", "https://a:443", "a", "/?b"},
        UrlCase{"NoScheme", "a.example", nullptr, "", ""},
        UrlCase{"OtherScheme", "ftp://a", nullptr, "", ""},
        UrlCase{"UserInformation", "https://u:p@a", nullptr, "", ""},
        UrlCase{"Fragment", "https://a/#b", nullptr, "", ""},
        UrlCase{"EmptyHost", "https://:1", nullptr, "", ""},
        UrlCase{"PortZero", "https://a:0", nullptr, "", ""},
        UrlCase{"PortTooLarge", "https://a:65536", nullptr, "", ""},
        UrlCase{"PortEmpty", "https://a:", nullptr, "", ""},
        UrlCase{"PortWords", "https://a:b", nullptr, "", ""},
        UrlCase{"BareIpv6", "https://fd00::1", nullptr, "", ""},
        UrlCase{"OpenBracket", "https://[::1", nullptr, "", ""},
        UrlCase{"NameInBrackets", "https://[a]", nullptr, "", ""},
        UrlCase{"AfterBrackets", "https://[::1]x", nullptr, "", ""},
        UrlCase{"Space", "https://a/b c", nullptr, "", ""},
        UrlCase{"LineFeed", "https://a/\nb", nullptr, "", ""}),
    [](const auto& test) { return test.param.name; });

TEST(Url, RefusesMoreThanItsLimit) {
  EXPECT_TRUE(parse_url("https://a/" + std::string(2048 - 10, 'x')));
  EXPECT_FALSE(parse_url("https://a/" + std::string(2048 - 9, 'x')));
}

TEST(Url, KnowsAddressesFromNames) {
  EXPECT_TRUE(parse_url("https://10.0.0.1")->host_is_ip());
  EXPECT_TRUE(parse_url("https://[::1]")->host_is_ip());
  EXPECT_FALSE(parse_url("https://10.0.0.1.example")->host_is_ip());
}

TEST(ListenAddress, TakesAnAddressAndAPort) {
  const auto any = parse_listen_address("0.0.0.0:8443");
  ASSERT_TRUE(any) << any.error().message();
  EXPECT_EQ(any->address, "0.0.0.0");
  EXPECT_EQ(any->port, 8443);
  EXPECT_EQ(parse_listen_address("[::1]:80")->address, "::1");
}

TEST(ListenAddress, RefusesWhatIsAmbiguousOrNoPort) {
  for (const char* text : {"", ":", "8443", ":8443", "[]:8443", "::1:8443", "127.0.0.1:",
                           "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:80 ", "127.0.0.1:-1"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

}  // namespace
}  // namespace seaworthy::http

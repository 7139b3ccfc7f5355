#include "crypto/x509_issue.h"

#include <gtest/gtest.h>

#include "crypto/make_certificate.h"
#include "support/fake_random.h"

namespace seaworthy::crypto {
namespace {

const Time kFrom = Time::from_unix(seconds(1'800'000'000));
const Time kUntil = Time::from_unix(seconds(1'900'000'000));

struct Authority {
  testing::FakeRandom random;
  EcPrivateKey key = EcPrivateKey::generate(random);
  Bytes serial = random.bytes(16);
  CaRequest request{"Seaworthy serving CA", serial, kFrom, kUntil};
  LeafRequest leaf{
      "", {"seaworthy-webhook.seaworthy-system.svc"}, {}, false, Bytes(16, 9), kFrom, kUntil};
};

TEST(X509Issue, MakesACertificateAuthorityThatCannotHaveAnotherBelow) {
  Authority a;
  const auto ca = issue_ca(a.key, a.request);
  ASSERT_TRUE(ca) << ca.error().message();
  EXPECT_TRUE(ca->is_ca());
  EXPECT_EQ(ca->subject(), "CN=Seaworthy serving CA");
  EXPECT_EQ(ca->issuer(), ca->subject());
  EXPECT_EQ(ca->not_before(), kFrom);
  EXPECT_EQ(ca->not_after(), kUntil);
  ASSERT_TRUE(ca->public_key());
  EXPECT_TRUE(ca->public_key()->same_key(a.key.public_key()));
}

TEST(X509Issue, MakesServingCertificatesThatOpenSslBelieves) {
  Authority a;
  const auto ca = issue_ca(a.key, a.request);
  ASSERT_TRUE(ca);
  const EcPrivateKey serving = EcPrivateKey::generate(a.random);
  a.leaf.dns_names.push_back("seaworthy-webhook.seaworthy-system.svc.cluster.local");
  a.leaf.ip_addresses = {"127.0.0.1", "fd00::1"};
  const auto leaf = issue_leaf(*ca, a.key, serving.public_key(), a.leaf);
  ASSERT_TRUE(leaf) << leaf.error().message();
  EXPECT_EQ(leaf->dns_names(), a.leaf.dns_names);
  EXPECT_FALSE(leaf->is_ca());
  EXPECT_EQ(leaf->subject(), "");

  // The strict rules of the peers: SANs, key identifiers, usages.
  const auto x509 = [](const Certificate& c) {
    const std::uint8_t* at = c.der().data();
    return d2i_X509(nullptr, &at, static_cast<long>(c.der().size()));
  };
  X509* const root = x509(*ca);
  X509* const end = x509(*leaf);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, root);
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, end, nullptr);
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(param, (kFrom + seconds(10)).unix_seconds().count());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set1_host(param, "seaworthy-webhook.seaworthy-system.svc", 0);
  EXPECT_EQ(X509_verify_cert(context), 1)
      << X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
  EXPECT_EQ(X509_check_ip_asc(end, "fd00::1", 0), 1);
  EXPECT_EQ(X509_check_host(end, "other.svc", 0, 0, nullptr), 0);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(end);
  X509_free(root);
}

TEST(X509Issue, RefusesNamesThatAreNone) {
  Authority a;
  const auto ca = issue_ca(a.key, a.request);
  ASSERT_TRUE(ca);
  for (const std::string& name :
       {std::string(), std::string("a,DNS:evil.example"), std::string("A.example"),
        std::string("a b"), std::string("*.example"), std::string(254, 'a')}) {
    LeafRequest leaf = a.leaf;
    leaf.dns_names = {name};
    EXPECT_FALSE(issue_leaf(*ca, a.key, a.key.public_key(), leaf)) << name;
  }
  LeafRequest none = a.leaf;
  none.dns_names.clear();
  EXPECT_FALSE(issue_leaf(*ca, a.key, a.key.public_key(), none));
  LeafRequest many = a.leaf;
  many.dns_names.assign(33, "a.example");
  EXPECT_FALSE(issue_leaf(*ca, a.key, a.key.public_key(), many));
  for (const std::string ip : {"1.2.3", "1.2.3.4,DNS:x", "x"}) {
    LeafRequest leaf = a.leaf;
    leaf.ip_addresses = {ip};
    EXPECT_FALSE(issue_leaf(*ca, a.key, a.key.public_key(), leaf)) << ip;
  }
}

TEST(X509Issue, RefusesSerialsTimesAndIssuersThatAreNone) {
  Authority a;
  const auto ca = issue_ca(a.key, a.request);
  ASSERT_TRUE(ca);
  for (const Bytes& serial : {Bytes{}, Bytes(21, 1), Bytes(4, 0)}) {
    CaRequest request = a.request;
    request.serial = serial;
    EXPECT_FALSE(issue_ca(a.key, request));
  }
  CaRequest backwards = a.request;
  std::swap(backwards.not_before, backwards.not_after);
  EXPECT_FALSE(issue_ca(a.key, backwards));
  CaRequest nameless = a.request;
  nameless.common_name.clear();
  EXPECT_FALSE(issue_ca(a.key, nameless));

  const EcPrivateKey other = EcPrivateKey::generate(a.random);
  EXPECT_FALSE(issue_leaf(*ca, other, other.public_key(), a.leaf));
  const auto leaf = issue_leaf(*ca, a.key, other.public_key(), a.leaf);
  ASSERT_TRUE(leaf);
  EXPECT_FALSE(issue_leaf(*leaf, other, other.public_key(), a.leaf));  // a leaf does not issue
}

}  // namespace
}  // namespace seaworthy::crypto

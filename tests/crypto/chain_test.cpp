#include "crypto/chain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/make_certificate.h"

namespace seaworthy::crypto {
namespace {

using testing::ca_extensions;
using testing::CertificateRecipe;
using testing::make_certificate;
using testing::new_ec_key;
using testing::TestKey;
using testing::TestTpmMaker;

const TestTpmMaker& maker() {
  static const TestTpmMaker made;
  return made;
}

const Time kNow = Time::from_unix(seconds(1'800'000'000));

struct World {
  Certificate leaf = make_certificate(maker().ek_recipe());
  std::vector<Certificate> candidates = {make_certificate(maker().intermediate_recipe())};
  std::vector<TrustAnchor> anchors = {{make_certificate(maker().root_recipe())}};
  std::vector<Digest> denied;
  Time now = kNow;
  std::vector<RevocationList> lists = {};

  std::variant<TrustedKey, ChainProblems> verify() const {
    return verify_key_chain({leaf, candidates, anchors, denied, now, lists});
  }
  // "Trusted", or the names of what was found, separated by commas.
  std::string says() const {
    const auto outcome = verify();
    if (std::holds_alternative<TrustedKey>(outcome)) {
      return "Trusted";
    }
    std::string out;
    for (const ChainProblem& p : std::get<ChainProblems>(outcome)) {
      EXPECT_FALSE(p.message.empty());
      EXPECT_FALSE(p.about.empty());
      out += (out.empty() ? "" : ",") + std::string(name(p.failure));
    }
    return out;
  }
};

TEST(Chain, R1_BelievesACertificateOfAConfiguredMaker) {
  const World world;
  const auto outcome = world.verify();
  ASSERT_TRUE(std::holds_alternative<TrustedKey>(outcome)) << world.says();
  const TrustedKey& ek = std::get<TrustedKey>(outcome);
  EXPECT_TRUE(ek.key().same_key(testing::public_half(maker().ek_key)));
  EXPECT_EQ(ek.claims().manufacturer, "id:49465800");
  ASSERT_EQ(ek.path().size(), 3u);
  EXPECT_EQ(ek.leaf(), world.leaf);
  EXPECT_EQ(ek.path()[1], world.candidates[0]);
  EXPECT_EQ(ek.path()[2], world.anchors[0].certificate);
}

TEST(Chain, R1_BelievesNobodyWithoutAnchors) {
  World world;
  world.anchors.clear();
  EXPECT_EQ(world.says(), "NotTrusted");
}

TEST(Chain, AnIntermediateMayBeTheAnchor) {
  World world;
  world.anchors = {{world.candidates[0]}};
  world.candidates.clear();
  EXPECT_EQ(world.says(), "Trusted");
}

TEST(Chain, AnRsaRootWithAnEcLeaf) {
  TestTpmMaker other;
  other.root_key = testing::rsa_2048();
  other.ek_key = new_ec_key("P-384");
  World world;
  CertificateRecipe leaf = other.ek_recipe();
  leaf.extensions = testing::ek_extensions("keyAgreement");
  world.leaf = make_certificate(leaf);
  world.candidates = {make_certificate(other.intermediate_recipe())};
  world.anchors = {{make_certificate(other.root_recipe())}};
  EXPECT_EQ(world.says(), "Trusted");
}

TEST(Chain, A13_RefusesTheAnchorOfAnotherClass) {
  World world;
  const TestTpmMaker other;  // the same names, other keys
  world.anchors = {{make_certificate(other.root_recipe())}};
  EXPECT_NE(world.says(), "Trusted");
  // And with the other maker's intermediate of the same name sent along.
  world.candidates.push_back(make_certificate(other.intermediate_recipe()));
  EXPECT_NE(world.says(), "Trusted");
  // The right one among wrong ones of the same name is found.
  World mixed;
  mixed.candidates.insert(mixed.candidates.begin(), make_certificate(other.intermediate_recipe()));
  mixed.anchors.insert(mixed.anchors.begin(), {make_certificate(other.root_recipe())});
  EXPECT_EQ(mixed.says(), "Trusted");
}

TEST(Chain, R1_RefusesASelfSignedLeafAndAnAgentsOwnAuthority) {
  World world;
  CertificateRecipe self = maker().ek_recipe();
  self.subject = "Self";
  self.issuer = "Self";
  self.issuer_key = self.key;
  world.leaf = make_certificate(self);
  EXPECT_NE(world.says(), "Trusted");

  const TestTpmMaker own;
  world.leaf = make_certificate(own.ek_recipe());
  world.candidates = {make_certificate(own.intermediate_recipe()),
                      make_certificate(own.root_recipe())};
  EXPECT_EQ(world.says(), "BadSignature");  // the root of that name is another
}

// Any leaf of the maker, with its private key known, could otherwise issue EK certificates.
TEST(Chain, A13_RefusesALeafAsIssuer) {
  World world;
  CertificateRecipe roomy = maker().intermediate_recipe();  // its path length is no help here
  roomy.extensions = ca_extensions("critical,CA:TRUE,pathlen:1");
  const TestKey leaf_key = new_ec_key();
  CertificateRecipe issuer{"Some Leaf", leaf_key, "Test Intermediate", maker().intermediate_key,
                           testing::ek_extensions("keyAgreement")};
  CertificateRecipe ek = maker().ek_recipe();
  ek.issuer = "Some Leaf";
  ek.issuer_key = leaf_key;
  world.leaf = make_certificate(ek);
  for (const auto& extensions :
       {testing::ek_extensions("keyAgreement"), testing::ek_extensions("keyCertSign"),
        std::vector<testing::TestExtension>{},
        std::vector<testing::TestExtension>{{NID_key_usage, "keyCertSign"}}}) {
    issuer.extensions = extensions;
    world.candidates = {make_certificate(roomy), make_certificate(issuer)};
    EXPECT_EQ(world.says(), "IssuerMayNotIssue");
    // Not even if someone configured it as an anchor.
    World configured = world;
    configured.anchors.push_back({make_certificate(issuer)});
    EXPECT_EQ(configured.says(), "IssuerMayNotIssue");
  }
}

TEST(Chain, A13_RefusesAnIssuerWithoutKeyCertSign) {
  World world;
  CertificateRecipe issuer = maker().intermediate_recipe();
  issuer.extensions[1].value = "critical,cRLSign";
  world.candidates = {make_certificate(issuer)};
  EXPECT_EQ(world.says(), "IssuerMayNotIssue");
}

TEST(Chain, A13_RefusesAnExceededPathLength) {
  World world;
  const TestKey second_key = new_ec_key();
  // The intermediate allows no CA below it, and issued one.
  CertificateRecipe second{"Second", second_key, "Test Intermediate", maker().intermediate_key,
                           ca_extensions()};
  CertificateRecipe ek = maker().ek_recipe();
  ek.issuer = "Second";
  ek.issuer_key = second_key;
  world.leaf = make_certificate(ek);
  world.candidates.push_back(make_certificate(second));
  EXPECT_EQ(world.says(), "IssuerMayNotIssue");
  CertificateRecipe roomy = maker().intermediate_recipe();
  roomy.extensions = ca_extensions("critical,CA:TRUE,pathlen:1");
  world.candidates[0] = make_certificate(roomy);
  EXPECT_EQ(world.says(), "Trusted");
}

// Certificates in a row, anchor to leaf; the intermediates in between.
World of_depth(std::size_t certificates) {
  World world;
  world.candidates.clear();
  std::string above = "Test Root";
  TestKey above_key = maker().root_key;
  for (std::size_t i = 2; i < certificates; ++i) {
    const TestKey key = new_ec_key();
    const std::string cn = "CA " + std::to_string(i);
    world.candidates.push_back(make_certificate({cn, key, above, above_key, ca_extensions()}));
    above = cn;
    above_key = key;
  }
  CertificateRecipe ek = maker().ek_recipe();
  ek.issuer = above;
  ek.issuer_key = above_key;
  world.leaf = make_certificate(ek);
  return world;
}

TEST(Chain, A13_TakesFiveCertificatesAndNotSix) {
  EXPECT_EQ(of_depth(2).says(), "Trusted");
  EXPECT_EQ(of_depth(5).says(), "Trusted");
  EXPECT_EQ(of_depth(6).says(), "NotTrusted");
  EXPECT_EQ(of_depth(12).says(), "NotTrusted");
}

// Valid for one day in September 2001. The wall clock of whoever runs this is later.
TEST(Chain, A14_JudgesAtTheGivenTimeAndNotByTheWallClock) {
  const Time then = Time::from_unix(seconds(1'000'000'000));
  const auto in_2001 = [&](CertificateRecipe r) {
    r.not_before = then - seconds(1000);
    r.not_after = then + seconds(86'400);
    return make_certificate(r);
  };
  World world;
  world.leaf = in_2001(maker().ek_recipe());
  world.candidates = {in_2001(maker().intermediate_recipe())};
  world.anchors = {{in_2001(maker().root_recipe())}};
  world.now = then;
  EXPECT_EQ(world.says(), "Trusted");
  world.now = kNow;
  EXPECT_EQ(world.says(), "Expired,Expired");  // path and leaf
  world.now = then - seconds(2000);
  EXPECT_EQ(world.says(), "NotYetValid,NotYetValid");
  // The other way round: fine today, and not yet then.
  World today;
  EXPECT_EQ(today.says(), "Trusted");
  today.now = then;
  EXPECT_EQ(today.says(), "NotYetValid,NotYetValid");
}

TEST(Chain, A14_ExpiryOfTheLeafAloneMayBeIgnoredPerAnchor) {
  World world;
  CertificateRecipe old = maker().ek_recipe();
  old.not_after = kNow - seconds(1);
  world.leaf = make_certificate(old);
  EXPECT_EQ(world.says(), "Expired");
  world.anchors[0].ignore_leaf_expiry = true;
  EXPECT_EQ(world.says(), "Trusted");
  CertificateRecipe early = maker().ek_recipe();
  early.not_before = kNow + seconds(1);
  world.leaf = make_certificate(early);
  EXPECT_EQ(world.says(), "NotYetValid");
  // An issuer's expiry is never ignored.
  CertificateRecipe old_issuer = maker().intermediate_recipe();
  old_issuer.not_after = kNow - seconds(1);
  world.leaf = make_certificate(maker().ek_recipe());
  world.candidates = {make_certificate(old_issuer)};
  EXPECT_EQ(world.says(), "Expired");
}

TEST(Chain, A33_RefusesSha1AnywhereButOnTheAnchorItself) {
  World leaf;
  CertificateRecipe ek = maker().ek_recipe();
  ek.hash = EVP_sha1();
  leaf.leaf = make_certificate(ek);
  EXPECT_EQ(leaf.says(), "WeakSignature");
  World issuer;
  CertificateRecipe ca = maker().intermediate_recipe();
  ca.hash = EVP_sha1();
  issuer.candidates = {make_certificate(ca)};
  EXPECT_EQ(issuer.says(), "WeakSignature");
  World anchor;
  CertificateRecipe root = maker().root_recipe();
  root.hash = EVP_sha1();
  anchor.anchors = {{make_certificate(root)}};
  EXPECT_EQ(anchor.says(), "Trusted");
}

TEST(Chain, A33_BelievesSha1OnlyBelowAnAnchorThatIsAllowedIt) {
  World world;
  CertificateRecipe ek = maker().ek_recipe();
  ek.hash = EVP_sha1();
  CertificateRecipe ca = maker().intermediate_recipe();
  ca.hash = EVP_sha1();
  world.leaf = make_certificate(ek);
  world.candidates = {make_certificate(ca)};
  world.anchors[0].allow_sha1 = true;
  EXPECT_EQ(world.says(), "Trusted");
  // The exception is the anchor's: not that of another one beside it.
  TestTpmMaker other;
  world.anchors[0].allow_sha1 = false;
  world.anchors.push_back({make_certificate(other.root_recipe()), false, false, true});
  EXPECT_NE(world.says(), "Trusted");
}

TEST(Chain, A33_OnlyTheHashesOfTheListCountAboveTheLeafToo) {
  World world;
  CertificateRecipe ca = maker().intermediate_recipe();
  ca.hash = EVP_sha224();  // OpenSSL lets it pass
  world.candidates = {make_certificate(ca)};
  EXPECT_EQ(world.says(), "WeakSignature");
  world.anchors[0].allow_sha1 = true;
  EXPECT_EQ(world.says(), "WeakSignature");
}

TEST(Chain, A10_RefusesWeakKeysOfIssuersAlsoBelowAnAnchorWithSha1) {
  TestTpmMaker weak;
  weak.intermediate_key = testing::new_rsa_key(1024);
  World world;
  world.leaf = make_certificate(weak.ek_recipe());
  CertificateRecipe ca = weak.intermediate_recipe();
  ca.hash = EVP_sha1();
  world.candidates = {make_certificate(ca)};
  world.anchors = {{make_certificate(weak.root_recipe()), false, false, true}};
  EXPECT_EQ(world.says(), "WeakKey");
}

TEST(Chain, R1_RefusesALeafWhoseNamesItsIssuerMayNotGive) {
  const auto says_with = [](const char* constraints) {
    World world;
    CertificateRecipe ca = maker().intermediate_recipe();
    ca.extensions.push_back({NID_name_constraints, constraints});
    world.candidates = {make_certificate(ca)};
    CertificateRecipe ek = maker().ek_recipe();
    ek.extensions.push_back({NID_subject_alt_name, "DNS:tpm.example.org"});
    ek.edit = nullptr;
    world.leaf = make_certificate(ek);
    return world.says();
  };
  EXPECT_EQ(says_with("critical,permitted;DNS:example.org"), "Trusted");
  EXPECT_EQ(says_with("critical,permitted;DNS:example.com"), "IssuerMayNotIssue");
  EXPECT_EQ(says_with("critical,excluded;DNS:example.org"), "IssuerMayNotIssue");
}

TEST(Chain, A12_RefusesWhatAConfiguredListRevokes) {
  World world;
  const auto add = [&](const testing::RevocationRecipe& recipe) {
    const auto parsed = parse_revocation_lists(testing::make_revocation_list(recipe));
    ASSERT_TRUE(parsed) << parsed.error().message();
    world.lists.push_back(parsed->front());
  };
  add({"Test Intermediate", maker().intermediate_key, {7, 8}});
  add({"Another", new_ec_key(), {0x1234}});
  EXPECT_EQ(world.says(), "Trusted");
  add({"Test Intermediate", maker().intermediate_key, {5, 0x1234, 9}});
  EXPECT_EQ(world.says(), "Revoked") << "the leaf";
  world.lists.clear();
  add({"Test Root", maker().root_key, {0x1234}});
  EXPECT_EQ(world.says(), "Revoked") << "an intermediate";
}

TEST(Chain, A12_AListThatDoesNotHoldNowRefusesTheCertificatesOfItsIssuer) {
  using testing::RevocationRecipe;
  const RevocationRecipe good{"Test Intermediate", maker().intermediate_key};
  RevocationRecipe expired = good;
  expired.next_update = Time::from_unix(seconds(1'799'999'999));
  RevocationRecipe early = good;
  early.this_update = Time::from_unix(seconds(1'800'000'001));
  RevocationRecipe forged = good;
  forged.issuer_key = new_ec_key();
  RevocationRecipe sha1 = good;
  sha1.hash = EVP_sha1();
  for (const RevocationRecipe& recipe : {expired, early, forged, sha1}) {
    World world;
    world.lists = *parse_revocation_lists(testing::make_revocation_list(recipe));
    EXPECT_EQ(world.says(), "RevocationUnknown");
    world.lists.push_back(parse_revocation_lists(testing::make_revocation_list(good))->front());
    EXPECT_EQ(world.says(), "Trusted") << "one of them holds";
  }
}

TEST(Chain, A10_RefusesWeakKeysOfIssuers) {
  TestTpmMaker weak;
  weak.intermediate_key = testing::new_rsa_key(1024);
  World world;
  world.leaf = make_certificate(weak.ek_recipe());
  world.candidates = {make_certificate(weak.intermediate_recipe())};
  world.anchors = {{make_certificate(weak.root_recipe())}};
  EXPECT_EQ(world.says(), "WeakKey");
}

TEST(Chain, A12_RefusesDeniedLeavesAndIssuers) {
  for (const int which : {0, 1, 2}) {
    World world;
    world.denied = {which == 0   ? world.leaf.fingerprint()
                    : which == 1 ? world.candidates[0].fingerprint()
                                 : world.anchors[0].certificate.fingerprint()};
    EXPECT_EQ(world.says(), "Denied") << which;
  }
}

TEST(Chain, RefusesALeafWhoseSignatureIsAnothers) {
  World world;
  CertificateRecipe forged = maker().ek_recipe();
  forged.issuer_key = new_ec_key();
  world.leaf = make_certificate(forged);
  EXPECT_EQ(world.says(), "BadSignature");
}

TEST(Chain, RefusesAnIssuerWhoseSignatureIsAnothers) {
  World world;
  CertificateRecipe forged = maker().intermediate_recipe();
  forged.issuer_key = new_ec_key();
  world.candidates = {make_certificate(forged)};
  EXPECT_NE(world.says(), "Trusted");
}

TEST(Chain, R1_RefusesEveryFlippedBitOfTheSignedPart) {
  World world;
  Bytes der = world.leaf.der();
  for (std::size_t i = 0; i < der.size(); ++i) {  // one bit per byte
    const auto mask = static_cast<std::uint8_t>(1u << (i % 8));
    der[i] ^= mask;
    if (const auto parsed = Certificate::parse(der)) {
      world.leaf = *parsed;
      EXPECT_NE(world.says(), "Trusted") << "byte " << i;
    }
    der[i] ^= mask;
  }
}

TEST(Chain, A16_TakesAtMost64Candidates) {
  World world;
  const Certificate other = make_certificate({"x", new_ec_key(), "x", new_ec_key(), {}});
  world.candidates.resize(kMaxChainCandidates, other);
  EXPECT_EQ(world.says(), "Trusted");
  world.candidates.push_back(other);
  EXPECT_EQ(world.says(), "TooManyCandidates");
}

TEST(Chain, A16_BoundsTheIssuersOfTheRightNameThatAreTried) {
  World world;
  world.candidates.clear();
  for (int i = 0; i < 30; ++i) {
    CertificateRecipe fake = maker().intermediate_recipe();
    fake.key = new_ec_key();
    world.candidates.push_back(make_certificate(fake));
  }
  EXPECT_EQ(world.says(), "TooManyCandidates");
}

TEST(Chain, PrefersTheIssuerThatTheKeyIdentifierNames) {
  World world;
  CertificateRecipe issuer = maker().intermediate_recipe();
  issuer.extensions.push_back({NID_subject_key_identifier, "hash"});
  world.candidates = {make_certificate(issuer)};
  CertificateRecipe ek = maker().ek_recipe();
  ek.edit = [](X509* x509) {
    testing::add_tpm_names(x509, true);
    AUTHORITY_KEYID* id = AUTHORITY_KEYID_new();
    id->keyid = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(id->keyid, reinterpret_cast<const unsigned char*>("other key"), 9);
    X509_add1_ext_i2d(x509, NID_authority_key_identifier, id, 0, X509V3_ADD_DEFAULT);
    AUTHORITY_KEYID_free(id);
  };
  world.leaf = make_certificate(ek);
  EXPECT_EQ(world.says(), "NotTrusted");
}

TEST(Chain, A15_BelievesAnRsaesOaepLeaf) {
  World world;
  CertificateRecipe ek = maker().ek_recipe();
  ek.edit = [](X509* x509) {
    testing::add_tpm_names(x509, true);
    std::uint8_t* key = nullptr;
    const int size = i2d_PublicKey(X509_get0_pubkey(x509), &key);
    X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509), OBJ_nid2obj(NID_rsaesOaep), V_ASN1_NULL,
                           nullptr, key, size);
  };
  world.leaf = make_certificate(ek);
  EXPECT_EQ(world.says(), "Trusted");
  EXPECT_TRUE(
      std::get<TrustedKey>(world.verify()).key().same_key(testing::public_half(maker().ek_key)));
}

// Signs the given TBSCertificate as it is: what a re-encoding would not give.
Bytes sign_tbs(const Bytes& tbs, const TestKey& key) {
  const auto wrap = [](std::uint8_t tag, const Bytes& content) {
    Bytes out = {tag, 0x82, static_cast<std::uint8_t>(content.size() >> 8),
                 static_cast<std::uint8_t>(content.size())};
    append(out, content);
    return out;
  };
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> c(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestSignInit(c.get(), nullptr, EVP_sha256(), nullptr, key.get());
  Bytes sig(128);
  std::size_t size = sig.size();
  EVP_DigestSign(c.get(), sig.data(), &size, tbs.data(), tbs.size());
  sig.resize(size);
  Bytes content = tbs;
  append(content, Bytes{0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02});
  content.insert(content.end(), {0x03, static_cast<std::uint8_t>(size + 1), 0x00});
  append(content, sig);
  return wrap(0x30, content);
}

Bytes tbs_of(const CertificateRecipe& r) {
  const auto x509 = testing::make_x509(r);
  std::uint8_t* der = nullptr;
  const int size = i2d_re_X509_tbs(x509.get(), &der);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

// Nuvoton: a name with two attributes in one SET, in the wrong order.
TEST(Chain, A15_BelievesANameWithAnUnsortedSet) {
  World world;
  const auto add_to_set = [](X509_NAME* to) {
    X509_NAME_add_entry_by_NID(to, NID_commonName, MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("AAAA"), 4, -1, 0);
    X509_NAME_add_entry_by_NID(to, NID_organizationName, MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("BBBB"), 4, -1, -1);
  };
  const auto unsorted = [](Bytes tbs) {
    // Both attributes have 13 bytes: 30 0b 06 03 55 04 xx 0c/13 04 ....
    const Bytes cn = {0x30, 0x0B, 0x06, 0x03, 0x55, 0x04, 0x03};
    for (auto at = tbs.begin();;) {
      at = std::search(at, tbs.end(), cn.begin(), cn.end());
      if (at == tbs.end()) {
        return tbs;
      }
      std::swap_ranges(at, at + 13, at + 13);
      at += 26;
    }
  };
  CertificateRecipe issuer = maker().intermediate_recipe();
  issuer.subject = "";
  issuer.edit = [&](X509* x) { add_to_set(X509_get_subject_name(x)); };
  CertificateRecipe ek = maker().ek_recipe();
  ek.issuer = "";
  ek.edit = [&](X509* x) {
    testing::add_tpm_names(x, true);
    add_to_set(X509_get_issuer_name(x));
  };
  const auto ca = Certificate::parse(sign_tbs(unsorted(tbs_of(issuer)), maker().root_key));
  const Bytes leaf_tbs = unsorted(tbs_of(ek));
  ASSERT_NE(leaf_tbs, tbs_of(ek));
  const auto leaf = Certificate::parse(sign_tbs(leaf_tbs, maker().intermediate_key));
  ASSERT_TRUE(ca && leaf);
  world.leaf = *leaf;
  world.candidates = {*ca};
  EXPECT_EQ(world.says(), "Trusted");
}

// ST: a serial number with more leading zeros than DER allows.
TEST(Chain, A15_BelievesASerialThatIsNotMinimal) {
  World world;
  CertificateRecipe ek = maker().ek_recipe();
  const auto before = ek.edit;
  ek.edit = [before](X509* x) {
    before(x);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x7F112233);
  };
  Bytes tbs = tbs_of(ek);
  const Bytes minimal = {0x02, 0x04, 0x7F, 0x11, 0x22, 0x33};
  const auto at = std::search(tbs.begin(), tbs.end(), minimal.begin(), minimal.end());
  ASSERT_NE(at, tbs.end());
  at[2] = 0x00;  // 00 11 22 33
  const auto leaf = Certificate::parse(sign_tbs(tbs, maker().intermediate_key));
  ASSERT_TRUE(leaf) << leaf.error().message();
  world.leaf = *leaf;
  EXPECT_EQ(world.says(), "Trusted");
}

}  // namespace
}  // namespace seaworthy::crypto

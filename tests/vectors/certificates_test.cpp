#include <gtest/gtest.h>

#include "commands/inspect_ek_certificate.h"
#include "crypto/certificate.h"
#include "vectors/index.h"

namespace seaworthy::testing {
namespace {

using crypto::Certificate;

std::vector<Certificate> certificates_of(const VectorFile& file) {
  const Bytes bytes = vector_file(file.path);
  if (file.is("X.509 PEM")) {
    auto all = crypto::parse_pem_bundle(as_text(bytes));
    EXPECT_TRUE(all) << file.path << ": " << all.error().message();
    return all ? *std::move(all) : std::vector<Certificate>();
  }
  // As from a file or NV: one of them ends in a line feed, which parse() refuses.
  auto one = Certificate::parse_tpm_nv(bytes);
  EXPECT_TRUE(one) << file.path << ": " << one.error().message();
  return one ? std::vector{*std::move(one)} : std::vector<Certificate>();
}

// "X.509 PEM, 1 certificate: …", "X.509 PEM bundle, 143 certificates …".
std::size_t stated_count(const VectorFile& file) {
  return std::stoul(file.format.substr(file.format.find(", ") + 2));
}

// "RSA-2048", "EC P-256": of the first key.
std::string kind(const crypto::PublicKey& key) {
  const auto curve = key.curve();
  return curve ? "EC " + std::string(crypto::name(*curve)) : "RSA-" + std::to_string(key.bits());
}

TEST(VectorCertificates, ParseAndSayWhatIsStated) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  std::size_t all = 0;
  for (const VectorFile& file : files_of(Taker::kCertificates)) {
    SCOPED_TRACE(file.path);
    const auto certificates = certificates_of(file);
    ASSERT_EQ(certificates.size(), stated_count(file));
    ++files;
    all += certificates.size();
    if (file.is("bundle")) {
      continue;  // nothing is stated about the single ones
    }
    const auto key = certificates[0].public_key();
    ASSERT_TRUE(key) << key.error().message();
    EXPECT_TRUE(file.is(": " + kind(*key))) << kind(*key);
    if (certificates.size() == 1) {
      EXPECT_EQ(certificates[0].is_ca(), file.is("CA:TRUE"));
    }
  }
  EXPECT_EQ(files, 74u);
  EXPECT_EQ(all, 70u + 2u + 3u + 26u + 143u);  // single ones, two chains, two bundles
}

TEST(VectorCertificates, AttributeCertificatesAreRefused) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  for (const VectorFile& file : files_of(Taker::kNoCertificate)) {
    const Bytes bytes = vector_file(file.path);
    EXPECT_FALSE(Certificate::parse(bytes)) << file.path;
    EXPECT_FALSE(commands::inspect_ek_certificate(bytes, Time(), {})) << file.path;
    ++files;
  }
  EXPECT_EQ(files, 12u);
}

}  // namespace
}  // namespace seaworthy::testing

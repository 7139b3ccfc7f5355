#include "commands/inspect_ek_certificate.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "crypto/certificate.h"
#include "support/evidence_builder.h"
#include "support/vectors.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using testing::vector_file;

const Time kNow = Time::from_unix(seconds(1'800'000'000));
const Output kText{};
const Output kJson{.format = Format::kJson};

const Bytes& ek_certificate() {  // made once: signatures differ
  static const Bytes made = testing::EvidenceBuilder::shared_tpm().ek_certificates().front();
  return made;
}

Json read_json(ByteSpan bytes, Time now = kNow) {
  const auto read = inspect_ek_certificate(bytes, now, kJson);
  EXPECT_TRUE(read) << read.error().message();
  const auto json = codec::parse_json(read ? read->text : "{}", {.max_bytes = 1 << 20});
  return json ? *json : Json();
}

TEST(InspectEkCertificate, GivesTheDocumentedFieldsAndNoFindingForAGoodOne) {
  const Json json = read_json(ek_certificate());
  EXPECT_EQ(json["manufacturer"], "id:49465800");
  EXPECT_EQ(json["model"], "SLB9670");
  EXPECT_EQ(json["firmware"], "id:00070055");
  EXPECT_EQ(json["isCA"], false);
  EXPECT_EQ(json["key"]["type"], "ecc");
  EXPECT_EQ(json["key"]["curve"], "P-256");
  EXPECT_TRUE(json["ekHash"].get<std::string>().starts_with("sha256:"));
  EXPECT_TRUE(json["fingerprint"].get<std::string>().starts_with("sha256:"));
  for (const char* field : {"subject", "issuer", "serial", "notBefore", "notAfter"}) {
    EXPECT_TRUE(json[field].is_string()) << field;
  }
  EXPECT_EQ(json["findings"], Json::array()) << json.dump();
  EXPECT_EQ(json.size(), 13u);
}

TEST(InspectEkCertificate, ReadsDerAndPemAndPaddedNvAlike) {
  const Json json = read_json(ek_certificate());
  const auto certificate = crypto::Certificate::parse(ek_certificate());
  EXPECT_EQ(read_json(as_bytes(certificate->to_pem())), json);
  Bytes padded = ek_certificate();
  padded.resize(padded.size() + 500, 0xFF);
  EXPECT_EQ(read_json(padded), json);
}

TEST(InspectEkCertificate, JudgesAtTheTimeGiven) {
  const auto reason = [](Time now) {
    const Json json = read_json(ek_certificate(), now);
    return json["findings"].empty() ? Json() : json["findings"][0]["reason"];
  };
  EXPECT_EQ(reason(Time::from_unix(seconds(0))), "EkCertificateNotYetValid");
  EXPECT_EQ(reason(Time::from_unix(seconds(200'000'000'000))), "EkCertificateExpired");
}

TEST(InspectEkCertificate, FindsThatACertificateIsOfNoEndorsementKey) {
  SEAWORTHY_NEEDS_VECTORS();
  const auto read = inspect_ek_certificate(
      vector_file("keylime+keylime/tpm_cert_store/INTEL_RT.pem"), kNow, kText);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->findings);
  EXPECT_NE(read->text.find("EkCertificateWrongUsage"), std::string::npos);
}

TEST(InspectEkCertificate, CannotReadWhatIsNoCertificate) {
  EXPECT_FALSE(inspect_ek_certificate({}, kNow, kText));
  EXPECT_FALSE(inspect_ek_certificate(as_bytes("-----BEGIN PUBLIC KEY-----"), kNow, kText));
}

}  // namespace
}  // namespace seaworthy::commands

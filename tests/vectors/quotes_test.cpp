#include <gtest/gtest.h>

#include "codec/hex.h"
#include "codec/reader.h"
#include "crypto/public_key.h"
#include "crypto/signature.h"
#include "tpm/attest.h"
#include "tpm/name.h"
#include "tpm/public_area.h"
#include "tpm/signature.h"
#include "vectors/index.h"

namespace seaworthy::testing {
namespace {

using crypto::HashAlg;

// Files of the generated cases, each by itself; their verdicts: InspectQuote, verify/quote_test.
TEST(VectorQuotes, EveryGeneratedFileIsWhatIsStated) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t files = 0;
  for (const VectorFile& file : files_of(Taker::kGenerated)) {
    SCOPED_TRACE(file.path);
    const Bytes bytes = vector_file(file.path);
    ++files;
    if (file.path.ends_with("ak.tpmt_public")) {
      const auto area = tpm::parse_public_area(bytes);
      ASSERT_TRUE(area) << area.error().message();
      EXPECT_EQ(area->attributes,
                std::stoul(file.expected.substr(file.expected.find("0x")), nullptr, 16));
    } else if (file.path.ends_with("attest.bin")) {
      const auto header = tpm::parse_attest_header(bytes);
      ASSERT_TRUE(header);
      EXPECT_TRUE(file.path.find("bad-magic") != std::string::npos ||
                  header->magic == tpm::kGeneratedValue);
    } else if (file.path.ends_with("nonce.bin")) {
      const Bytes attested = vector_file(file.path.substr(0, file.path.rfind('/')) + "/attest.bin");
      EXPECT_EQ(tpm::parse_attest_header(attested)->extra_data == bytes,
                file.expected == "equals extraData");
    } else if (file.path.ends_with("signature.tpmt")) {
      const auto signature = tpm::parse_signature(bytes);
      ASSERT_TRUE(signature) << signature.error().message();
      const char* names[] = {"RSASSA-SHA256", "RSAPSS-SHA256", "ECDSA-SHA256"};
      EXPECT_TRUE(file.is(names[signature->index()]));
    } else {
      EXPECT_TRUE(file.path.ends_with("pcrs-000b.bin"));
      EXPECT_EQ(bytes.size(), 24u * 32u);
    }
  }
  EXPECT_EQ(files, 57u);
}

std::string keylime(const char* name) {
  return std::string("keylime+keylime/test-data/files/") + name;
}

TEST(VectorQuotes, TheFilesOfTpm2ToolsBelongTogether) {
  SEAWORTHY_NEEDS_VECTORS();
  ASSERT_EQ(files_of(Taker::kTpmStructure).size(), 9u);
  // A TPM2B_PUBLIC is a size and a TPMT_PUBLIC.
  const auto name_of = [](const char* file) {
    const auto area = tpm::parse_public_area(ByteSpan(vector_file(keylime(file))).subspan(2));
    return area ? codec::to_hex(tpm::name_of(*area)) : area.error().message();
  };
  EXPECT_EQ(name_of("ak.pub"), codec::to_hex(vector_file(keylime("ak.name"))));
  EXPECT_EQ(name_of("ak.pub"),
            "000b2d3fb7830f6cb214fac7d7cb213a21a0609148c4505927db61287e1e80322336");
  EXPECT_EQ(name_of("ek.pub"),
            "000b524fe073981b4ac6fb4b571723bf939f67fa0a154dc85eee0dd1e5b21df47ca5");
  const auto quote = tpm::parse_quote(vector_file(keylime("quote.out")));
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->extra_data, vector_file(keylime("rand.out")));
  EXPECT_EQ(vector_file(keylime("actcred.out")), vector_file(keylime("secret.data")));
  // tpm2_makecredential: magic, version, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET.
  const Bytes credential = vector_file(keylime("mkcred.out"));
  codec::Reader reader("mkcred.out", credential);
  EXPECT_EQ(*reader.u32be(), 0xBADCC0DEu);
  EXPECT_EQ(*reader.u32be(), 1u);
  EXPECT_TRUE(reader.sized16be(512));
  EXPECT_EQ(reader.sized16be(512)->size(), 256u);
  EXPECT_TRUE(reader.at_end());
}

TEST(VectorQuotes, TheQuoteOfAnAzureVmIsSignedByItsKeyOverItsPcrs) {
  SEAWORTHY_NEEDS_VECTORS();
  ASSERT_EQ(files_of(Taker::kCloud).size(), 3u);
  const std::string folder = "kinvolk+azure-cvm-tooling/az-cvm-vtpm/test/";
  const Bytes file = vector_file(folder + "quote.bin");
  codec::Reader reader("quote.bin", file);
  const ByteSpan signature = *reader.take(*reader.u64le());
  const ByteSpan attested = *reader.take(*reader.u64le());
  ASSERT_EQ(*reader.u64le(), 24u);
  const ByteSpan pcrs = *reader.take(24 * 32);
  EXPECT_TRUE(reader.at_end());
  const Bytes pem = vector_file(folder + "akpub.pem");
  const auto key = crypto::PublicKey::from_pem(as_text(pem));
  ASSERT_TRUE(key);
  EXPECT_TRUE(crypto::verify(*key, {crypto::SignatureAlg::kRsaSsa, HashAlg::kSha256}, attested,
                             crypto::RsaSignature{signature}));
  const auto quote = tpm::parse_quote(attested);
  ASSERT_TRUE(quote) << quote.error().message();
  EXPECT_EQ(as_text(quote->extra_data), "challenge");
  EXPECT_EQ(tpm::text(quote->pcrs),
            "sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23");
  EXPECT_EQ(quote->pcr_digest, to_bytes(crypto::sha256(pcrs).bytes()));
}

// Where the runtime data begin in a report; their size stands before them.
TEST(VectorQuotes, TheHardwareReportsOfAzureVmsNameTheirRuntimeData) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* name : {"hcl-report-snp.bin", "hcl-report-tdx.bin"}) {
    const Bytes report =
        vector_file(std::string("kinvolk+azure-cvm-tooling/az-cvm-vtpm/test/") + name);
    ASSERT_TRUE(as_text(report).starts_with("HCLA"));
    constexpr std::size_t kRuntimeData = 32 + 1184 + 20;
    codec::Reader size("HCL report", ByteSpan(report).subspan(kRuntimeData - 4));
    const ByteSpan runtime = ByteSpan(report).subspan(kRuntimeData, *size.u32le());
    const std::string report_data = codec::to_hex(crypto::sha256(runtime).bytes());
    EXPECT_NE(codec::to_hex(ByteSpan(report).first(kRuntimeData)).find(report_data),
              std::string::npos)
        << name;
    EXPECT_TRUE(codec::parse_json(as_text(runtime), {.max_bytes = 4096})) << name;
  }
}

}  // namespace
}  // namespace seaworthy::testing

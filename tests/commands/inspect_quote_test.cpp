#include "commands/inspect_quote.h"

#include <gtest/gtest.h>

#include <map>

#include "codec/json.h"
#include "support/vector_logs.h"

namespace seaworthy::commands {
namespace {

using codec::Json;
using testing::vector_file;

const Output kText{};
const Output kJson{.format = Format::kJson};

struct Recorded {
  Bytes attested;
  Bytes signature;
  Bytes ak;
  Bytes nonce;

  explicit Recorded(const std::string& folder)
      : attested(vector_file(folder + "/attest.bin")),
        signature(vector_file(folder + "/signature.tpmt")),
        ak(vector_file(folder + "/ak.tpmt_public")),
        nonce(vector_file(folder + "/nonce.bin")) {}

  verify::QuoteFiles files() const {
    return {.attested = attested, .signature = signature, .ak_public = ak, .nonce = nonce};
  }
  Json read(std::optional<ByteSpan> pcrs = std::nullopt) const {
    const auto read = inspect_quote(files(), pcrs, kJson);
    EXPECT_TRUE(read) << read.error().message();
    const auto json = codec::parse_json(read ? read->text : "{}", {.max_bytes = 1 << 20});
    return json ? *json : Json();
  }
};

std::string name_of(int alg) {
  return std::string(crypto::name(*crypto::hash_alg(static_cast<std::uint16_t>(alg))));
}

Json selection_of(const Json& stated) {
  Json out = Json::array();
  for (const Json& bank : stated) {
    out.push_back({{"bank", name_of(bank[0].get<int>())}, {"pcrs", bank[1]}});
  }
  return out;
}

// expected/generated-swtpm.json, every entry: verdict, facts, and the reason for a refusal.
TEST(InspectQuote, GivesTheStatedVerdictAndFactsOfEveryGeneratedCase) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::map<std::string, std::string> refusals = {
      {"10-bad-empty-selection", "PcrSelectionMismatch"},
      {"12-bad-same-bank-twice-disjoint", "PcrSelectionMismatch"},
      {"15-bad-no-nonce", "NonceMismatch"},
      {"20-bad-type-gettime", "NotAQuote"},
      {"21-bad-type-certify", "NotAQuote"},
      {"23-bad-magic-signed-by-real-AK", "NotAQuote"},
      {"24-bad-forged-quote-unrestricted-key", "AkAttributes"}};
  const std::map<std::string, std::string> schemes = {
      {"0x14", "rsassa"}, {"0x16", "rsapss"}, {"0x18", "ecdsa"}};
  const auto number = [](const Json& text) {
    return std::stoul(text.get<std::string>(), nullptr, 16);
  };
  const Json expected = testing::expected_vectors("generated-swtpm.json");
  std::size_t entries = 0;
  for (const auto& [folder, facts] : expected.items()) {
    SCOPED_TRACE(folder);
    const Json json = Recorded(folder).read();
    const auto refusal = refusals.find(folder.substr(folder.find('/') + 1));
    const bool accept = facts["verdict"].get<std::string>().starts_with("accept");
    EXPECT_EQ(accept, refusal == refusals.end());
    EXPECT_EQ(json["verdict"], accept ? "Accepted" : "Refused");
    ASSERT_EQ(json["findings"].size(), accept ? 0u : 1u);
    if (!accept) {
      EXPECT_EQ(json["findings"][0]["reason"], refusal->second);
    }
    EXPECT_EQ(number(json["magic"]), number(facts["magic"]));
    EXPECT_EQ(number(json["type"]), number(facts["type"]));
    EXPECT_EQ(json["nonceMatches"], facts["nonce_matches"]);
    EXPECT_EQ(json["clock"]["resetCount"], facts["reset"]);
    EXPECT_EQ(json["clock"]["restartCount"], facts["restart"]);
    EXPECT_EQ(json["clock"]["safe"], facts["safe"] == 1);
    EXPECT_EQ(json["signature"]["valid"], facts["signature_valid"]);
    EXPECT_EQ(json["signature"]["scheme"], schemes.at(facts["sig"]));
    EXPECT_EQ(number(json["ak"]["attributes"]), number(facts["ak_attributes"]));
    EXPECT_EQ(json["ak"]["hash"], name_of(static_cast<int>(number(facts["ak_scheme_hash"]))));
    if (json["magic"] == "0xff544347") {  // else nothing behind the header is looked at
      EXPECT_EQ(json["selection"], facts["sel"].is_null() ? Json() : selection_of(facts["sel"]));
    }
    ++entries;
  }
  EXPECT_EQ(entries, 12u);
}

TEST(InspectQuote, ShowsPcrValuesOnlyIfTheyAreThoseQuoted) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::string folder = "_generated-swtpm/02-good-ecdsa-p256";
  const Recorded quote(folder);
  Bytes pcrs = vector_file(folder + "/pcrs-000b.bin");
  Json json = quote.read(pcrs);
  EXPECT_EQ(json["verdict"], "Accepted");
  EXPECT_EQ(json["pcrs"]["sha256"].size(), 12u);
  EXPECT_EQ(quote.read(ByteSpan(pcrs).first(12 * 32)), json);  // those of the selection alone
  pcrs[0] ^= 1;
  json = quote.read(pcrs);
  EXPECT_EQ(json["verdict"], "Refused");
  EXPECT_TRUE(json["pcrs"].is_null());
  EXPECT_EQ(json["findings"][0]["reason"], "PcrDigestMismatch");
  json = quote.read(ByteSpan(pcrs).first(31));
  EXPECT_EQ(json["verdict"], "Refused");
  EXPECT_EQ(json["findings"][0]["reason"], "PcrValuesMalformed");
  // A quote over two banks: the values of one do not show that they were quoted.
  const Recorded two("_generated-swtpm/03-good-two-banks-sha1-first");
  EXPECT_EQ(two.read(vector_file(
                "_generated-swtpm/03-good-two-banks-sha1-first/pcrs-000b.bin"))["verdict"],
            "Refused");
}

TEST(InspectQuote, ReadsTheFilesOfTpm2Quote) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::string folder = "keylime+keylime/test-data/files/";
  const Bytes attested = vector_file(folder + "quote.out");
  const Bytes signature = vector_file(folder + "quotesig.out");
  const Bytes ak = vector_file(folder + "ak.pub");  // TPM2B_PUBLIC
  const Bytes nonce = vector_file(folder + "rand.out");
  const Bytes pcrs = vector_file(folder + "quotepcr.out");
  const auto read = inspect_quote(
      {.attested = attested, .signature = signature, .ak_public = ak, .nonce = nonce}, pcrs, kJson);
  ASSERT_TRUE(read) << read.error().message();
  const Json json = *codec::parse_json(read->text, {.max_bytes = 1 << 20});
  EXPECT_EQ(json["signature"]["valid"], true);
  EXPECT_EQ(json["nonceMatches"], true);
  EXPECT_EQ(json["extraData"], "db1db298db6d60e6385b7231743e9c3056a18003");
  EXPECT_EQ(json["pcrs"]["sha256"].size(), 3u);  // they are those quoted
  EXPECT_EQ(json["ak"]["name"],
            "000b2d3fb7830f6cb214fac7d7cb213a21a0609148c4505927db61287e1e80322336");
  EXPECT_EQ(json["verdict"], "Refused");  // the key lacks noDA
  ASSERT_EQ(json["findings"].size(), 1u);
  EXPECT_EQ(json["findings"][0]["reason"], "AkAttributes");
}

TEST(InspectQuote, SaysWhyAPemFileIsNotEnough) {
  const auto read = inspect_quote({.attested = {},
                                   .signature = {},
                                   .ak_public = as_bytes("-----BEGIN PUBLIC KEY-----"),
                                   .nonce = {}},
                                  std::nullopt, kText);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("TPMT_PUBLIC"), std::string::npos);
}

TEST(InspectQuote, TextTellsTheVerdictFirst) {
  SEAWORTHY_NEEDS_VECTORS();
  const Recorded good("_generated-swtpm/01-good-rsassa-sha256");
  EXPECT_TRUE(inspect_quote(good.files(), std::nullopt, kText)
                  ->text.starts_with("Verdict:       Accepted"));
  const Recorded bad("_generated-swtpm/20-bad-type-gettime");
  const auto read = inspect_quote(bad.files(), std::nullopt, kText);
  EXPECT_TRUE(read->text.starts_with("Verdict:       Refused"));
  EXPECT_TRUE(read->findings);
}

}  // namespace
}  // namespace seaworthy::commands

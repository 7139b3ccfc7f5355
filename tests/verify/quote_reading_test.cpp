#include "verify/quote_reading.h"

#include <gtest/gtest.h>

#include "codec/writer.h"
#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using crypto::HashAlg;
using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using tpm::PcrMask;

struct Files {
  Bytes attested;
  Bytes signature;
  Bytes ak_public;
  Bytes nonce;
};

Files files_of(EvidenceBuilder& machine) {
  const Challenge asked = machine.challenge();
  const Evidence evidence = machine.build();
  return {evidence.attested, evidence.signature, machine.ak().public_area(),
          to_bytes(asked.extra_data.bytes())};
}

Reasons read(const Files& files,
             const std::optional<std::vector<tpm::PcrSelection>>& selection = {}) {
  const auto reading =
      read_quote({files.attested, files.signature, files.ak_public, files.nonce, selection});
  EXPECT_TRUE(reading) << reading.error().message();
  return reading ? reasons(reading->findings) : Reasons{};
}

Files some_files() {
  EvidenceBuilder machine;
  return files_of(machine);
}

Bytes with_size(const Bytes& bytes) {
  return codec::Writer().sized16be(bytes).bytes();
}

TEST(QuoteReading, AcceptsAQuoteOfTheKeyWithTheNonce) {
  const Files files = some_files();
  EXPECT_EQ(read(files), Reasons{});
  const auto reading = read_quote({files.attested, files.signature, files.ak_public, files.nonce});
  EXPECT_TRUE(reading->signature_valid && reading->nonce_matches && reading->quote);
}

TEST(QuoteReading, AcceptsStructuresWithTheirSizeInFront) {
  Files files = some_files();
  files.attested = with_size(files.attested);
  files.ak_public = with_size(files.ak_public);
  EXPECT_EQ(read(files), Reasons{});
}

TEST(QuoteReading, R7_RefusesAnotherNonceAndNone) {
  Files files = some_files();
  files.nonce.back() ^= 1;
  EXPECT_EQ(read(files), Reasons{Reason::kNonceMismatch});
  EvidenceBuilder machine;
  machine.edit_quote = [](tpm::Quote& quote) { quote.extra_data.clear(); };
  files = files_of(machine);
  files.nonce.clear();
  EXPECT_EQ(read(files), Reasons{Reason::kNonceMismatch});  // empty equals empty, and is refused
}

TEST(QuoteReading, R8_RefusesWhatTheKeyDidNotSign) {
  Files files = some_files();
  files.attested[46] ^= 1;  // in extraData
  EXPECT_EQ(read(files), (Reasons{Reason::kSignatureInvalid, Reason::kNonceMismatch}));
  files = some_files();
  files.signature[3] = 0x0C;  // SHA-384, which the key's scheme does not say
  EXPECT_EQ(read(files), Reasons{Reason::kSignatureSchemeMismatch});
  files = some_files();
  files.signature[1] = 0x1B;  // an algorithm we do not know
  EXPECT_EQ(read(files), Reasons{Reason::kSignatureMalformed});
}

TEST(QuoteReading, R6_RefusesWhatIsNoQuoteAndReadsItAllTheSame) {
  EvidenceBuilder machine;
  machine.edit_attested = [](Bytes& bytes) { bytes[5] = 0x17; };
  const Files files = files_of(machine);
  const auto reading = read_quote({files.attested, files.signature, files.ak_public, files.nonce});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reasons(reading->findings), Reasons{Reason::kNotAQuote});
  EXPECT_EQ(reading->header.type, 0x8017);
  EXPECT_TRUE(reading->nonce_matches);
}

TEST(QuoteReading, R9_RefusesSelectionsThatShowNothing) {
  const auto quoted = [](std::vector<tpm::PcrSelection> selection) {
    EvidenceBuilder machine;
    machine.edit_quote = [&](tpm::Quote& quote) { quote.pcrs = std::move(selection); };
    return read(files_of(machine));
  };
  const PcrMask some = PcrMask::range<0, 7>();
  const Reasons mismatch{Reason::kPcrSelectionMismatch};
  EXPECT_EQ(quoted({}), mismatch);
  EXPECT_EQ(quoted({{HashAlg::kSha1, some}}), mismatch);
  EXPECT_EQ(quoted({{HashAlg::kSha256, PcrMask()}}), mismatch);
  EXPECT_EQ(quoted({{HashAlg::kSha256, some}, {HashAlg::kSha256, some}}), mismatch);
  EXPECT_EQ(quoted({{HashAlg::kSha256, some, 4}}), mismatch);
  EXPECT_EQ(quoted({{HashAlg::kSha1, some}, {HashAlg::kSha256, some}}), Reasons{});
}

TEST(QuoteReading, R9_RefusesAnotherSelectionThanWasAskedFor) {
  const Files files = some_files();
  const auto quote = tpm::parse_quote(files.attested);
  EXPECT_EQ(read(files, quote->pcrs), Reasons{});
  EXPECT_EQ(read(files, std::vector<tpm::PcrSelection>{{HashAlg::kSha256, PcrMask::range<0, 1>()}}),
            Reasons{Reason::kPcrSelectionMismatch});
}

TEST(QuoteReading, R4_RefusesAKeyThatSignsAnything) {
  Files files = some_files();
  auto area = tpm::parse_public_area(files.ak_public);
  area->attributes &= ~tpm::kRestricted;
  files.ak_public = tpm::write_public_area(*area);
  EXPECT_EQ(read(files), Reasons{Reason::kAkAttributes});
}

TEST(QuoteReading, NamesTheFileThatCannotBeRead) {
  const Files files = some_files();
  const auto cut = [](const Bytes& bytes) { return ByteSpan(bytes).first(bytes.size() - 1); };
  const auto message = [](const QuoteFiles& in) {
    const auto reading = read_quote(in);
    return reading ? std::string("read") : reading.error().message();
  };
  EXPECT_TRUE(message({cut(files.attested), files.signature, files.ak_public, files.nonce})
                  .starts_with("attestation: TPMS_ATTEST at byte"));
  EXPECT_TRUE(message({files.attested, cut(files.signature), files.ak_public, files.nonce})
                  .starts_with("signature: TPMT_SIGNATURE at byte"));
  EXPECT_TRUE(message({files.attested, files.signature, cut(files.ak_public), files.nonce})
                  .starts_with("AK: TPMT_PUBLIC at byte"));
}

TEST(QuoteReading, R10_TheValuesAreThoseQuoted) {
  const std::vector<Bytes> values = {Bytes(32, 1), Bytes(32, 2)};
  const auto checked = [](const std::vector<Bytes>& quoted, const std::vector<Bytes>& given) {
    EvidenceBuilder machine;
    machine.edit_quote = [&](tpm::Quote& quote) {
      quote.pcrs = {{HashAlg::kSha256, PcrMask::range<0, 1>()}};
      quote.pcr_digest = to_bytes(crypto::hash(HashAlg::kSha256, {quoted[0], quoted[1]}).bytes());
    };
    const Files files = files_of(machine);
    const auto reading =
        read_quote({files.attested, files.signature, files.ak_public, files.nonce});
    EXPECT_TRUE(reading);
    return reasons(check_quoted_values(*reading, given));
  };
  EXPECT_EQ(checked(values, values), Reasons{});
  EXPECT_EQ(checked(values, {values[1], values[0]}), Reasons{Reason::kPcrDigestMismatch});
  EXPECT_EQ(checked(values, {values[0]}), Reasons{Reason::kPcrValuesMalformed});
  EXPECT_EQ(checked(values, {values[0], values[1], values[1]}),
            Reasons{Reason::kPcrValuesMalformed});
  EXPECT_EQ(checked(values, {values[0], Bytes(31, 2)}), Reasons{Reason::kPcrValuesMalformed});
  // R11. Nobody measured into them.
  EXPECT_EQ(checked({Bytes(32), values[1]}, {Bytes(32), values[1]}),
            Reasons{Reason::kPcrNotMeasured});
  Bytes locality(32);
  locality.back() = 3;
  EXPECT_EQ(checked({locality, values[1]}, {locality, values[1]}),
            Reasons{Reason::kPcrNotMeasured});
}

}  // namespace
}  // namespace seaworthy::verify

#include "verify/quote.h"

#include <gtest/gtest.h>

#include "support/vectors.h"
#include "tpm/public_area.h"
#include "verify/expect.h"

namespace seaworthy::verify {
namespace {

using crypto::HashAlg;
using seaworthy::testing::Evidence;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::vector_file;
using tpm::PcrIndex;
using tpm::PcrMask;

struct Lie {
  const char* name;
  void (*tell)(EvidenceBuilder&);
  Reasons refused;
};

class QuoteLies : public ::testing::TestWithParam<Lie> {};

TEST_P(QuoteLies, AreRefusedForTheRightReason) {
  EvidenceBuilder machine;
  const Challenge asked = machine.challenge();
  GetParam().tell(machine);
  const Evidence evidence = machine.build();
  EXPECT_EQ(refusals(verify_evidence(evidence.input(), machine.ak(), asked, {})),
            GetParam().refused);
}

INSTANTIATE_TEST_SUITE_P(
    Table, QuoteLies,
    ::testing::Values(
        Lie{"A29_WrongMagic",
            [](EvidenceBuilder& m) { m.edit_attested = [](Bytes& b) { b[0] = 0; }; },
            {Reason::kNotAQuote}},
        Lie{"A30_Certify",
            [](EvidenceBuilder& m) { m.edit_attested = [](Bytes& b) { b[5] = 0x17; }; },
            {Reason::kNotAQuote}},
        Lie{"A30_NvCertify",
            [](EvidenceBuilder& m) { m.edit_attested = [](Bytes& b) { b[5] = 0x14; }; },
            {Reason::kNotAQuote}},
        Lie{"A44_TrailingBytes",
            [](EvidenceBuilder& m) { m.edit_attested = [](Bytes& b) { b.push_back(0); }; },
            {Reason::kNotAQuote}},
        Lie{"A35_EmptySelection",
            [](EvidenceBuilder& m) { m.edit_quote = [](tpm::Quote& q) { q.pcrs.clear(); }; },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A35_ABankWithoutAnyPcr",
            [](EvidenceBuilder& m) { m.edit_quote = [](tpm::Quote& q) { q.pcrs[0].pcrs = {}; }; },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A39_ABankThatIsNotAllocated",  // signed with zeroed bits, over nothing
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) {
                q.pcrs[0].pcrs = {};
                q.pcr_digest = to_bytes(crypto::sha256({}).bytes());
              };
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A36_FewerPcrs",
            [](EvidenceBuilder& m) {
              m.selection = {{HashAlg::kSha256, PcrMask::range<0, 9>()}};
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A36_MorePcrs",
            [](EvidenceBuilder& m) {
              m.selection = {{HashAlg::kSha256, PcrMask::range<0, 14>()}};
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A37_Pcr23InThePlaceOfPcr10",
            [](EvidenceBuilder& m) {
              m.selection = {
                  {HashAlg::kSha256,
                   PcrMask::range<0, 9>() | PcrMask{PcrIndex::at<14>(), PcrIndex::at<23>()}}};
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A38_TheSameBankTwice",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) { q.pcrs.push_back(q.pcrs[0]); };
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A40_TheSha1Bank",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) { q.pcrs[0].bank = HashAlg::kSha1; };
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A43_AnotherWidthOfTheBitMap",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) { q.pcrs[0].size_of_select = 4; };
            },
            {Reason::kPcrSelectionMismatch}},
        Lie{"A41_ValuesBesideTheQuote",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.pcrs["sha256"][4] = Bytes(32, 4); };
            },
            {Reason::kPcrDigestMismatch}},
        Lie{"A42_ADigestInAnotherHash",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) { q.pcr_digest = Bytes(20, 1); };
            },
            {Reason::kPcrDigestMismatch}},
        Lie{"A36_AValueOfAPcrThatNobodySigned",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.pcrs["sha256"][23] = Bytes(32, 4); };
            },
            {Reason::kPcrValuesMalformed}},
        Lie{"A36_AValueLeftOut",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.pcrs["sha256"].erase(7); };
            },
            {Reason::kPcrValuesMalformed}},
        Lie{"A36_ABankThatNobodySigned",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.pcrs["sha1"][7] = Bytes(20); };
            },
            {Reason::kPcrValuesMalformed}},
        Lie{"A36_AValueOfAnotherSize",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.pcrs["sha256"][7].push_back(0); };
            },
            {Reason::kPcrValuesMalformed}},
        Lie{"A45_AnotherNonce",
            [](EvidenceBuilder& m) { m.nonce = "challenge 0"; },
            {Reason::kNonceMismatch}},
        Lie{"A46_NoNonce",
            [](EvidenceBuilder& m) { m.edit_quote = [](tpm::Quote& q) { q.extra_data.clear(); }; },
            {Reason::kNonceMismatch}},
        Lie{"A49_TheNonceAsText",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) {
                q.extra_data = to_bytes(as_bytes(codec::to_hex(q.extra_data)));
              };
            },
            {Reason::kNonceMismatch}},
        Lie{"A46_APrefixOfTheNonce",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) { q.extra_data.resize(31); };
            },
            {Reason::kNonceMismatch}},
        Lie{"A09_AnAkOfTheOwnerHierarchy",
            [](EvidenceBuilder& m) {
              m.edit_quote = [&m](tpm::Quote& q) {
                q.qualified_signer = tpm::primary_qualified_name(m.tpm.ak, tpm::Hierarchy::kOwner);
              };
            },
            {Reason::kSignerMismatch}},
        Lie{"R12_NoSigner",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) { q.qualified_signer.clear(); };
            },
            {Reason::kSignerMismatch}},
        Lie{"EverythingAtOnceIsToldAtOnce",
            [](EvidenceBuilder& m) {
              m.edit_quote = [](tpm::Quote& q) {
                q.qualified_signer.clear();
                q.extra_data.clear();
                q.pcrs.clear();
              };
            },
            {Reason::kNonceMismatch, Reason::kPcrSelectionMismatch, Reason::kSignerMismatch}},
        Lie{"A32_AnRsaSignature",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) {
                e.signature =
                    tpm::write_signature(tpm::RsassaSignature{HashAlg::kSha256, Bytes(256, 1)});
              };
            },
            {Reason::kSignatureSchemeMismatch}},
        Lie{"A32_AnotherHash",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.signature[3] = 0x0C; };
            },
            {Reason::kSignatureSchemeMismatch}},
        Lie{"A31_NoSignature",
            [](EvidenceBuilder& m) { m.edit_evidence = [](Evidence& e) { e.signature.clear(); }; },
            {Reason::kSignatureMalformed}},
        Lie{"A34_RIsZero",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) {
                e.signature = tpm::write_signature(
                    tpm::EcdsaSignature{HashAlg::kSha256, Bytes(32), Bytes(32, 1)});
              };
            },
            {Reason::kSignatureInvalid}},
        Lie{"A108_OtherBytesThanWereSigned",
            [](EvidenceBuilder& m) {
              m.edit_evidence = [](Evidence& e) { e.attested.back() ^= 1; };
            },
            {Reason::kSignatureInvalid}}),
    [](const auto& row) { return std::string(row.param.name); });

// ---- Quotes of real TPMs ----------------------------------------------------------------------

struct Recorded {
  AttestationKey ak;
  Bytes attested;
  Bytes signature;
  Bytes nonce;

  static std::optional<Recorded> load(const std::string& name) {
    const std::string folder = "_generated-swtpm/" + name + "/";
    auto ak = verify_attestation_key(vector_file(folder + "ak.tpmt_public"));
    if (!ok(ak)) {
      return std::nullopt;
    }
    return Recorded{std::get<AttestationKey>(ak), vector_file(folder + "attest.bin"),
                    vector_file(folder + "signature.tpmt"), vector_file(folder + "nonce.bin")};
  }
  Checked<VerifiedQuote> verify(std::vector<tpm::PcrSelection> selection) const {
    return verify_quote({attested, signature}, ak,
                        {crypto::Digest(HashAlg::kSha256, nonce), std::move(selection)});
  }
};

const std::vector<tpm::PcrSelection> kSha256 = {{HashAlg::kSha256, PcrMask::range<0, 11>()}};

TEST(Quote, AcceptsTheGoodVectorsWithTheirValues) {
  SEAWORTHY_NEEDS_VECTORS();
  for (const char* name :
       {"01-good-rsassa-sha256", "02-good-ecdsa-p256", "05-good-rsapss-sha256"}) {
    SCOPED_TRACE(name);
    const auto recorded = Recorded::load(name);
    ASSERT_TRUE(recorded);
    const auto quote = recorded->verify(kSha256);
    ASSERT_TRUE(ok(quote)) << ::testing::PrintToString(refusals(quote));
    const Bytes values = vector_file(std::string("_generated-swtpm/") + name + "/pcrs-000b.bin");
    ClaimedPcrs claimed;
    for (std::uint8_t i = 0; i < 12; ++i) {
      claimed["sha256"][i] = to_bytes(ByteSpan(values).subspan(i * 32u, 32));
    }
    const auto pcrs = verify_pcrs(std::get<VerifiedQuote>(quote), claimed, [](const auto&) {});
    ASSERT_TRUE(ok(pcrs));
    EXPECT_EQ(to_bytes(std::get<QuotedPcrs>(pcrs).value(PcrIndex::at<3>())->bytes()),
              claimed["sha256"][3]);
    EXPECT_EQ(std::get<QuotedPcrs>(pcrs).value(PcrIndex::at<12>()), nullptr);
  }
}

TEST(Quote, A42_AcceptsTwoBanksOnlyInTheOrderAskedFor) {
  SEAWORTHY_NEEDS_VECTORS();
  const auto recorded = Recorded::load("03-good-two-banks-sha1-first");
  ASSERT_TRUE(recorded);
  const tpm::PcrSelection sha1{HashAlg::kSha1, PcrMask::range<0, 11>()};
  EXPECT_TRUE(ok(recorded->verify({sha1, kSha256[0]})));
  EXPECT_EQ(refusals(recorded->verify({kSha256[0], sha1})), Reasons{Reason::kPcrSelectionMismatch});
  EXPECT_EQ(refusals(recorded->verify(kSha256)), Reasons{Reason::kPcrSelectionMismatch});
}

TEST(Quote, RefusesTheBadVectorsEachForItsReason) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::vector<std::pair<const char*, Reason>> table = {
      {"10-bad-empty-selection", Reason::kPcrSelectionMismatch},
      {"12-bad-same-bank-twice-disjoint", Reason::kPcrSelectionMismatch},
      {"15-bad-no-nonce", Reason::kNonceMismatch},
      {"20-bad-type-gettime", Reason::kNotAQuote},
      {"21-bad-type-certify", Reason::kNotAQuote},
      {"23-bad-magic-signed-by-real-AK", Reason::kNotAQuote},
      {"30-after-tpm-reset-pcrs-zero", Reason::kPcrSelectionMismatch},
  };
  for (const auto& [name, reason] : table) {
    SCOPED_TRACE(name);
    const auto recorded = Recorded::load(name);
    ASSERT_TRUE(recorded);
    EXPECT_EQ(refusals(recorded->verify(kSha256)), Reasons{reason});
  }
}

TEST(Quote, A08_RefusesTheKeyThatSignedAForgedQuote) {
  SEAWORTHY_NEEDS_VECTORS();
  EXPECT_FALSE(Recorded::load("24-bad-forged-quote-unrestricted-key"));
}

TEST(Quote, A33_CrossedSchemesAreRefused) {
  SEAWORTHY_NEEDS_VECTORS();
  auto ssa = Recorded::load("01-good-rsassa-sha256");
  const auto pss = Recorded::load("05-good-rsapss-sha256");
  ASSERT_TRUE(ssa && pss);
  ssa->signature = pss->signature;
  EXPECT_EQ(refusals(ssa->verify(kSha256)), Reasons{Reason::kSignatureSchemeMismatch});
}

}  // namespace
}  // namespace seaworthy::verify

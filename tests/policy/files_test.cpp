#include "policy/files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "codec/hex.h"
#include "crypto/ec_key.h"
#include "eventlog/ima_signature.h"
#include "policy/evaluate.h"
#include "support/evidence_builder.h"
#include "support/fake_random.h"

namespace seaworthy::policy {
namespace {

using api::Sha256Value;
using seaworthy::testing::EvidenceBuilder;
using seaworthy::testing::FakeRandom;
using verify::MeasuredFile;
using verify::Reason;
using Reasons = std::vector<Reason>;

crypto::Digest digest_of(std::string_view content) {
  return crypto::sha256(as_bytes(content));
}
Sha256Value value(std::string_view content) {
  return value_of(digest_of(content));
}

MeasuredFile file(std::string_view content, std::string_view path) {
  return {.digest = digest_of(content), .path = path};
}
MeasuredFile buffer(std::string_view content, std::string_view name) {
  return {.kind = MeasuredFile::Kind::kBuffer,
          .digest = digest_of(content),
          .path = name,
          .buffer = as_bytes(content)};
}

// SHA-256 of crc7.ko (tests/data/crypto/PROVENANCE.md) without its signature.
constexpr std::string_view kDebianModule =
    "48f31a25907894cd3f975dc895eeb5844bfdd7293e65d32f114a84d6a5a3aeb5";

const Time kNow = Time::from_unix(std::chrono::seconds(1'000));

// One set, a policy's own rules, and what they make of files.
struct World {
  api::ReferenceValueSet set;
  api::FileRules rules;
  Validity validity;

  std::shared_ptr<const SetFiles> compiled() const {
    return std::make_shared<const SetFiles>(compile_files(set, validity));
  }
  FileAppraisal judge(const std::vector<MeasuredFile>& files) const {
    FileAppraisal out;
    FileRules({compiled()}, rules).judge(files, kNow, out);
    return out;
  }
  Reasons unknown(const MeasuredFile& one) const {
    const FileAppraisal out = judge({one});
    Reasons all;
    for (const UnknownFile& found : out.unknown) {
      all.push_back(found.reason);
    }
    EXPECT_TRUE(out.refused.empty());
    return all;
  }
  Reasons refused(const MeasuredFile& one) const {
    const FileAppraisal out = judge({one});
    Reasons all;
    for (const UnknownFile& found : out.refused) {
      all.push_back(found.reason);
    }
    return all;
  }
};

const Reasons kUnknown{Reason::kUnknownFile};

// ---- By digest, by path and digest
// ---------------------------------------------------------------

TEST(Files, A101_TheContentDecidesNotThePath) {
  World world;
  world.set.files = {{value("good"), "/bin/x"}};
  EXPECT_EQ(world.unknown(file("good", "/bin/x")), Reasons{});
  EXPECT_EQ(world.unknown(file("good", "/elsewhere")), Reasons{});
  EXPECT_EQ(world.unknown(file("evil", "/bin/x")), kUnknown);
}

TEST(Files, A101_APathCanOnlyNarrowWhatIsKnown) {
  World world;
  world.set.files = {{value("good"), "/bin/x", true}};
  EXPECT_EQ(world.unknown(file("good", "/bin/x")), Reasons{});
  EXPECT_EQ(world.unknown(file("good", "/bin/y")), kUnknown);
  EXPECT_EQ(world.unknown(file("good", "/bin/x/")), kUnknown);
  EXPECT_EQ(world.unknown(file("evil", "/bin/x")), kUnknown);
  // Two paths for one content.
  world.set.files.push_back({value("good"), "/bin/y", true});
  EXPECT_EQ(world.unknown(file("good", "/bin/y")), Reasons{});
}

// Paths are bytes: none is trimmed, folded or decoded on its way to a decision.
TEST(Files, A99_APathThatOnlyLooksEqualIsAnother) {
  World world;
  world.set.files = {{value("good"), "/bin/x y", true}};
  EXPECT_EQ(world.unknown(file("good", "/bin/x y")), Reasons{});
  for (const std::string_view other :
       {"/bin/x\\040y", "/bin/x  y", "/bin/x y ", "/bin/x y\n", "/bin/x\ty", "/bin/\xD1\x85 y",
        "/bin//x y", "/bin/./x y", "/BIN/x y"}) {
    EXPECT_EQ(world.unknown(file("good", other)), kUnknown) << other;
  }
}

TEST(Files, ADigestOfAnotherAlgorithmIsNoReferenceValue) {
  World world;
  const auto long_one = crypto::hash(crypto::HashAlg::kSha512, as_bytes("good"));
  world.set.files = {{value_of(long_one), ""}, {value_of(long_one), "/bin/x", true}};
  world.set.runtime.ima_policies = {value_of(long_one)};
  const MeasuredFile measured{.digest = long_one, .path = "/bin/x"};
  EXPECT_EQ(world.unknown(measured), kUnknown);
  EXPECT_FALSE(world.judge({measured}).ima_policy_seen);
}

TEST(Files, EveryDigestOfALargeSetIsFoundAndNoOther) {
  std::vector<Sha256Value> some;
  for (int i = 0; i < 3'000; ++i) {
    some.push_back(value("file " + std::to_string(i)));
  }
  some.push_back(Sha256Value{});
  Sha256Value last{};
  last.fill(0xFF);
  some.push_back(last);
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{2}, some.size()}) {
    const DigestIndex index(
        std::vector<Sha256Value>(some.end() - static_cast<std::ptrdiff_t>(n), some.end()));
    EXPECT_EQ(index.sorted().size(), n);
    for (std::size_t i = 0; i < some.size(); ++i) {
      EXPECT_EQ(index.has(some[i]), i >= some.size() - n) << n << " " << i;
    }
    EXPECT_FALSE(index.has(value("no file")));
  }
}

// ---- Denied
// --------------------------------------------------------------------------------------

TEST(Files, A102_WhatWasWithdrawnIsRefusedWhoeverKnowsIt) {
  World world;
  world.set.files = {{value("old"), "/bin/x"}, {value("old"), "/bin/x", true}};
  world.rules.paths = {{"/bin/", api::PathVerdict::kIgnoredEvenIfExecuted}};
  EXPECT_EQ(world.refused(file("old", "/bin/x")), Reasons{});
  world.set.runtime.denied_files = {{value("old"), "CVE-2026-1"}};
  EXPECT_EQ(world.refused(file("old", "/bin/x")), Reasons{Reason::kFileDenied});
  EXPECT_EQ(world.refused(buffer("old", ".ima")), Reasons{Reason::kFileDenied});
  EXPECT_EQ(FileRules({world.compiled()}, {}).denial_note(value("old")), "CVE-2026-1");
}

TEST(Files, ASetKnowsFilesWhileItIsInForceAndDeniesThemForEver) {
  World world;
  world.set.files = {{value("tool"), "/bin/tool"}, {value("bound"), "/bin/bound", true}};
  world.set.runtime.measurements = {{".ima", value("key")}};
  world.set.runtime.ima_policies = {value("rules")};
  world.set.runtime.denied_files = {{value("old"), ""}};
  const auto known = [&] {
    return world.judge({file("tool", "/x"), file("bound", "/bin/bound"), buffer("key", ".ima"),
                        file("rules", "/etc/ima")});
  };
  EXPECT_TRUE(known().unknown.empty());
  EXPECT_TRUE(known().ima_policy_seen);
  EXPECT_TRUE(FileRules({world.compiled()}, {}).lists_ima_policies(kNow));
  for (const Validity& closed : {Validity{.not_before = kNow + std::chrono::seconds(1)},
                                 Validity{.retire_after = kNow}, Validity{.found_unused = true}}) {
    world.validity = closed;
    EXPECT_EQ(known().unknown.size(), 4u);
    EXPECT_FALSE(known().ima_policy_seen);
    EXPECT_FALSE(FileRules({world.compiled()}, {}).lists_ima_policies(kNow));
    EXPECT_EQ(world.refused(file("old", "/bin/x")), Reasons{Reason::kFileDenied});
  }
}

// Under unknownFiles: Report a flood of unknown files must not carry a withdrawn one out of sight.
TEST(Files, AFloodOfUnknownFilesHidesNothingThatIsRefused) {
  World world;
  world.set.runtime.denied_files = {{value("old"), ""}};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kMaxUnknownFiles + 10; ++i) {
    names.push_back("/tmp/" + std::to_string(i));
  }
  std::vector<MeasuredFile> files;
  for (const std::string& name : names) {
    files.push_back(file(name, name));
  }
  files.insert(files.end(), kMaxRefusedFiles + 3, file("old", "/bin/x"));
  const FileAppraisal out = world.judge(files);
  EXPECT_EQ(out.unknown.size(), kMaxUnknownFiles);
  EXPECT_EQ(out.more, 10u);
  EXPECT_EQ(out.refused.size(), kMaxRefusedFiles);
  EXPECT_EQ(out.more_refused, 3u);
}

// ---- Paths
// ---------------------------------------------------------------------------------------

TEST(Files, TheLongestPrefixDecides) {
  World world;
  world.rules.paths = {{"/srv/", api::PathVerdict::kIgnoredEvenIfExecuted},
                       {"/srv/app/bin/", api::PathVerdict::kJudged},
                       {"/srv/app/bin/cache/", api::PathVerdict::kIgnoredEvenIfExecuted}};
  EXPECT_EQ(world.unknown(file("x", "/srv/app/data")), Reasons{});
  EXPECT_EQ(world.unknown(file("x", "/srv/app/bin/tool")), kUnknown);
  EXPECT_EQ(world.unknown(file("x", "/srv/app/bin/cache/tool")), Reasons{});
  EXPECT_EQ(world.unknown(file("x", "/srv2/tool")), kUnknown);
  EXPECT_EQ(world.unknown(file("x", "/srv")), kUnknown);
  EXPECT_EQ(world.unknown(file("x", "srv/tool")), kUnknown);
  std::reverse(world.rules.paths.begin(), world.rules.paths.end());
  EXPECT_EQ(world.unknown(file("x", "/srv/app/bin/tool")), kUnknown);
}

TEST(Files, APathThatLeavesAnIgnoredFolderIsJudged) {
  World world;
  world.rules.paths = {{"/srv/", api::PathVerdict::kIgnoredEvenIfExecuted}};
  for (const char* path : {"/srv/../bin/sh", "/srv/./x", "/srv//x", "/srv/x/.."}) {
    EXPECT_EQ(world.unknown(file("x", path)), kUnknown) << path;
  }
  EXPECT_EQ(world.unknown(file("x", "/srv/..x")), Reasons{});
}

TEST(Files, NothingButFilesIsIgnoredByAPath) {
  World world;
  world.rules.paths = {{"/srv/", api::PathVerdict::kIgnoredEvenIfExecuted}};
  EXPECT_EQ(world.unknown(buffer("x", "/srv/x")), Reasons{Reason::kUnknownMeasurement});
}

// ---- Signed
// --------------------------------------------------------------------------------------

struct Publisher {
  FakeRandom random;
  crypto::EcPrivateKey key;
  std::uint32_t id;
  explicit Publisher(int seed)
      : key((void(random.bytes(static_cast<std::size_t>(seed) * 64)),
             crypto::EcPrivateKey::generate(random))),
        id(crypto::parse_identified_key(key.public_key().to_pem())->id) {}

  // Version 3 over the digest of `content`: EcPrivateKey hashes what it signs, and so does the
  // kernel.
  Bytes sign(std::string_view content) const {
    Bytes message{0x03, 4};
    append(message, digest_of(content).bytes());
    const ByteArray<64> rs = key.sign(message);
    Bytes der;
    const auto integer = [&](ByteSpan n) {
      while (n.size() > 1 && n[0] == 0) {
        n = n.subspan(1);
      }
      der.push_back(2);
      der.push_back(static_cast<std::uint8_t>(n.size() + (n[0] >= 0x80 ? 1 : 0)));
      if (n[0] >= 0x80) {
        der.push_back(0);
      }
      append(der, n);
    };
    integer(ByteSpan(rs).first(32));
    integer(ByteSpan(rs).subspan(32));
    Bytes sequence{0x30, static_cast<std::uint8_t>(der.size())};
    append(sequence, der);
    return eventlog::write_ima_signature(
        {.version = 3, .hash_id = 4, .key_id = id, .bytes = sequence});
  }
};

struct SignedWorld : World {
  Publisher publisher{1};
  Bytes signature = publisher.sign("signed");
  SignedWorld() { set.runtime.signers = {{"publisher", publisher.key.public_key().to_pem(), 2}}; }
  MeasuredFile signed_file() const {
    MeasuredFile out = file("signed", "/bin/x");
    out.signature = signature;
    return out;
  }
};

TEST(Files, WhatASignerSignedIsKnown) {
  SignedWorld world;
  EXPECT_EQ(world.unknown(world.signed_file()), Reasons{});
  world.set.runtime.signers.clear();
  EXPECT_EQ(world.unknown(world.signed_file()), kUnknown);
}

// A module of Debian, as IMA tells of it, and the key of that kernel.
TEST(Files, A103_ASignatureAtTheEndOfAModuleCounts) {
  const auto data = [](const std::string& name) {
    std::ifstream in(SEAWORTHY_TEST_DATA "/crypto/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string signature = data("debian-12-module.p7s");
  Bytes content = *codec::from_hex(kDebianModule);
  MeasuredFile module = file("with its signature", "/lib/modules/crc7.ko");
  module.appended = {"sha256", content, as_bytes(signature)};
  World world;
  EXPECT_EQ(world.unknown(module), kUnknown);
  world.set.runtime.signers = {{"debian", data("debian-12-modules.pem"), 2}};
  EXPECT_EQ(world.unknown(module), Reasons{});
  content[0] ^= 1;
  EXPECT_EQ(world.unknown(module), Reasons{Reason::kFileSignatureFalse});
}

// The template evm-sig without a portable signature: nothing but what is in security.ima.
TEST(Files, A103_ASignatureAmongTheAttributesCounts) {
  SignedWorld world;
  const Bytes lengths{static_cast<std::uint8_t>(world.signature.size()), 0, 0, 0};
  MeasuredFile with_inode = file("signed", "/bin/x");
  with_inode.inode = {as_bytes("security.ima"), lengths, world.signature, 0, 0, 0100755};
  EXPECT_EQ(world.unknown(with_inode), Reasons{});
  with_inode.digest = digest_of("other");
  EXPECT_EQ(world.unknown(with_inode), Reasons{Reason::kFileSignatureFalse});
}

TEST(Files, A103_ASignatureOfSomethingElseIsTold) {
  SignedWorld world;
  MeasuredFile other = world.signed_file();
  other.digest = digest_of("other");
  EXPECT_EQ(world.unknown(other), Reasons{Reason::kFileSignatureFalse});
  const Publisher stranger(2);
  const Bytes strange = stranger.sign("signed");
  other = world.signed_file();
  other.signature = strange;
  EXPECT_EQ(world.unknown(other), kUnknown);
  // Listed content needs no signature, so a broken one does no harm.
  world.set.files = {{value("other"), ""}};
  other = world.signed_file();
  other.digest = digest_of("other");
  EXPECT_EQ(world.unknown(other), Reasons{});
}

TEST(Files, A102_ASignedFileThatWasWithdrawnIsRefused) {
  SignedWorld world;
  world.set.runtime.denied_files = {{value("signed"), ""}};
  EXPECT_EQ(world.refused(world.signed_file()), Reasons{Reason::kFileDenied});
}

TEST(Files, A102_ASignatureBelowTheMinimumIsTold) {
  SignedWorld world;
  world.set.runtime.signers[0].minimum_version = 3;
  EXPECT_EQ(world.unknown(world.signed_file()), Reasons{});
  Bytes older = world.signature;
  older[1] = 2;
  MeasuredFile other = world.signed_file();
  other.signature = older;
  EXPECT_EQ(world.unknown(other), Reasons{Reason::kFileSignatureTooOld});
}

TEST(Files, AfterSoManyFalseSignaturesNoneIsComputed) {
  SignedWorld world;
  MeasuredFile bad = world.signed_file();
  bad.digest = digest_of("other");
  const auto compiled = world.compiled();
  FileAppraisal out;
  FileRules({compiled}, {}).judge(std::vector<MeasuredFile>(1'000, bad), kNow, out);
  EXPECT_EQ(compiled->keys->computed(), kMaxFalseSignatures);
  EXPECT_EQ(out.unknown.size(), kMaxUnknownFiles);
  EXPECT_EQ(out.unknown.back().reason, Reason::kUnknownFile);
}

TEST(Files, R24_ASignerThatCannotBeUsedIsNotSkipped) {
  World world;
  world.set.runtime.signers = {
      {"broken", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", 2}};
  const auto compiled = world.compiled();
  ASSERT_EQ(compiled->unusable_signers.size(), 1u);
  EXPECT_EQ(compiled->unusable_signers[0].substr(0, 8), "broken: ");
}

// ---- What is no file: R22
// ------------------------------------------------------------------------

TEST(Files, R22_AKeyForAKeyringHasToBeListedForIt) {
  World world;
  EXPECT_EQ(world.unknown(buffer("key", ".ima")), Reasons{Reason::kUnknownMeasurement});
  world.set.runtime.measurements = {{".builtin_trusted_keys", value("key")}};
  EXPECT_EQ(world.unknown(buffer("key", ".ima")), Reasons{Reason::kUnknownMeasurement});
  world.set.runtime.measurements = {{".ima", value("key")}};
  EXPECT_EQ(world.unknown(buffer("key", ".ima")), Reasons{});
  EXPECT_EQ(world.unknown(buffer("other", ".ima")), Reasons{Reason::kUnknownMeasurement});
  // A file of that content is no key, and the reverse was always good.
  EXPECT_EQ(world.unknown(file("key", "/key")), kUnknown);
  world.set.runtime.measurements.clear();
  world.set.files = {{value("key"), ""}};
  EXPECT_EQ(world.unknown(buffer("key", ".ima")), Reasons{});
}

// Not by its content, nor as one of IMA's rules: some small file may hold just those bytes.
TEST(Files, A56_ACommandLineForKexecHasToBeListedAsOne) {
  World world;
  const auto command_line = buffer("quiet", "kexec-cmdline");
  world.set.files = {{value("quiet"), ""}};
  world.set.runtime.ima_policies = {value("quiet")};
  world.set.runtime.measurements = {{"another", value("quiet")}};
  EXPECT_EQ(world.refused(command_line), Reasons{Reason::kUnknownMeasurement});
  world.set.runtime.measurements = {{"kexec-cmdline", value("quiet")}};
  EXPECT_EQ(world.refused(command_line), Reasons{});
  EXPECT_EQ(world.unknown(command_line), Reasons{});
  EXPECT_EQ(world.refused(buffer("quiet init=/bin/sh", "kexec-cmdline")),
            Reasons{Reason::kUnknownMeasurement});
}

TEST(Files, A104_OnlyTheListedRulesOfImaWillDo) {
  World world;
  EXPECT_EQ(world.unknown(buffer("rules", "ima_policy_loaded")),
            Reasons{Reason::kUnknownMeasurement});
  world.set.runtime.ima_policies = {value("rules")};
  EXPECT_TRUE(world.judge({buffer("rules", "ima_policy_loaded")}).ima_policy_seen);
  EXPECT_TRUE(world.judge({file("rules", "/etc/ima/ima-policy")}).ima_policy_seen);
  EXPECT_EQ(world.unknown(file("rules", "/etc/ima/ima-policy")), Reasons{});
  EXPECT_FALSE(world.judge({file("x", "/bin/x")}).ima_policy_seen);
  EXPECT_EQ(world.refused(buffer("dont_measure", "ima_policy_loaded")),
            Reasons{Reason::kImaPolicyForeign});
  // Listed as anything else it stays foreign.
  world.set.runtime.measurements = {{"ima_policy_loaded", value("dont_measure")}};
  EXPECT_EQ(world.refused(buffer("dont_measure", "ima_policy_loaded")),
            Reasons{Reason::kImaPolicyForeign});
}

// ---- What changes the generation
// -----------------------------------------------------------------

TEST(Files, A63_TheGenerationChangesWithEverythingThatDecides) {
  const auto of = [](const api::ReferenceValueSet& set, const api::FileRules& rules) {
    codec::Writer writer;
    write_generation(writer, compile_files(set, {}));
    write_generation(writer, rules);
    return writer.bytes();
  };
  const SignedWorld base;
  std::vector<Bytes> all{of(base.set, base.rules)};
  const auto with = [&](auto change) {
    World world;
    world.set = base.set;
    world.rules = base.rules;
    change(world);
    all.push_back(of(world.set, world.rules));
  };
  with([](auto& w) { w.set.files = {{value("a"), "/a"}}; });
  with([](auto& w) { w.set.files = {{value("a"), "/a", true}}; });
  with([](auto& w) { w.set.files = {{value("a"), "/b", true}}; });
  with([](auto& w) { w.set.runtime.signers.clear(); });
  with([](auto& w) { w.set.runtime.signers[0].minimum_version = 3; });
  with([](auto& w) { w.set.runtime.denied_files = {{value("a"), ""}}; });
  with([](auto& w) { w.set.runtime.measurements = {{"a", value("a")}}; });
  with([](auto& w) { w.set.runtime.ima_policies = {value("a")}; });
  with([](auto& w) { w.rules.old_kernels = api::OldKernelRule::kAllowed; });
  with([](auto& w) { w.rules.kexec = api::KexecRule::kMeasured; });
  with([](auto& w) { w.rules.paths = {{"/a/", api::PathVerdict::kJudged}}; });
  with([](auto& w) { w.rules.paths = {{"/a/", api::PathVerdict::kIgnoredEvenIfExecuted}}; });
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace seaworthy::policy

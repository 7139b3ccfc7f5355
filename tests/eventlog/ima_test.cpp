#include "eventlog/ima.h"

#include <gtest/gtest.h>

#include <map>

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/writer.h"
#include "support/vectors.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;
using seaworthy::testing::vector_file;

Bytes ng(std::string name, std::uint8_t fill = 0x11) {
  return write_ima_entry({.file_digest = Bytes(32, fill), .name = std::move(name)});
}

std::vector<ImaEntry> read_all(ImaReader& reader, std::optional<Error>* error = nullptr) {
  std::vector<ImaEntry> entries;
  while (true) {
    auto entry = reader.next();
    if (!entry) {
      if (error != nullptr) {
        *error = entry.error();
      } else {
        ADD_FAILURE() << entry.error().message();
      }
      return entries;
    }
    if (!*entry) {
      return entries;
    }
    entries.push_back(**entry);
  }
}

TEST(Ima, ParsesWhatItWrites) {
  Bytes list = ng("boot_aggregate");
  append(list, write_ima_entry({.template_name = "ima-sig",
                                .file_digest = Bytes(32, 2),
                                .name = "/bin/sh",
                                .third = Bytes{3, 2, 4}}));
  append(list, write_ima_entry({.template_name = "ima-buf",
                                .file_digest = to_bytes(crypto::sha256(as_bytes("cmd")).bytes()),
                                .name = "kexec-cmdline",
                                .third = to_bytes(as_bytes("cmd"))}));
  append(list, write_ima_entry({.file_digest = Bytes(32), .name = "/tmp/x", .violation = true}));
  ImaReader reader(list);
  const auto entries = read_all(reader);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(reader.consumed(), list.size());
  EXPECT_EQ(entries[0].name, "boot_aggregate");
  EXPECT_EQ(*entries[0].digest(), crypto::Digest(HashAlg::kSha256, Bytes(32, 0x11)));
  EXPECT_EQ(entries[1].kind, ImaTemplate::kImaSig);
  EXPECT_EQ(to_bytes(entries[1].signature), (Bytes{3, 2, 4}));
  EXPECT_EQ(as_text(entries[2].buffer), "cmd");
  for (const ImaEntry& entry : entries) {
    EXPECT_TRUE(entry.template_digest_matches());
    EXPECT_EQ(entry.violation(), entry.name == "/tmp/x");
  }
}

Bytes little_endian(std::uint64_t value, std::size_t width) {
  Bytes out;
  for (std::size_t i = 0; i < width; ++i) {
    out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
  }
  return out;
}

// One entry of each template that is known.
std::map<std::string, Bytes> one_of_each() {
  ImaEntryToWrite entry{.file_digest = Bytes(32, 0x11), .name = "/usr/bin/true"};
  std::map<std::string, Bytes> all;
  const auto add = [&](std::string name, std::string alg, std::optional<Bytes> third,
                       std::vector<Bytes> more) {
    entry.template_name = name;
    entry.digest_alg = std::move(alg);
    entry.third = std::move(third);
    entry.more = std::move(more);
    all.emplace(std::move(name), write_ima_entry(entry));
  };
  const Bytes signature{3, 2, 4};
  add("ima-ng", "sha256", {}, {});
  add("ima-sig", "sha256", signature, {});
  add("ima-buf", "sha256", to_bytes(as_bytes("buffer")), {});
  add("ima-ngv2", "ima:sha256", {}, {});
  add("ima-sigv2", "verity:sha256", signature, {});
  Bytes appended = to_bytes(as_bytes({"sha512:\0", 8}));
  append(appended, Bytes(64, 0x22));
  add("ima-modsig", "sha256", signature, {appended, {0x30, 0x01}});
  add("evm-sig", "sha256", Bytes{5, 2, 4},
      {to_bytes(as_bytes("security.ima")), little_endian(34, 4), Bytes(34, 7),
       little_endian(1000, 4), little_endian(0, 4), little_endian(0100755, 2)});
  all.emplace("ima", codec::Writer()
                         .u32le(10)
                         .raw(Bytes(20, 1))
                         .sized32le(as_bytes("ima"))
                         .raw(Bytes(20, 2))
                         .sized32le(as_bytes("/sbin/init"))
                         .bytes());
  return all;
}

TEST(Ima, A98_RefusesEveryEntryThatIsCutOff) {
  for (const auto& [name, list] : one_of_each()) {
    SCOPED_TRACE(name);
    for (std::size_t n = 1; n < list.size(); ++n) {
      ImaReader reader(ByteSpan(list).first(n));
      const auto entry = reader.next();
      ASSERT_FALSE(entry) << n;
      EXPECT_EQ(entry.error().code(), ErrorCode::kMalformed);
      EXPECT_EQ(reader.consumed(), 0u);
    }
  }
}

// Every length and count in it, one too large or too small: the bytes of the fields are then not
// those of the entry.
TEST(Ima, A98_RefusesEveryTemplateWithALengthThatIsWrong) {
  for (const auto& of_template : one_of_each()) {
    const auto& name = of_template.first;
    // Not structured bindings: clang 14 lets no lambda see one.
    const auto& list = of_template.second;
    if (name == "ima") {
      continue;  // has no length of the whole to contradict
    }
    SCOPED_TRACE(name);
    const auto entry = *ImaReader(list).next();
    const std::size_t data = static_cast<std::size_t>(entry->data.data() - list.data());
    const auto le32 = [&](std::size_t at) {
      return list[at] | list[at + 1] << 8 | list[at + 2] << 16 | list[at + 3] << 24;
    };
    std::size_t fields = 0;
    for (std::size_t at = data; at < list.size(); ++fields) {
      for (const int by : {-1, 1}) {
        Bytes wrong = list;
        wrong[at] = static_cast<std::uint8_t>(wrong[at] + by);
        EXPECT_FALSE(ImaReader(wrong).next()) << "field " << fields << " by " << by;
      }
      at += 4 + static_cast<std::size_t>(le32(at));
    }
    EXPECT_GE(fields, 2u);
  }
}

TEST(Ima, ReadsTheAppendedSignatureOfAModule) {
  const Bytes list = one_of_each().at("ima-modsig");
  const auto entry = *ImaReader(list).next();
  EXPECT_EQ(entry->kind, ImaTemplate::kImaModSig);
  EXPECT_EQ(to_bytes(entry->signature), (Bytes{3, 2, 4}));
  EXPECT_EQ(entry->appended.digest_alg, "sha512");
  EXPECT_EQ(to_bytes(entry->appended.digest), Bytes(64, 0x22));
  EXPECT_EQ(to_bytes(entry->appended.pkcs7), (Bytes{0x30, 0x01}));
  const Bytes without = write_ima_entry({.template_name = "ima-modsig",
                                         .file_digest = Bytes(32, 1),
                                         .name = "/bin/sh",
                                         .third = Bytes{},
                                         .more = {{}, {}}});
  EXPECT_EQ((*ImaReader(without).next())->appended.digest_alg, "");
  const Bytes broken = write_ima_entry({.template_name = "ima-modsig",
                                        .file_digest = Bytes(32, 1),
                                        .name = "/bin/sh",
                                        .third = Bytes{},
                                        .more = {to_bytes(as_bytes("sha256")), {}}});
  EXPECT_FALSE(ImaReader(broken).next());
}

TEST(Ima, ReadsTheInodeOfAnEvmSignature) {
  const Bytes list = one_of_each().at("evm-sig");
  const auto entry = *ImaReader(list).next();
  EXPECT_EQ(entry->kind, ImaTemplate::kEvmSig);
  EXPECT_EQ(as_text(entry->inode.xattr_names), "security.ima");
  EXPECT_EQ(entry->inode.xattr_values.size(), 34u);
  EXPECT_EQ(entry->inode.uid, 1000u);
  EXPECT_EQ(entry->inode.gid, 0u);
  EXPECT_EQ(entry->inode.mode, 0100755);
  const auto with_numbers = [](Bytes uid, Bytes mode) {
    return write_ima_entry({.template_name = "evm-sig",
                            .file_digest = Bytes(32, 1),
                            .name = "boot_aggregate",
                            .third = Bytes{},
                            .more = {{}, {}, {}, std::move(uid), {}, std::move(mode)}});
  };
  const Bytes aggregate = with_numbers({}, {});
  EXPECT_FALSE((*ImaReader(aggregate).next())->inode.mode);
  EXPECT_FALSE(ImaReader(with_numbers(Bytes(2), {})).next());
  EXPECT_FALSE(ImaReader(with_numbers(Bytes(8), {})).next());
  EXPECT_FALSE(ImaReader(with_numbers({}, Bytes(1))).next());
  EXPECT_FALSE(ImaReader(with_numbers({}, Bytes(4))).next());
}

TEST(Ima, A98_RefusesMoreDataThanAnEntryMayHave) {
  const auto entry_of = [](std::size_t size) {
    return codec::Writer()
        .u32le(10)
        .raw(Bytes(20, 1))
        .sized32le(as_bytes("anything"))
        .sized32le(Bytes(size))
        .bytes();
  };
  EXPECT_TRUE(ImaReader(entry_of(kMaxImaData)).next());
  const auto refused = ImaReader(entry_of(kMaxImaData + 1)).next();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("the limit is"), std::string::npos);
  const auto field_of = [](std::size_t size) {
    return write_ima_entry({.template_name = "ima-sig",
                            .file_digest = Bytes(32, 1),
                            .name = "/a",
                            .third = Bytes(size)});
  };
  EXPECT_TRUE(ImaReader(field_of(kMaxImaField)).next());
  EXPECT_FALSE(ImaReader(field_of(kMaxImaField + 1)).next());
}

TEST(Ima, A98_KeepsWholeEntriesBeforeABrokenOne) {
  Bytes list = ng("/a");
  const std::size_t whole = list.size();
  append(list, ByteSpan(ng("/b")).first(20));
  ImaReader reader(list);
  std::optional<Error> error;
  EXPECT_EQ(read_all(reader, &error).size(), 1u);
  EXPECT_EQ(reader.consumed(), whole);
  ASSERT_TRUE(error);
  EXPECT_NE(
      error->message().find("entry 1 of this part, which begins at byte " + std::to_string(whole)),
      std::string::npos)
      << error->message();
}

TEST(Ima, ContinuesFromAnyEntryBoundary) {
  Bytes list = ng("/a");
  const std::size_t first = list.size();
  append(list, ng("/b"));
  ImaReader reader(ByteSpan(list).subspan(first));
  const auto entries = read_all(reader);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].name, "/b");
}

// An entry whose template data is given as hex.
Bytes raw_entry(std::string_view template_name, std::string_view data_hex) {
  return codec::Writer()
      .u32le(10)
      .raw(Bytes(20, 1))
      .sized32le(as_bytes(template_name))
      .sized32le(*codec::from_hex(data_hex))
      .bytes();
}

TEST(Ima, A98_RefusesFieldsThatContradictTheirEntry) {
  const std::string digest =
      "08000000"
      "7368613235363a00";  // "sha256:" NUL, no digest
  const auto refused = [](const Bytes& bytes) { return !ImaReader(bytes).next().has_value(); };
  EXPECT_FALSE(refused(raw_entry("ima-ng", digest + "02000000"
                                                    "6100")));
  EXPECT_TRUE(refused(raw_entry("ima-ng", digest + "02000000"
                                                   "6100"
                                                   "aa")));  // trailing
  EXPECT_TRUE(refused(raw_entry("ima-ng", digest + "03000000"
                                                   "6100")));  // longer than data
  EXPECT_TRUE(refused(raw_entry("ima-ng",
                                "ffffffff"
                                "00")));
  EXPECT_TRUE(refused(raw_entry("ima-sig", digest + "02000000"
                                                    "6100")));  // no third field
  EXPECT_TRUE(refused(raw_entry("ima-ng", digest + "02000000"
                                                   "6162")));  // name without NUL
  EXPECT_TRUE(refused(raw_entry("ima-ng", digest + "04000000"
                                                   "61006200")));  // NUL inside
  EXPECT_TRUE(refused(raw_entry("ima-ng",
                                "07000000"
                                "73686132353600"
                                "02000000"
                                "6100")));
  EXPECT_TRUE(refused(raw_entry("ima-ngv2", digest + "02000000"
                                                     "6100")));  // no type
  EXPECT_FALSE(refused(raw_entry("anything", "deadbeef")));
  EXPECT_TRUE(refused(raw_entry(std::string(256, 'a'), "00")));
  EXPECT_FALSE(refused(raw_entry(std::string(255, 'a'), "00")));
}

TEST(Ima, RefusesANameLongerThanAPath) {
  EXPECT_TRUE(ImaReader(ng(std::string(4096, 'a'))).next());
  EXPECT_FALSE(ImaReader(ng(std::string(4097, 'a'))).next());
}

TEST(Ima, A71_RefusesAPcrAbove23) {
  for (const std::uint8_t pcr : {std::uint8_t{24}, std::uint8_t{255}}) {
    Bytes list = ng("/a");
    list[0] = pcr;
    EXPECT_FALSE(ImaReader(list).next());
  }
}

TEST(Ima, ParsesTheSecondVersionOfTemplates) {
  const std::string name =
      "02000000"
      "6100";
  const std::string verity = "0f000000" + codec::to_hex(as_bytes({"verity:sha256:\0", 15}));
  const Bytes list = raw_entry("ima-sigv2", verity + name + "00000000");
  const auto entry = ImaReader(list).next();
  ASSERT_TRUE(entry) << entry.error().message();
  EXPECT_TRUE((*entry)->verity);
  EXPECT_EQ((*entry)->digest_alg, "sha256");
}

TEST(Ima, A96_KnowsOnlyDigestsOfTheRightSize) {
  const auto digest = [](std::string alg, std::size_t size) {
    const Bytes list =
        write_ima_entry({.digest_alg = std::move(alg), .file_digest = Bytes(size), .name = "/a"});
    return (*ImaReader(list).next())->digest().has_value();
  };
  EXPECT_TRUE(digest("sha256", 32));
  EXPECT_TRUE(digest("sha1", 20));
  EXPECT_FALSE(digest("sha256", 20));
  EXPECT_FALSE(digest("md5", 16));
  EXPECT_FALSE(digest("sm3-256", 32));
  EXPECT_FALSE(digest("", 0));
}

// It is told in findings, which are kept for each node: a megabyte of it would be kept sixteen
// times.
TEST(Ima, TheNameOfADigestAlgorithmIsShort) {
  const auto refused = [](std::size_t size) {
    const Bytes list = write_ima_entry(
        {.digest_alg = std::string(size, 'x'), .file_digest = Bytes(32), .name = "/a"});
    return !ImaReader(list).next();
  };
  EXPECT_FALSE(refused(kMaxImaAlgorithm - 1));
  EXPECT_TRUE(refused(kMaxImaAlgorithm));
  EXPECT_TRUE(refused(1'000'000));
}

TEST(Ima, R20_AChangedEntryNoLongerMatchesItsTemplateDigest) {
  Bytes list = ng("/usr/bin/true");
  list.back() = 0;
  list[list.size() - 3] ^= 1;
  const auto entry = ImaReader(list).next();
  ASSERT_TRUE(entry);
  EXPECT_FALSE((*entry)->template_digest_matches());
}

TEST(Ima, A94_AViolationExtendsOnesWhateverItSays) {
  const auto value = [](std::string name) {
    const Bytes list =
        write_ima_entry({.file_digest = Bytes(32), .name = std::move(name), .violation = true});
    return (*ImaReader(list).next())->extend_value(HashAlg::kSha256);
  };
  EXPECT_EQ(value("/a"), crypto::Digest(HashAlg::kSha256, Bytes(32, 0xFF)));
  EXPECT_EQ(value("/a"), value("/b"));
}

// Kernels before 5.8 hash an entry with SHA-1 only and fill up with zeros.
TEST(Ima, A96_OldKernelsExtendPaddedSha1) {
  const Bytes list = ng("/usr/bin/true");
  const auto entry = *ImaReader(list).next();
  const auto padded = entry->extend_value(HashAlg::kSha256, TemplateDigests::kSha1Padded);
  Bytes expected = to_bytes(crypto::hash(HashAlg::kSha1, entry->data).bytes());
  EXPECT_EQ(to_bytes(entry->template_digest), expected);
  expected.resize(32);
  EXPECT_EQ(to_bytes(padded.bytes()), expected);
  EXPECT_NE(padded, entry->extend_value(HashAlg::kSha256));
  EXPECT_EQ(entry->extend_value(HashAlg::kSha1, TemplateDigests::kSha1Padded),
            entry->extend_value(HashAlg::kSha1));
}

TEST(Ima, A93_TheTemplateNameIsNotPartOfWhatIsExtended) {
  const ImaEntryToWrite sig{
      .template_name = "ima-sig", .file_digest = Bytes(32, 1), .name = "/a", .third = Bytes{}};
  ImaEntryToWrite buf = sig;
  buf.template_name = "ima-buf";
  const Bytes a = write_ima_entry(sig), b = write_ima_entry(buf);
  EXPECT_EQ((*ImaReader(a).next())->extend_value(HashAlg::kSha256),
            (*ImaReader(b).next())->extend_value(HashAlg::kSha256));
}

Bytes list_of(const std::string& name) {
  std::string text(as_text(vector_file("tpm2-software+tpm2-tss/test/data/fapi/eventlog/" + name)));
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return *codec::from_base64(text);
}

TEST(Ima, ReplaysTheListsOfTheVectors) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes text = vector_file("expected/ima.json");
  const auto expected = codec::parse_json(as_text(text), {.max_bytes = 1 << 20});
  ASSERT_TRUE(expected);
  for (const auto& [path, facts] : expected->items()) {
    SCOPED_TRACE(path);
    const Bytes bytes = list_of(path.substr(path.rfind('/') + 1));
    ImaReader reader(bytes);
    const auto entries = read_all(reader);
    EXPECT_EQ(entries.size(), facts["entries"].get<std::size_t>());
    std::size_t violations = 0;
    for (const ImaEntry& entry : entries) {
      violations += entry.violation() ? 1 : 0;
      EXPECT_TRUE(entry.template_digest_matches());
    }
    EXPECT_EQ(violations, facts["violations"].get<std::size_t>());
    const std::map<std::string, TemplateDigests> rules = {
        {"", TemplateDigests::kPerBank},
        {"-padded", TemplateDigests::kSha1PaddedOnesUnpadded},
        {"-padded-violpad", TemplateDigests::kSha1Padded}};
    std::size_t compared = 0;
    for (const std::string bank_name : {"sha1", "sha256", "sha384"}) {
      const HashAlg bank = *crypto::hash_alg_named(bank_name);
      for (const auto& [suffix, rule] : rules) {
        const auto stated = facts["pcr10"].find(bank_name + suffix);
        if (stated == facts["pcr10"].end()) {
          continue;  // in SHA-1 all rules are one
        }
        crypto::Digest pcr(bank);
        for (const ImaEntry& entry : entries) {
          pcr = crypto::extended(pcr, entry.extend_value(bank, rule).bytes());
        }
        EXPECT_EQ(codec::to_hex(pcr.bytes()), stated->get<std::string>()) << bank_name << suffix;
        ++compared;
      }
    }
    EXPECT_EQ(compared, facts["pcr10"].size());
  }
}

TEST(Ima, A98_FindsTheStrayBytesOfTheVectors) {
  SEAWORTHY_NEEDS_VECTORS();
  const std::map<std::string, std::pair<std::size_t, std::size_t>> lists = {
      {"sml-ima-ng-sha1.b64", {6, 1}},
      {"sml-ima-sha1.b64", {12, 1}},
      {"sml-ima-sig-sha256.b64", {9, 6}},
  };
  for (const auto& [name, counts] : lists) {
    SCOPED_TRACE(name);
    const Bytes bytes = list_of(name);
    ImaReader reader(bytes);
    std::optional<Error> error;
    EXPECT_EQ(read_all(reader, &error).size(), counts.first);
    EXPECT_EQ(bytes.size() - reader.consumed(), counts.second);
    EXPECT_TRUE(error);
  }
}

TEST(Ima, A97_RefusesTheTruncatedViolationOfTheVectors) {
  SEAWORTHY_NEEDS_VECTORS();
  const Bytes bytes = list_of("sml-ima-ng-sha1-invalidated.b64");
  EXPECT_FALSE(ImaReader(bytes).next());
}

}  // namespace
}  // namespace seaworthy::eventlog

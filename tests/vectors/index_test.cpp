#include "vectors/index.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "codec/hex.h"
#include "crypto/digest.h"

namespace seaworthy::testing {
namespace {

TEST(Vectors, EveryFileIsInTheIndexWithItsHash) {
  SEAWORTHY_NEEDS_VECTORS();
  std::set<std::string> listed;
  for (const VectorFile& file : vector_index()) {
    EXPECT_TRUE(listed.insert(file.path).second) << file.path;
    EXPECT_EQ(codec::to_hex(crypto::sha256(vector_file(file.path)).bytes()), file.sha256)
        << file.path;
  }
  const std::filesystem::path root(SEAWORTHY_VECTORS);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = entry.path().lexically_relative(root).string();
    if (entry.is_regular_file() && path != "INDEX.md" && !path.starts_with("expected/")) {
      EXPECT_TRUE(listed.contains(path)) << path;
    }
  }
  EXPECT_EQ(listed.size(), 240u);
}

TEST(Vectors, EveryFileIsTakenByATestOrIndexStatesNoResult) {
  SEAWORTHY_NEEDS_VECTORS();
  std::map<Taker, std::size_t> taken;
  for (const VectorFile& file : vector_index()) {
    EXPECT_NE(taker_of(file), Taker::kNobody) << file.path << ": " << file.expected;
    ++taken[taker_of(file)];
  }
  const std::map<Taker, std::size_t> expected = {
      {Taker::kNotApplicable, 10}, {Taker::kOtherTest, 1},     {Taker::kCertificates, 74},
      {Taker::kNoCertificate, 12}, {Taker::kPublicKey, 4},     {Taker::kBootLog, 34},
      {Taker::kNoBootLog, 6},      {Taker::kImaList, 6},       {Taker::kImaAscii, 6},
      {Taker::kGenerated, 57},     {Taker::kTpmStructure, 9},  {Taker::kCredentialVector, 4},
      {Taker::kCloud, 3},          {Taker::kForeignFormat, 14}};
  for (const auto& [taker, count] : taken) {
    const auto found = expected.find(taker);
    EXPECT_EQ(count, found == expected.end() ? 0 : found->second) << static_cast<int>(taker);
  }
  EXPECT_EQ(taken.size(), expected.size());
}

// What other programs use, and we do not read: allow lists, signed policies and detached signatures
// of keylime, policies of FAPI. Only what INDEX.md states about the bytes is looked at.
TEST(Vectors, FormatsOfOtherProgramsAreNamedAndNotRead) {
  SEAWORTHY_NEEDS_VECTORS();
  std::size_t entries = 0;
  for (const VectorFile& file : files_of(Taker::kForeignFormat)) {
    SCOPED_TRACE(file.path);
    const Bytes bytes = vector_file(file.path);
    const std::string_view text = as_text(bytes);
    ++entries;
    if (file.path.find("create-runtime-policy/allowlist-") != std::string::npos) {
      const auto digest = codec::from_hex(text.substr(0, text.find(' ')));
      ASSERT_TRUE(digest);
      const std::set<std::size_t> sizes = {20, 32, 48, 64};
      EXPECT_EQ(sizes.contains(digest->size()), !file.path.ends_with("unknown"));
    } else if (file.path.ends_with(".json")) {
      // JSON with trailing commas is none.
      EXPECT_EQ(codec::parse_json(text, {.max_bytes = 1 << 20}).has_value(),
                file.path.find("/policy/") == std::string::npos);
    }
  }
  EXPECT_EQ(entries, 14u);
}

}  // namespace
}  // namespace seaworthy::testing

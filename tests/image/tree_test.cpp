#include "image/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "image/libarchive/archives.h"

namespace seaworthy::image {
namespace {

// Entries that a test says.
class FakeEntries : public EntryReader {
 public:
  struct One {
    Entry entry;
    std::string content;
  };
  explicit FakeEntries(std::vector<One> all) : all_(std::move(all)) {}

  Result<std::optional<Entry>> next() override {
    at_ = 0;
    return next_ == all_.size() ? std::optional<Entry>()
                                : std::optional<Entry>(all_[next_++].entry);
  }
  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    const std::string& content = all_[next_ - 1].content;
    const std::size_t n = std::min(to.size(), content.size() - at_);
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(at_), n, to.begin());
    at_ += n;
    return n;
  }

 private:
  std::vector<One> all_;
  std::size_t next_ = 0, at_ = 0;
};

using Layer = std::vector<FakeEntries::One>;
FakeEntries::One file(const std::string& path, const std::string& content = "x") {
  return {{.path = path, .kind = EntryKind::kFile}, content};
}
FakeEntries::One folder(const std::string& path) {
  return {{.path = path, .kind = EntryKind::kFolder}, ""};
}
FakeEntries::One link(const std::string& path) {
  return {{.path = path, .kind = EntryKind::kSymbolicLink}, ""};
}
FakeEntries::One hard_link(const std::string& path, const std::string& target) {
  return {{.path = path, .kind = EntryKind::kHardLink, .target = target}, ""};
}

Result<Tree> tree_of(const std::vector<Layer>& layers, const Limits& limits = {},
                     Whiteouts whiteouts = Whiteouts::kHonoured) {
  static const std::unique_ptr<Archives> archives = libarchive::create_archives();
  Tree tree(*archives, limits);
  for (const Layer& layer : layers) {
    FakeEntries entries(layer);
    TRY(tree.add(entries, whiteouts));
  }
  return tree;
}
std::vector<std::string> paths(const std::vector<Layer>& layers,
                               Whiteouts whiteouts = Whiteouts::kHonoured) {
  const auto tree = tree_of(layers, {}, whiteouts);
  EXPECT_TRUE(tree) << tree.error().message();
  std::vector<std::string> out;
  for (const auto& [path, ignored] : tree ? tree->files() : std::map<std::string, File>()) {
    out.push_back(path);
  }
  return out;
}
using Paths = std::vector<std::string>;

TEST(CleanPath, TakesWhatLiesBelowTheRoot) {
  EXPECT_EQ(*clean_path("a/b"), "a/b");
  EXPECT_EQ(*clean_path("./a/b/"), "a/b");
  EXPECT_EQ(*clean_path("a..b/..c"), "a..b/..c");
  EXPECT_EQ(*clean_path("."), "");
  EXPECT_EQ(*clean_path("./"), "");
}

TEST(CleanPath, RefusesEverythingElse) {
  for (const std::string& path :
       {std::string("/"), std::string("/etc/passwd"), std::string(".//etc"), std::string("../a"),
        std::string("a/../../b"), std::string("a/.."), std::string("a//b"), std::string("a/./b"),
        std::string("a\0b", 3), std::string(kMaxPath + 1, 'x')}) {
    EXPECT_FALSE(clean_path(path)) << path;
  }
}

TEST(Tree, HasFilesOfAllLayersAndTheUpperOneWins) {
  const auto tree = tree_of({{folder("./"), folder("./a/"), file("./a/b", "lower"), file("c")},
                             {folder("a"), file("a/b", "upper"), file("a/d")}});
  ASSERT_TRUE(tree) << tree.error().message();
  const auto files = tree->files();
  EXPECT_EQ(files.size(), 3u);
  const auto upper = crypto::sha256(as_bytes("upper"));
  EXPECT_TRUE(same_bytes(files.at("a/b").sha256, upper.bytes()));
}

TEST(Tree, AWhiteoutRemovesWhatLowerLayersHave) {
  const Layer lower{file("a/b"), file("a/c/d"), file("a/cx")};
  EXPECT_EQ(paths({lower, {file("a/.wh.b", "")}}), (Paths{"a/c/d", "a/cx"}));
  EXPECT_EQ(paths({lower, {file("a/.wh.c", "")}}), (Paths{"a/b", "a/cx"}));
  EXPECT_EQ(paths({lower, {file(".wh.a", "")}}), Paths{});
  // Whatever stands in its own layer stays, before and behind it.
  EXPECT_EQ(paths({lower, {file("a/b"), file(".wh.a", ""), file("a/new")}}),
            (Paths{"a/b", "a/new"}));
}

TEST(Tree, AnOpaqueFolderHidesWhatLowerLayersHaveBelowIt) {
  const Layer lower{file("a/b"), file("a/c/d"), file("e")};
  EXPECT_EQ(paths({lower, {file("a/.wh..wh..opq", ""), file("a/new")}}), (Paths{"a/new", "e"}));
  EXPECT_EQ(paths({lower, {file(".wh..wh..opq", ""), file("f")}}), Paths{"f"});
  EXPECT_EQ(paths({lower, {file(".wh..wh.plnk", "")}}), (Paths{"a/b", "a/c/d", "e"}));
}

TEST(Tree, NamesThatLookLikeWhiteoutsAreNamesElsewhere) {
  EXPECT_EQ(paths({{file("a"), file(".wh.a")}}, Whiteouts::kNames), (Paths{".wh.a", "a"}));
}

TEST(Tree, FilesAndFoldersReplaceEachOther) {
  EXPECT_EQ(paths({{file("a/b"), file("a/c/d")}, {file("a")}}), Paths{"a"});
  EXPECT_EQ(paths({{file("a")}, {folder("a"), file("a/b")}}), Paths{"a/b"});
  EXPECT_EQ(paths({{file("a")}, {file("a/b")}}), Paths{"a/b"});
  EXPECT_EQ(paths({{file("a/b")}, {link("a")}}), Paths{});
  EXPECT_EQ(paths({{link("a")}, {file("a/b")}}), Paths{"a/b"});
  EXPECT_EQ(paths({{file("a/b")}, {folder("a")}}), Paths{"a/b"});
}

TEST(Tree, AHardLinkIsTheFileThatStandsBeforeIt) {
  const auto tree = tree_of({{file("a", "content"), hard_link("b", "./a")}, {hard_link("c", "b")}});
  ASSERT_TRUE(tree) << tree.error().message();
  const auto files = tree->files();
  EXPECT_EQ(files.at("a").sha256, files.at("b").sha256);
  EXPECT_EQ(files.at("a").sha256, files.at("c").sha256);
}

struct Hostile {
  const char* name;
  Layer layer;
  const char* message;
};
class RefusesATree : public ::testing::TestWithParam<Hostile> {};

TEST_P(RefusesATree, AndNamesTheEntry) {
  const auto tree = tree_of({GetParam().layer});
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(tree.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusesATree,
    ::testing::Values(
        Hostile{"ThatClimbs",
                {file("../../etc/passwd")},
                "a path that is not plain: "
                "'../../etc/passwd'"},
        Hostile{"WithAnAbsoluteName", {file("/etc/passwd")}, "an absolute path: '/etc/passwd'"},
        Hostile{"WithAFileTwice", {file("a"), file("./a")}, "'a' stands twice"},
        Hostile{"WithAFileAndAFolder", {folder("a"), file("a")}, "'a' stands twice"},
        Hostile{"WithAFileBelowALink",
                {link("a"), file("a/b")},
                "'a/b' lies below 'a', which is no folder"},
        Hostile{"WithALinkAboveAFile",
                {file("a/b/c"), link("a")},
                "'a/b/c' lies below 'a', which is no folder"},
        Hostile{"WithAHardLinkToNothing",
                {hard_link("a", "b")},
                "'a': a hard link to 'b', which is no file before it"},
        Hostile{"WithAHardLinkThatClimbs",
                {hard_link("a", "../b")},
                "'a': a path that is not plain: '../b'"},
        Hostile{"WithAHardLinkToALink",
                {link("b"), hard_link("a", "b")},
                "'a': a hard link to 'b', which is no file before it"}),
    [](const auto& row) { return row.param.name; });

TEST(Tree, KeepsItsLimits) {
  const Layer layer{file("a", "12345"), file("b", "12345")};
  EXPECT_TRUE(tree_of({layer}, {.max_entries = 2, .max_bytes = 10}));
  EXPECT_EQ(tree_of({layer}, {.max_entries = 1}).error().message(), "more than 1 entries");
  EXPECT_EQ(tree_of({layer}, {.max_bytes = 9}).error().message(),
            "'b': more bytes than an image may have");
  // Of all layers, also where one hides the other.
  EXPECT_FALSE(tree_of({layer, layer}, {.max_entries = 3}));
  EXPECT_FALSE(tree_of({layer, layer}, {.max_bytes = 19}));
  const Layer program{file("boot/a", "MZ..."), file("b", "MZ....")};
  EXPECT_TRUE(tree_of({program}, {.max_boot_bytes = 5}));
  EXPECT_FALSE(tree_of({program}, {.max_boot_bytes = 4}));
}

}  // namespace
}  // namespace seaworthy::image

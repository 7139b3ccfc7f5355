#include "image/container.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/hex.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "image/libarchive/archives.h"
#include "image/memory.h"
#include "support/tar.h"

namespace seaworthy::image {
namespace {

using codec::Json;
using seaworthy::testing::tar;

std::string digest(const std::string& content) {
  return codec::to_hex(crypto::sha256(as_bytes(content)).bytes());
}

class FakeBlobs : public Blobs {
 public:
  Result<void> read(const std::string& path,
                    const std::function<Result<void>(ByteSource&)>& use) override {
    if (!files.contains(path)) {
      return not_found("no such file");
    }
    Memory text(as_bytes(files.at(path)));
    return use(text);
  }
  // Puts a blob and gives its descriptor.
  Json put(const std::string& content) {
    files["blobs/sha256/" + digest(content)] = content;
    return {{"mediaType", "some"}, {"digest", "sha256:" + digest(content)}};
  }
  std::map<std::string, std::string> files;
};

struct Container : ::testing::Test {
  FakeBlobs blobs;
  std::unique_ptr<Archives> archives = libarchive::create_archives();
  const std::string lower = tar({{.name = "a", .content = "lower"}, {.name = "b"}});
  const std::string upper = tar({{.name = "a", .content = "upper"}, {.name = ".wh.b"}});

  Json manifest() {
    return blobs.put(
        Json{{"schemaVersion", 2}, {"layers", {blobs.put(lower), blobs.put(upper)}}}.dump());
  }
  void index(const Json& manifests) {
    blobs.files["index.json"] = Json{{"manifests", manifests}}.dump();
  }
  void docker(const Json& layers) {
    blobs.files["manifest.json"] =
        Json::array({{{"Config", "config.json"}, {"Layers", layers}}}).dump();
  }
  std::string oci_error() {
    Tree tree(*archives, Limits());
    const auto added = add_oci_layout(blobs, *archives, tree);
    return added ? "" : added.error().message();
  }
  std::string docker_error() {
    Tree tree(*archives, Limits());
    const auto added = add_docker_archive(blobs, *archives, tree);
    return added ? "" : added.error().message();
  }
  static void expect_upper(const Tree& tree) {
    const auto files = tree.files();
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(codec::to_hex(files.at("a").sha256), digest("upper"));
  }
};

TEST_F(Container, AnOciImageIsItsLayersInOrder) {
  index(Json::array({manifest()}));
  Tree tree(*archives, Limits());
  const auto added = add_oci_layout(blobs, *archives, tree);
  ASSERT_TRUE(added) << added.error().message();
  expect_upper(tree);
}

TEST_F(Container, AnIndexMayLeadToAnotherAndHaveAttestations) {
  Json attestation = blobs.put("{}");
  attestation["platform"] = {{"os", "unknown"}, {"architecture", "unknown"}};
  const Json inner = blobs.put(Json{{"manifests", Json::array({manifest(), attestation})}}.dump());
  index(Json::array({inner}));
  EXPECT_EQ(oci_error(), "");
}

TEST_F(Container, RefusesBlobsThatAreNotWhatTheManifestSays) {
  index(Json::array({manifest()}));
  // Behind the end of an archive nobody looks, but it counts.
  blobs.files["blobs/sha256/" + digest(upper)] += "x";
  EXPECT_EQ(oci_error(),
            "blobs/sha256/" + digest(upper) + ": its digest is another one: the image is damaged");
  blobs.files.erase("blobs/sha256/" + digest(upper));
  EXPECT_EQ(oci_error(), "blobs/sha256/" + digest(upper) + ": no such file");
  const Json other = blobs.put("{}");
  blobs.files["blobs/sha256/" + digest("{}")] = "{ }";
  index(Json::array({other}));
  EXPECT_NE(oci_error().find("damaged"), std::string::npos);
}

// An archive may end long before its blob, whose digest is that of all of it.
TEST_F(Container, ABlobIsReadToItsEnd) {
  const Json padded = blobs.put(upper + std::string(1 << 20, '\0'));
  index(Json::array(
      {blobs.put(Json{{"schemaVersion", 2}, {"layers", Json::array({padded})}}.dump())}));
  EXPECT_EQ(oci_error(), "");
}

TEST_F(Container, RefusesAnIndexThatLeavesAChoice) {
  index(Json::array({manifest(), manifest()}));
  EXPECT_EQ(oci_error(), "index.json: 2 images: save one of them, for one platform");
  index(Json::array());
  EXPECT_EQ(oci_error(), "index.json: 0 images: save one of them, for one platform");
}

TEST_F(Container, RefusesWhatIsNoManifest) {
  EXPECT_EQ(oci_error(), "index.json: no such file");
  blobs.files["index.json"] = "[";
  EXPECT_NE(oci_error(), "");
  index(Json::array({blobs.put(R"({"layers": []})")}));
  EXPECT_EQ(oci_error(), "manifest.layers: there are none");
  for (const char* text : {"sha512:00", "sha256:../../etc/passwd", "sha256:00"}) {
    index(Json::array({{{"digest", text}}}));
    EXPECT_NE(oci_error().find("expected sha256:"), std::string::npos) << text;
  }
  Json deep = manifest();
  for (int i = 0; i < 4; ++i) {
    deep = blobs.put(Json{{"manifests", Json::array({deep})}}.dump());
  }
  index(Json::array({deep}));
  EXPECT_EQ(oci_error(), "index.json: indexes nested deeper than 3");
  blobs.files["index.json"] = std::string(kMaxJsonBytes + 1, ' ');
  EXPECT_NE(oci_error().find("larger than"), std::string::npos);
}

TEST_F(Container, ADockerArchiveIsTheLayersThatItNames) {
  blobs.files["1/layer.tar"] = lower;
  blobs.files["2/layer.tar"] = upper;
  docker({"1/layer.tar", "2/layer.tar"});
  Tree tree(*archives, Limits());
  const auto added = add_docker_archive(blobs, *archives, tree);
  ASSERT_TRUE(added) << added.error().message();
  expect_upper(tree);
}

TEST_F(Container, RefusesADockerArchiveThatIsNotOneImage) {
  blobs.files["manifest.json"] = "[]";
  EXPECT_EQ(docker_error(), "manifest.json: expected one image: save one of them");
  docker({"../../etc/passwd"});
  EXPECT_NE(docker_error().find("not plain"), std::string::npos);
  blobs.put(upper);
  blobs.files["blobs/sha256/" + digest(upper)] = lower;
  docker({"blobs/sha256/" + digest(upper)});
  EXPECT_NE(docker_error().find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::image

#include "image/container.h"

#include <array>
#include <utility>
#include <vector>

#include "codec/fields.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "crypto/digest.h"

namespace seaworthy::image {
namespace {

using codec::Fields;
using codec::Json;

constexpr std::size_t kMaxLayers = 512;  // Docker: 127
constexpr std::size_t kMaxManifests = 256;
constexpr std::size_t kMaxIndexDepth = 3;
constexpr std::size_t kMaxText = 512;
constexpr std::string_view kBlobFolder = "blobs/sha256/";

// What was read of it, hashed on the way.
class Hashed : public ByteSource {
 public:
  explicit Hashed(ByteSource& from) : from_(from) {}

  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    const std::size_t n = TRY(from_.read(to));
    hasher_.update(to.first(n));
    return n;
  }

  // Reads what is left first: an archive may end before its file.
  Result<std::string> digest() {
    std::array<std::uint8_t, 65536> part{};
    while (TRY(read(part)) > 0) {}
    return codec::to_hex(hasher_.finish().bytes());
  }

 private:
  ByteSource& from_;
  crypto::Hasher hasher_{crypto::HashAlg::kSha256};
};

Result<Bytes> read_all(ByteSource& from) {
  Bytes out;
  std::array<std::uint8_t, 65536> part{};
  while (const std::size_t n = TRY(from.read(part))) {
    append(out, ByteSpan(part).first(n));
    if (out.size() > kMaxJsonBytes) {
      return malformed("larger than " + std::to_string(kMaxJsonBytes) + " bytes");
    }
  }
  return out;
}

// Reads a blob, and holds it against `digest` unless that is empty.
Result<void> read_blob(Blobs& blobs, const std::string& path, const std::string& digest,
                       const std::function<Result<void>(ByteSource&)>& use) {
  const auto checked = [&](ByteSource& bytes) -> Result<void> {
    Hashed hashed(bytes);
    TRY(use(hashed));
    if (!digest.empty() && TRY(hashed.digest()) != digest) {
      return malformed("its digest is another one: the image is damaged");
    }
    return {};
  };
  auto done = blobs.read(path, checked);
  return done ? done : Result<void>(std::move(done).error().in(path));
}

Result<Json> read_json(Blobs& blobs, const std::string& path, const std::string& digest) {
  Json json;
  const auto parse = [&](ByteSource& bytes) -> Result<void> {
    const Bytes text = TRY(read_all(bytes));
    json = TRY(codec::parse_json(as_text(text), {.max_bytes = kMaxJsonBytes}));
    return {};
  };
  TRY(read_blob(blobs, path, digest, parse));
  return json;
}

Result<void> add_layer(Blobs& blobs, Archives& archives, const std::string& path,
                       const std::string& digest, Tree& tree) {
  return read_blob(blobs, path, digest, [&](ByteSource& bytes) -> Result<void> {
    const auto entries = TRY(archives.open(bytes));
    return tree.add(*entries, Whiteouts::kHonoured);
  });
}

bool is_hex_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "sha256:<hex>" of a descriptor, as hexadecimal.
Result<std::string> digest_of(Fields& descriptor) {
  const std::string text = TRY(descriptor.text("digest", kMaxText));
  if (!text.starts_with("sha256:") || !is_hex_digest(std::string_view(text).substr(7))) {
    return descriptor.malformed_at("digest", "expected sha256: and 64 hexadecimal digits");
  }
  return text.substr(7);
}

// What buildx adds beside an image: statements about it, for a platform that does not exist.
Result<bool> is_attestation(Fields& descriptor) {
  auto platform = TRY(descriptor.maybe_object("platform"));
  return platform && TRY(platform->maybe_text("os", kMaxText)) == "unknown";
}

// The digest of the one manifest that an index leads to, by at most kMaxIndexDepth of them.
Result<Json> find_manifest(Blobs& blobs) {
  Json json = TRY(read_json(blobs, "index.json", ""));
  for (std::size_t depth = 0; depth < kMaxIndexDepth; ++depth) {
    Fields index = TRY(Fields::of(json, ""));
    if (!index.has("manifests")) {
      return json;
    }
    std::vector<std::string> digests;
    for (Fields& descriptor : TRY(index.objects("manifests", kMaxManifests))) {
      if (!TRY(is_attestation(descriptor))) {
        digests.push_back(TRY(digest_of(descriptor)));
      }
    }
    if (digests.size() != 1) {
      return malformed("index.json: " + std::to_string(digests.size()) +
                       " images: save one of them, for one platform");
    }
    json = TRY(read_json(blobs, std::string(kBlobFolder) + digests[0], digests[0]));
  }
  return malformed("index.json: indexes nested deeper than " + std::to_string(kMaxIndexDepth));
}

}  // namespace

Result<void> add_oci_layout(Blobs& blobs, Archives& archives, Tree& tree) {
  const Json json = TRY(find_manifest(blobs));
  Fields manifest = TRY(Fields::of(json, "manifest"));
  auto layers = TRY(manifest.objects("layers", kMaxLayers));
  if (layers.empty()) {
    return manifest.malformed_at("layers", "there are none");
  }
  for (Fields& layer : layers) {
    const std::string digest = TRY(digest_of(layer));
    TRY(add_layer(blobs, archives, std::string(kBlobFolder) + digest, digest, tree));
  }
  return {};
}

Result<void> add_docker_archive(Blobs& blobs, Archives& archives, Tree& tree) {
  const Json json = TRY(read_json(blobs, "manifest.json", ""));
  if (!json.is_array() || json.size() != 1) {
    return malformed("manifest.json: expected one image: save one of them");
  }
  Fields image = TRY(Fields::of(json[0], "manifest.json[0]"));
  for (const std::string& name : TRY(image.texts("Layers", kMaxLayers, kMaxPath))) {
    const std::string path = TRY(clean_path(name));
    const bool named = path.starts_with(kBlobFolder) &&
                       is_hex_digest(std::string_view(path).substr(kBlobFolder.size()));
    TRY(add_layer(blobs, archives, path, named ? path.substr(kBlobFolder.size()) : "", tree));
  }
  return {};
}

}  // namespace seaworthy::image

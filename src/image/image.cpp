#include "image/image.h"

#include <filesystem>
#include <set>
#include <utility>

#include "image/container.h"
#include "image/folder.h"
#include "image/tree.h"

namespace seaworthy::image {
namespace {

constexpr const char* kOciMark = "oci-layout";
constexpr const char* kDockerMark = "manifest.json";

class FolderBlobs : public Blobs {
 public:
  explicit FolderBlobs(std::string root) : root_(std::move(root)) {}

  Result<void> read(const std::string& path,
                    const std::function<Result<void>(ByteSource&)>& use) override {
    const auto file = TRY(open_file(root_ + "/" + path));
    return use(*file);
  }

 private:
  std::string root_;
};

// An archive can only be read from its beginning: once for each blob.
class ArchivedBlobs : public Blobs {
 public:
  ArchivedBlobs(std::string path, Archives& archives, const Limits& limits)
      : path_(std::move(path)), archives_(archives), limits_(limits) {}

  Result<void> read(const std::string& path,
                    const std::function<Result<void>(ByteSource&)>& use) override {
    bool found = false;
    const auto here = [&](const Entry& entry, EntryReader& content) -> Result<bool> {
      if (TRY(clean_path(entry.path)) != path) {
        return true;
      }
      if (entry.kind != EntryKind::kFile) {
        return malformed("it is a link or a folder in the archive: save the image anew");
      }
      found = true;
      TRY(use(content));
      return false;
    };
    TRY(visit(here));
    return found ? Result<void>() : not_found("the archive has no such file");
  }

  // Names of all files at the top.
  Result<std::set<std::string>> top() {
    std::set<std::string> names;
    const auto collect = [&](const Entry& entry, EntryReader&) -> Result<bool> {
      const std::string path = TRY(clean_path(entry.path));
      if (path.find('/') == std::string::npos && entry.kind == EntryKind::kFile) {
        names.insert(path);
      }
      return true;
    };
    TRY(visit(collect));
    return names;
  }

 private:
  // Calls `use` for each entry, until it gives false.
  Result<void> visit(const std::function<Result<bool>(const Entry&, EntryReader&)>& use) {
    const auto file = TRY(open_file(path_));
    const auto entries = TRY(archives_.open(*file));
    std::size_t count = 0;
    while (const auto entry = TRY(entries->next())) {
      if (++count > limits_.max_entries) {
        return malformed("more than " + std::to_string(limits_.max_entries) + " entries");
      }
      if (!TRY(use(*entry, *entries))) {
        break;
      }
    }
    return {};
  }

  std::string path_;
  Archives& archives_;
  Limits limits_;
};

Result<void> add_archive(const std::string& path, Archives& archives, Tree& tree) {
  const auto file = TRY(open_file(path));
  const auto entries = TRY(archives.open(*file));
  return tree.add(*entries, Whiteouts::kNames);
}

Result<ImageKind> add_file(const std::string& path, Archives& archives, const Limits& limits,
                           Tree& tree) {
  ArchivedBlobs blobs(path, archives, limits);
  const std::set<std::string> top = TRY(blobs.top());
  // docker save writes both: its own list says which image was meant.
  if (top.contains(kDockerMark)) {
    TRY(add_docker_archive(blobs, archives, tree));
    return ImageKind::kDockerArchive;
  }
  if (top.contains(kOciMark)) {
    TRY(add_oci_layout(blobs, archives, tree));
    return ImageKind::kOciLayout;
  }
  TRY(add_archive(path, archives, tree));
  return ImageKind::kArchive;
}

Result<ImageKind> add_folder(const std::string& path, Archives& archives, Tree& tree) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path + "/" + kOciMark, error)) {
    FolderBlobs blobs(path);
    TRY(add_oci_layout(blobs, archives, tree));
    return ImageKind::kOciLayout;
  }
  const auto entries = TRY(open_folder(path));
  TRY(tree.add(*entries, Whiteouts::kNames));
  return ImageKind::kFolder;
}

}  // namespace

std::string_view text(ImageKind kind) {
  switch (kind) {
    case ImageKind::kFolder:
      return "a folder";
    case ImageKind::kArchive:
      return "an archive";
    case ImageKind::kOciLayout:
      return "an OCI image";
    case ImageKind::kDockerArchive:
      break;
  }
  return "an image as docker save writes it";
}

Result<Image> read_image(const std::string& path, Archives& archives, const Limits& limits) {
  Tree tree(archives, limits);
  std::error_code error;
  auto kind = std::filesystem::is_directory(path, error) ? add_folder(path, archives, tree)
                                                         : add_file(path, archives, limits, tree);
  if (!kind) {
    return std::move(kind).error().in(path);
  }
  return Image{*kind, tree.files()};
}

}  // namespace seaworthy::image

// An image of whatever kind, by its path.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "image/entry.h"
#include "image/measure.h"

namespace seaworthy::image {

enum class ImageKind : std::uint8_t {
  kFolder,         // a root file system, unpacked or mounted
  kArchive,        // an archive of one
  kOciLayout,      // a folder or an archive with index.json and oci-layout
  kDockerArchive,  // an archive with manifest.json
};
std::string_view text(ImageKind kind);  // "a folder"

struct Image {
  ImageKind kind = ImageKind::kFolder;
  std::map<std::string, File> files;  // by path, without "/" in front
};

// kNotFound: cannot be read; kMalformed: no image, or one that breaks its own format or a limit.
Result<Image> read_image(const std::string& path, Archives& archives, const Limits& limits = {});

}  // namespace seaworthy::image

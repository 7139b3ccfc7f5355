// Container images: which layers they have, and in which order. Spec: OCI Image Format 1.1 (index,
// manifest, descriptor); Docker Image Specification 1.3 (docker save).
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "image/entry.h"
#include "image/tree.h"

namespace seaworthy::image {

// The files that a container image consists of.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // Calls `use` with the content of the file of that (clean) path. kNotFound: there is none.
  virtual Result<void> read(const std::string& path,
                            const std::function<Result<void>(ByteSource&)>& use) = 0;
};

// index.json and blobs/: every blob is held against its digest. kMalformed: more than one image
// (attestations aside), a blob with another digest or size, manifests that cannot be read.
Result<void> add_oci_layout(Blobs& blobs, Archives& archives, Tree& tree);

// manifest.json and the layers that it names; those named blobs/sha256/… are held against that.
Result<void> add_docker_archive(Blobs& blobs, Archives& archives, Tree& tree);

}  // namespace seaworthy::image

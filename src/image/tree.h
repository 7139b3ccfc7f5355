// The files of an image: layers on top of each other. Spec: OCI Image Format 1.1, "Layer Filesystem
// Changeset".
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "image/entry.h"
#include "image/measure.h"

namespace seaworthy::image {

// A path below a root, without "./" in front and "/" behind; empty for the root itself.
// kMalformed: absolute, "..", empty or "." components, a NUL, longer than kMaxPath.
Result<std::string> clean_path(std::string_view path);

// Whether names that begin with ".wh." remove what is below them, or are names.
enum class Whiteouts : std::uint8_t { kHonoured, kNames };

class Tree {
 public:
  Tree(Archives& archives, const Limits& limits)
      : archives_(archives), limits_(limits), left_(limits.max_bytes) {}

  // Reads all entries and puts them on top of what is there. Links are kept as what they are: an
  // entry below one of a lower layer takes its place.
  //
  // kMalformed names the entry: a path that is not clean, one that stands twice, lies below a file
  // or a link of its own layer, or is a hard link to nothing; a limit exceeded. The tree is then
  // good for nothing.
  Result<void> add(EntryReader& entries, Whiteouts whiteouts);

  // By path, without "/" in front.
  std::map<std::string, File> files() const;

 private:
  struct Node {
    EntryKind kind = EntryKind::kOther;
    File file = {};
  };
  using Nodes = std::map<std::string, Node>;
  struct Layer {
    Nodes nodes;
    std::set<std::string> removed;  // whiteouts
    std::set<std::string> opaque;   // folders of which nothing below is seen
  };
  Result<void> read(const Entry& entry, ByteSource& content, Whiteouts whiteouts, Layer& layer);
  Result<Node> node(const Entry& entry, const std::string& path, ByteSource& content,
                    const Layer& layer);
  Result<Node> linked(const Entry& entry, const Layer& layer) const;
  static bool whiteout(const std::string& path, Layer& layer);
  static Result<void> check_parents(const Layer& layer);
  void apply(Layer layer);
  void erase_below(const std::string& path);

  Archives& archives_;
  Limits limits_;
  std::uint64_t left_;       // bytes
  std::size_t entries_ = 0;  // read so far, in all layers
  Nodes nodes_;
};

}  // namespace seaworthy::image

#include "image/tree.h"

#include <utility>

#include "image/boot_file.h"

namespace seaworthy::image {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kMetadata = ".wh..wh.";  // aufs wrote others, which mean nothing here

std::string shown(std::string_view path) {
  return "'" + std::string(path.substr(0, 256)) + "'";
}

// "a/b/c" → "a/b"; empty at the top.
std::string_view parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_component(std::string_view name) {
  return !name.empty() && name != "." && name != "..";
}

}  // namespace

Result<std::string> clean_path(std::string_view path) {
  const std::string_view written = path;
  while (path.starts_with("./")) {
    path.remove_prefix(2);
  }
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path.empty() || path == ".") {
    return written.starts_with('/') ? Result<std::string>(malformed("an absolute path: '/'"))
                                    : std::string();
  }
  if (path.starts_with('/')) {
    return malformed("an absolute path: " + shown(written));
  }
  if (written.size() > kMaxPath || path.find('\0') != std::string_view::npos) {
    return malformed("a path that is too long, or has a NUL in it: " + shown(written));
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!is_component(path.substr(begin, end - begin))) {
      return malformed("a path that is not plain: " + shown(written));
    }
    begin = end + 1;
  }
  return std::string(path);
}

Result<void> Tree::add(EntryReader& entries, Whiteouts whiteouts) {
  Layer layer;
  while (const auto entry = TRY(entries.next())) {
    if (++entries_ > limits_.max_entries) {
      return malformed("more than " + std::to_string(limits_.max_entries) + " entries");
    }
    TRY(read(*entry, entries, whiteouts, layer));
  }
  TRY(check_parents(layer));
  apply(std::move(layer));
  return {};
}

Result<void> Tree::read(const Entry& entry, ByteSource& content, Whiteouts whiteouts,
                        Layer& layer) {
  const std::string path = TRY(clean_path(entry.path));
  if (path.empty() || (whiteouts == Whiteouts::kHonoured && whiteout(path, layer))) {
    return {};
  }
  auto read = node(entry, path, content, layer);
  if (!read) {
    return std::move(read).error().in(shown(path));
  }
  const auto [at, fresh] = layer.nodes.try_emplace(path, *std::move(read));
  // What tools do with the second one differs. Folders say nothing, so they may.
  if (!fresh && (at->second.kind != EntryKind::kFolder || entry.kind != EntryKind::kFolder)) {
    return malformed(shown(path) + " stands twice");
  }
  return {};
}

Result<Tree::Node> Tree::node(const Entry& entry, const std::string& path, ByteSource& content,
                              const Layer& layer) {
  if (entry.kind == EntryKind::kHardLink) {
    return linked(entry, layer);
  }
  Node out{.kind = entry.kind};
  if (entry.kind == EntryKind::kFile) {
    out.file = TRY(is_boot_path(path) ? measure_boot_file(content, path, archives_, limits_, left_)
                                      : measure(content, path, left_));
    out.file.executable = entry.executable;
  }
  return out;
}

// The same file under another name: what it is there does not depend on where it lies, apart from
// programs of UEFI, which are looked for below some folders only.
Result<Tree::Node> Tree::linked(const Entry& entry, const Layer& layer) const {
  const std::string target = TRY(clean_path(entry.target));
  for (const Nodes* nodes : {&layer.nodes, &nodes_}) {
    if (const auto found = nodes->find(target);
        found != nodes->end() && found->second.kind == EntryKind::kFile) {
      return found->second;
    }
  }
  return malformed("a hard link to " + shown(target) + ", which is no file before it");
}

bool Tree::whiteout(const std::string& path, Layer& layer) {
  const std::string folder(parent(path));
  const std::string_view name =
      std::string_view(path).substr(folder.empty() ? 0 : folder.size() + 1);
  if (!name.starts_with(kWhiteout)) {
    return false;
  }
  if (name == kOpaque) {
    layer.opaque.insert(folder);
  } else if (!name.starts_with(kMetadata)) {
    const std::string removed(name.substr(kWhiteout.size()));
    layer.removed.insert(folder.empty() ? removed : folder + "/" + removed);
  }
  return true;
}

Result<void> Tree::check_parents(const Layer& layer) {
  for (const auto& [path, node] : layer.nodes) {
    for (std::string_view above = parent(path); !above.empty(); above = parent(above)) {
      const auto found = layer.nodes.find(std::string(above));
      if (found != layer.nodes.end() && found->second.kind != EntryKind::kFolder) {
        return malformed(shown(path) + " lies below " + shown(above) + ", which is no folder");
      }
    }
  }
  return {};
}

void Tree::apply(Layer layer) {
  for (const std::string& folder : layer.opaque) {
    erase_below(folder);
  }
  for (const std::string& path : layer.removed) {
    nodes_.erase(path);
    erase_below(path);
  }
  for (auto& [path, node] : layer.nodes) {
    for (std::string_view above = parent(path); !above.empty(); above = parent(above)) {
      const auto found = nodes_.find(std::string(above));
      if (found != nodes_.end() && found->second.kind != EntryKind::kFolder) {
        nodes_.erase(found);
      }
    }
    if (node.kind != EntryKind::kFolder) {
      erase_below(path);
    }
    nodes_.insert_or_assign(path, std::move(node));
  }
}

void Tree::erase_below(const std::string& path) {
  if (path.empty()) {
    nodes_.clear();
    return;
  }
  // '0' comes after '/'.
  nodes_.erase(nodes_.lower_bound(path + '/'), nodes_.lower_bound(path + '0'));
}

std::map<std::string, File> Tree::files() const {
  std::map<std::string, File> out;
  for (const auto& [path, node] : nodes_) {
    if (node.kind == EntryKind::kFile) {
      out.emplace(path, node.file);
    }
  }
  return out;
}

}  // namespace seaworthy::image

#include "image/initrd.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "image/memory.h"
#include "image/tree.h"

namespace seaworthy::image {
namespace {

constexpr std::size_t kPart = 256 * 1024;
// Real ones have two of microcode, one of modules and one of the rest. Opening one costs more than
// its bytes.
constexpr std::size_t kMaxArchives = 64;

ByteSpan without_zeros(ByteSpan bytes) {
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](auto byte) { return byte != 0; });
  return bytes.subspan(static_cast<std::size_t>(first - bytes.begin()));
}

Result<Bytes> decompressed(ByteSpan bytes, Archives& archives, const Limits& limits) {
  Memory memory(bytes);
  const auto source = TRY(archives.decompress(memory));
  Bytes out, part(kPart);
  while (const std::size_t n = TRY(source->read(part))) {
    append(out, ByteSpan(part).first(n));
    if (out.size() > limits.max_initrd_bytes) {
      return malformed("more than " + std::to_string(limits.max_initrd_bytes) +
                       " bytes when decompressed");
    }
  }
  return out;
}

class InitrdReader {
 public:
  InitrdReader(Archives& archives, const Limits& limits, std::uint64_t& left)
      : archives_(archives), limits_(limits), left_(left) {}

  // All archives that are not compressed. Gives what is behind them.
  Result<ByteSpan> read_archives(ByteSpan bytes) {
    for (bytes = without_zeros(bytes); looks_like_cpio(bytes); bytes = without_zeros(bytes)) {
      bytes = bytes.subspan(std::min(TRY(read_archive(bytes)), bytes.size()));
    }
    return bytes;
  }

  Result<void> run(ByteSpan bytes) {
    const ByteSpan rest = TRY(read_archives(bytes));
    if (rest.empty()) {
      return {};
    }
    const Bytes last = TRY(decompressed(rest, archives_, limits_));
    return TRY(read_archives(last)).empty() ? Result<void>()
                                            : malformed("something behind its last archive");
  }

  std::map<std::string, File> files;

 private:
  // Gives its length.
  Result<std::size_t> read_archive(ByteSpan bytes) {
    if (++archives_read_ > kMaxArchives) {
      return malformed("more than " + std::to_string(kMaxArchives) + " archives");
    }
    Memory memory(bytes);
    const auto entries = TRY(archives_.open_cpio(memory));
    while (const auto entry = TRY(entries->next())) {
      if (++entries_ > limits_.max_entries) {
        return malformed("more than " + std::to_string(limits_.max_entries) + " entries");
      }
      const std::string path = TRY(clean_path(entry->path));
      if (entry->kind == EntryKind::kFile || entry->kind == EntryKind::kHardLink) {
        TRY(read_file(*entry, path, *entries));
      }
    }
    share_contents();
    return entries->consumed();
  }

  Result<void> read_file(const Entry& entry, const std::string& path, ByteSource& content) {
    const std::uint64_t before = left_;
    File file = TRY(measure(content, path, left_));
    file.executable = entry.executable;
    if (entry.kind == EntryKind::kHardLink) {
      Names& names = same_file_[TRY(clean_path(entry.target))];
      names.others.push_back(path);
      if (left_ != before) {
        names.content = file;
      }
    }
    files.insert_or_assign(path, std::move(file));
    return {};
  }

  // Of several names of one file any may carry the content, usually the last; the others are empty.
  void share_contents() {
    for (const auto& [first, names] : same_file_) {
      const auto carrier = files.find(first);
      if (carrier == files.end()) {
        continue;  // several names of something that is no file
      }
      const File content = names.content.value_or(carrier->second);
      carrier->second = content;
      for (const std::string& other : names.others) {
        files.insert_or_assign(other, content);
      }
    }
    same_file_.clear();
  }

  struct Names {
    std::vector<std::string> others;
    std::optional<File> content = {};  // if one of them carries it
  };

  Archives& archives_;
  const Limits& limits_;
  std::uint64_t& left_;
  std::size_t entries_ = 0, archives_read_ = 0;
  std::map<std::string, Names> same_file_;  // of the archive that is read, by the first name
};

}  // namespace

bool looks_like_cpio(ByteSpan bytes) {
  const std::string_view head = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 6)));
  return head == "070701" || head == "070702";
}

Initrd read_initrd(ByteSpan bytes, Archives& archives, const Limits& limits, std::uint64_t& left) {
  InitrdReader reader(archives, limits, left);
  const auto read = reader.run(bytes);
  return {std::move(reader.files), read ? "" : read.error().message()};
}

}  // namespace seaworthy::image

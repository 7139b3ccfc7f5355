#include "image/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

namespace seaworthy::image {
namespace {

namespace fs = std::filesystem;

constexpr auto kNotOnDisk = std::to_array<std::string_view>({"dev", "proc", "run", "sys"});

Error unreadable(const std::string& path, const std::string& why) {
  return not_found("cannot read " + path + ": " + why);
}

class FileSource : public ByteSource {
 public:
  FileSource(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { close(fd_); }

  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    ssize_t n = 0;
    do {
      n = ::read(fd_, to.data(), to.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
      return unreadable(path_, std::strerror(errno));
    }
    return static_cast<std::size_t>(n);
  }

 private:
  int fd_;
  std::string path_;
};

EntryKind kind_of(const fs::file_status& status) {
  switch (status.type()) {
    case fs::file_type::regular:
      return EntryKind::kFile;
    case fs::file_type::directory:
      return EntryKind::kFolder;
    case fs::file_type::symlink:
      return EntryKind::kSymbolicLink;
    default:
      return EntryKind::kOther;
  }
}

class FolderReader : public EntryReader {
 public:
  FolderReader(std::string root, fs::recursive_directory_iterator first)
      : root_(std::move(root)), next_(std::move(first)) {}

  Result<std::optional<Entry>> next() override {
    file_.reset();
    if (next_ == fs::recursive_directory_iterator()) {
      return std::optional<Entry>();
    }
    const fs::path path = next_->path();
    std::error_code error;
    const fs::file_status status = next_->symlink_status(error);
    Entry entry{.path = path.lexically_relative(root_).string(), .kind = kind_of(status)};
    entry.executable = (status.permissions() & (fs::perms::owner_exec | fs::perms::group_exec |
                                                fs::perms::others_exec)) != fs::perms::none;
    if (next_.depth() == 0 && not_on_disk(entry)) {
      next_.disable_recursion_pending();
    }
    if (!error && entry.kind == EntryKind::kFile) {
      file_ = TRY(open_file(path.string()));
    }
    if (!error) {
      next_.increment(error);
    }
    if (error) {
      return unreadable(path.string(), error.message());
    }
    return std::optional<Entry>(std::move(entry));
  }

  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    return file_ == nullptr ? std::size_t{0} : file_->read(to);
  }

 private:
  static bool not_on_disk(const Entry& entry) {
    return entry.kind == EntryKind::kFolder &&
           std::any_of(kNotOnDisk.begin(), kNotOnDisk.end(),
                       [&](std::string_view name) { return entry.path == name; });
  }

  fs::path root_;
  fs::recursive_directory_iterator next_;
  std::unique_ptr<ByteSource> file_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path) {
  // O_NONBLOCK: a pipe in its place must not hold us.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) {
    return unreadable(path, std::strerror(errno));
  }
  std::unique_ptr<ByteSource> file = std::make_unique<FileSource>(fd, path);
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return unreadable(path, "it is no regular file");
  }
  return file;
}

Result<std::unique_ptr<EntryReader>> open_folder(const std::string& path) {
  std::error_code error;
  fs::recursive_directory_iterator first(path, error);
  if (error) {
    return unreadable(path, error.message());
  }
  return std::unique_ptr<EntryReader>(std::make_unique<FolderReader>(path, std::move(first)));
}

}  // namespace seaworthy::image

#include "image/libarchive/archives.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/bytes.h"

namespace seaworthy::image::libarchive {
namespace {

constexpr std::size_t kPart = 64 * 1024;

struct Free {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Handle = std::unique_ptr<archive, Free>;

EntryKind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink_utf8(entry) != nullptr || archive_entry_hardlink(entry) != nullptr) {
    return EntryKind::kHardLink;
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryKind::kFile;
    case AE_IFDIR:
      return EntryKind::kFolder;
    case AE_IFLNK:
      return EntryKind::kSymbolicLink;
    default:
      return EntryKind::kOther;
  }
}

// Names are bytes in tar and UTF-8 in pax; what the library cannot convert it gives as null.
std::optional<std::string> name_of(const char* utf8, const char* bytes) {
  const char* name = utf8 != nullptr ? utf8 : bytes;
  return name == nullptr ? std::nullopt : std::optional<std::string>(name);
}

// What of the library's knowledge a reader uses.
enum class Format : std::uint8_t { kTar, kCpio, kCompressed };

class Reader : public CpioReader {
 public:
  explicit Reader(ByteSource& bytes) : bytes_(bytes), archive_(archive_read_new()) {}

  Result<void> open(Format format) {
    archive* a = archive_.get();
    switch (format) {
      case Format::kTar:
        archive_read_support_format_tar(a);
        break;
      case Format::kCpio:
        archive_read_support_format_cpio(a);
        break;
      case Format::kCompressed:
        archive_read_support_format_raw(a);
        archive_read_support_filter_lz4(a);
        archive_read_support_filter_lzma(a);
        break;
    }
    if (format != Format::kCpio) {
      archive_read_support_filter_gzip(a);
      archive_read_support_filter_bzip2(a);
      archive_read_support_filter_xz(a);
      archive_read_support_filter_zstd(a);
    }
    if (archive_read_open(a, this, nullptr, &Reader::more, nullptr) != ARCHIVE_OK) {
      return problem();
    }
    return {};
  }

  bool is_compressed() const {
    return archive_filter_code(archive_.get(), 0) != ARCHIVE_FILTER_NONE;
  }

  std::size_t consumed() const override {
    return static_cast<std::size_t>(archive_filter_bytes(archive_.get(), 0));
  }

  Result<std::optional<Entry>> next() override {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (result == ARCHIVE_EOF) {
      return std::optional<Entry>();
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      return problem();
    }
    auto path = name_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry));
    auto target = name_of(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry));
    if (!path) {
      return malformed("archive: an entry whose name cannot be read");
    }
    return std::optional<Entry>(Entry{.path = *std::move(path),
                                      .kind = kind_of(entry),
                                      .executable = (archive_entry_perm(entry) & 0111) != 0,
                                      .target = target.value_or("")});
  }

  Result<std::size_t> read(std::span<std::uint8_t> to) override {
    const la_ssize_t n = archive_read_data(archive_.get(), to.data(), to.size());
    if (n < 0) {
      return problem();
    }
    return static_cast<std::size_t>(n);
  }

 private:
  // Called by the library: the next bytes of the archive.
  static la_ssize_t more(archive* a, void* self_pointer, const void** out) {
    auto* self = static_cast<Reader*>(self_pointer);
    const auto n = self->bytes_.read(self->part_);
    if (!n) {
      archive_set_error(a, EIO, "%s", n.error().message().c_str());
      return -1;
    }
    *out = self->part_.data();
    return static_cast<la_ssize_t>(*n);
  }

  Error problem() const {
    const char* text = archive_error_string(archive_.get());
    return malformed("archive: " + std::string(text == nullptr ? "cannot be read" : text));
  }

  ByteSource& bytes_;
  std::array<std::uint8_t, kPart> part_{};
  Handle archive_;
};

Result<std::unique_ptr<Reader>> opened(ByteSource& bytes, Format format) {
  auto reader = std::make_unique<Reader>(bytes);
  TRY(reader->open(format));
  return reader;
}

class LibArchives : public Archives {
 public:
  Result<std::unique_ptr<EntryReader>> open(ByteSource& bytes) override {
    return std::unique_ptr<EntryReader>(TRY(opened(bytes, Format::kTar)));
  }
  Result<std::unique_ptr<CpioReader>> open_cpio(ByteSource& bytes) override {
    return std::unique_ptr<CpioReader>(TRY(opened(bytes, Format::kCpio)));
  }
  Result<std::unique_ptr<ByteSource>> decompress(ByteSource& bytes) override {
    auto reader = TRY(opened(bytes, Format::kCompressed));
    // To the library, what is not compressed is one file as well.
    if (!TRY(reader->next()) || !reader->is_compressed()) {
      return malformed("neither an archive nor compressed by a known program");
    }
    return std::unique_ptr<ByteSource>(std::move(reader));
  }
};

}  // namespace

std::unique_ptr<Archives> create_archives() {
  return std::make_unique<LibArchives>();
}

}  // namespace seaworthy::image::libarchive

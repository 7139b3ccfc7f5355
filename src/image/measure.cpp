#include "image/measure.h"

#include <algorithm>

#include "crypto/digest.h"

namespace seaworthy::image {
namespace {

constexpr std::size_t kPart = 256 * 1024;
constexpr std::size_t kMaxLine = 4096;

Content content_of(std::string_view head) {
  return head.starts_with(
             "\x7F"
             "ELF")
             ? Content::kElf
         : head.starts_with("#!") ? Content::kScript
                                  : Content::kOther;
}

}  // namespace

std::string first_line(std::string_view text) {
  return std::string(
      text.substr(0, std::min(text.find_first_of(std::string_view("\n\0", 2)), kMaxLine)));
}

Result<File> measure(ByteSource& content, std::string_view path, std::uint64_t& left) {
  File file;
  crypto::Hasher hasher(crypto::HashAlg::kSha256);
  Bytes part(kPart);
  for (bool first = true; const std::size_t n = TRY(content.read(part)); first = false) {
    if (n > left) {
      return malformed("more bytes than an image may have");
    }
    left -= n;
    const ByteSpan read = ByteSpan(part).first(n);
    hasher.update(read);
    if (first) {
      file.content = content_of(as_text(read));
      file.text = path == kCommandLineFile ? first_line(as_text(read)) : "";
    }
  }
  const crypto::Digest digest = hasher.finish();
  std::copy(digest.bytes().begin(), digest.bytes().end(), file.sha256.begin());
  return file;
}

}  // namespace seaworthy::image

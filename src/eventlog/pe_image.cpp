#include "eventlog/pe_image.h"

#include <algorithm>
#include <cstdint>

#include "codec/reader.h"

namespace seaworthy::eventlog {
namespace {

using codec::Reader;

// Where IMAGE_DOS_HEADER says where "PE\0\0" is, and the size of that and IMAGE_FILE_HEADER.
constexpr std::size_t kOffsetOfPe = 0x3C;
constexpr std::size_t kFileHeader = 24;
// In the optional header. The directory of signatures is the fifth.
constexpr std::size_t kSizeOfHeaders = 60;
constexpr std::size_t kChecksum = 64;
constexpr std::size_t kSignatureDirectory = 4;
constexpr std::size_t kDirectory = 8;

struct Headers {
  std::size_t checksum = 0;         // offset of its four bytes
  std::size_t signatures = 0;       // offset of the directory entry; 0: there is none
  std::size_t signature_bytes = 0;  // at the end of the file
  std::size_t end = 0;              // SizeOfHeaders
  std::vector<ByteSpan> hashed;     // sections' raw data, by place in the file
  std::vector<PeSection> sections;
};

Result<Reader> at(ByteSpan image, std::size_t offset) {
  Reader reader("PE image", image);
  TRY(reader.take(offset));
  return reader;
}

// PE32 is 32-bit and still what some firmware starts; PE32+ is everything else.
Result<std::size_t> directories_at(Reader& optional) {
  switch (TRY(optional.u16le())) {
    case 0x10B:
      return std::size_t{92};
    case 0x20B:
      return std::size_t{108};
    default:
      return optional.malformed("neither PE32 nor PE32+");
  }
}

Result<void> read_optional_header(ByteSpan image, std::size_t offset, Headers& out) {
  Reader magic = TRY(at(image, offset));
  const std::size_t directories = TRY(directories_at(magic));
  out.checksum = offset + kChecksum;
  Reader size = TRY(at(image, offset + kSizeOfHeaders));
  out.end = TRY(size.u32le());
  Reader count = TRY(at(image, offset + directories));
  if (TRY(count.u32le()) <= kSignatureDirectory) {
    return {};
  }
  out.signatures = offset + directories + 4 + kSignatureDirectory * kDirectory;
  Reader entry = TRY(at(image, out.signatures));
  TRY(entry.u32le());
  out.signature_bytes = TRY(entry.u32le());
  return {};
}

struct Placed {
  std::size_t offset;
  ByteSpan data;
};

Result<Placed> read_section(ByteSpan image, Reader& table, Headers& out) {
  const ByteSpan name = TRY(table.take(8));
  const std::size_t virtual_size = TRY(table.u32le());
  TRY(table.u32le());  // VirtualAddress
  const std::size_t size = TRY(table.u32le());
  const std::size_t offset = TRY(table.u32le());
  TRY(table.take(16));  // relocations, line numbers, characteristics
  if (size == 0) {
    return Placed{0, {}};
  }
  Reader content = TRY(at(image, offset));
  const ByteSpan data = TRY(content.take(size));
  const std::string_view text = as_text(name);
  out.sections.push_back(
      {text.substr(0, text.find('\0')), data.first(std::min(virtual_size, data.size()))});
  return Placed{offset, data};
}

Result<void> read_sections(ByteSpan image, std::size_t offset, std::size_t count, Headers& out) {
  Reader table = TRY(at(image, offset));
  if (count > kMaxPeSections) {
    return table.malformed("more than " + std::to_string(kMaxPeSections) + " sections");
  }
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < count; ++i) {
    placed.push_back(TRY(read_section(image, table, out)));
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.offset < b.offset; });
  for (const Placed& section : placed) {
    out.hashed.push_back(section.data);
  }
  return {};
}

Result<Headers> read_headers(ByteSpan image) {
  if (!looks_like_pe(image)) {
    return malformed("PE image at byte 0: it does not begin with MZ");
  }
  Headers out;
  Reader dos = TRY(at(image, kOffsetOfPe));
  const std::size_t pe = TRY(dos.u32le());
  Reader file = TRY(at(image, pe));
  if (as_text(TRY(file.take(4))) != std::string_view("PE\0\0", 4)) {
    return file.malformed("no PE signature");
  }
  TRY(file.u16le());  // Machine
  const std::size_t sections = TRY(file.u16le());
  TRY(file.take(12));  // time, symbols
  const std::size_t optional_size = TRY(file.u16le());
  TRY(read_optional_header(image, pe + kFileHeader, out));
  TRY(read_sections(image, pe + kFileHeader + optional_size, sections, out));
  return out;
}

// All of the file but the checksum, the entry of the signatures and these themselves. Between the
// sections may be gaps: what comes after "as many bytes as were hashed" is the rest, as firmware
// counts (edk2, DxeImageVerificationLib).
Result<crypto::Digest> authenticode(ByteSpan image, const Headers& headers) {
  crypto::Hasher hasher(crypto::HashAlg::kSha256);
  Reader head("PE image", image);
  hasher.update(TRY(head.take(headers.checksum)));
  TRY(head.take(4));
  if (headers.signatures != 0) {
    hasher.update(TRY(head.take(headers.signatures - head.offset())));
    TRY(head.take(kDirectory));
  }
  if (headers.end < head.offset()) {
    return head.malformed("SizeOfHeaders is too small");
  }
  hasher.update(TRY(head.take(headers.end - head.offset())));
  std::size_t hashed = headers.end;
  for (const ByteSpan section : headers.hashed) {
    hasher.update(section);
    hashed += section.size();
  }
  if (hashed >= image.size()) {
    return hasher.finish();
  }
  const ByteSpan rest = image.subspan(hashed);
  if (headers.signature_bytes > rest.size()) {
    return malformed("PE image at byte " + std::to_string(hashed) +
                     ": signatures that overlap what is hashed");
  }
  hasher.update(rest.first(rest.size() - headers.signature_bytes));
  return hasher.finish();
}

}  // namespace

const PeSection* PeImage::section(std::string_view name) const {
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const PeSection& section) { return section.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

bool looks_like_pe(ByteSpan head) {
  return as_text(head).starts_with("MZ");
}

Result<PeImage> parse_pe_image(ByteSpan image) {
  Headers headers = TRY(read_headers(image));
  const crypto::Digest digest = TRY(authenticode(image, headers));
  return PeImage{digest, std::move(headers.sections)};
}

}  // namespace seaworthy::eventlog

#include "eventlog/uefi.h"

#include <algorithm>

#include "codec/hex.h"
#include "codec/reader.h"
#include "codec/writer.h"

namespace seaworthy::eventlog {
namespace {

Result<Guid> parse_guid(codec::Reader& reader) {
  const ByteSpan bytes = TRY(reader.take(16));
  Guid guid{};
  std::copy(bytes.begin(), bytes.end(), guid.begin());
  return guid;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

Result<SignatureList> parse_signature_list(codec::Reader& reader) {
  constexpr std::size_t kHeader = 16 + 4 + 4 + 4;
  SignatureList list;
  list.type = TRY(parse_guid(reader));
  const std::size_t list_size = TRY(reader.u32le());
  const std::size_t header_size = TRY(reader.u32le());
  const std::size_t signature_size = TRY(reader.u32le());
  if (list_size < kHeader) {
    return reader.malformed("SignatureListSize " + std::to_string(list_size) +
                            " is below its own header");
  }
  codec::Reader body = TRY(reader.sub("EFI_SIGNATURE_LIST", list_size - kHeader));
  TRY(body.take(header_size));
  if (body.at_end()) {
    return list;
  }
  if (signature_size <= 16 || body.remaining() % signature_size != 0) {
    return body.malformed("SignatureSize " + std::to_string(signature_size) + " does not divide " +
                          std::to_string(body.remaining()) + " bytes");
  }
  while (!body.at_end()) {
    SignatureData signature;
    signature.owner = TRY(parse_guid(body));
    signature.data = TRY(body.take(signature_size - 16));
    list.signatures.push_back(signature);
  }
  return list;
}

}  // namespace

std::string text(const Guid& g) {
  const Bytes fields{g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6]};
  const std::string a = codec::to_hex(fields);
  const std::string b = codec::to_hex(ByteSpan(g).subspan(8));
  return a.substr(0, 8) + "-" + a.substr(8, 4) + "-" + a.substr(12, 4) + "-" + b.substr(0, 4) +
         "-" + b.substr(4);
}

Result<std::string> utf16le_to_utf8(ByteSpan in) {
  codec::Reader reader("UTF-16 text", in);
  std::string out;
  while (!reader.at_end()) {
    std::uint32_t c = TRY(reader.u16le());
    if (c == 0) {
      TRY(reader.expect_end());
      break;
    }
    if (c >= 0xDC00 && c <= 0xDFFF) {
      return reader.malformed("a lone surrogate");
    }
    if (c >= 0xD800 && c <= 0xDBFF) {
      const std::uint32_t low = TRY(reader.u16le());
      if (low < 0xDC00 || low > 0xDFFF) {
        return reader.malformed("a lone surrogate");
      }
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, c);
  }
  return out;
}

Result<UefiVariable> parse_uefi_variable(ByteSpan in) {
  codec::Reader reader("UEFI_VARIABLE_DATA", in);
  UefiVariable variable;
  variable.guid = TRY(parse_guid(reader));
  const std::uint64_t name_units = TRY(reader.u64le());
  const std::uint64_t data_bytes = TRY(reader.u64le());
  if (name_units > kMaxVariableName) {
    return reader.malformed("a name of " + std::to_string(name_units) + " characters");
  }
  const ByteSpan name = TRY(reader.take(static_cast<std::size_t>(name_units) * 2));
  variable.name = TRY(utf16le_to_utf8(name));
  variable.data = TRY(reader.take(data_bytes));
  TRY(reader.expect_end());
  return variable;
}

Bytes write_uefi_variable(const UefiVariable& variable) {
  codec::Writer writer;
  writer.raw(variable.guid).u64le(variable.name.size()).u64le(variable.data.size());
  for (const char c : variable.name) {  // names of real variables are ASCII
    writer.u16le(static_cast<std::uint8_t>(c));
  }
  return std::move(writer.raw(variable.data)).bytes();
}

Result<std::vector<SignatureList>> parse_signature_lists(ByteSpan in) {
  codec::Reader reader("EFI_SIGNATURE_LIST", in);
  std::vector<SignatureList> lists;
  while (!reader.at_end()) {
    lists.push_back(TRY(parse_signature_list(reader)));
  }
  return lists;
}

Result<ImageLoad> parse_image_load(ByteSpan in) {
  codec::Reader reader("UEFI_IMAGE_LOAD_EVENT", in);
  ImageLoad image;
  image.location = TRY(reader.u64le());
  image.length = TRY(reader.u64le());
  TRY(reader.u64le());  // link-time address
  const std::uint64_t path_bytes = TRY(reader.u64le());
  image.device_path = TRY(reader.take(path_bytes));
  TRY(reader.expect_end());
  return image;
}

std::string claimed_file(ByteSpan device_path) {
  codec::Reader reader("device path", device_path);
  std::string file;
  while (!reader.at_end()) {
    const auto type = reader.u8();
    const auto subtype = reader.u8();
    const auto length = reader.u16le();
    if (!type || !subtype || !length || *length < 4) {
      return {};
    }
    const auto body = reader.take(*length - 4u);
    if (!body || *type == 0x7F) {  // end of path
      break;
    }
    if (*type == 0x04 && *subtype == 0x04) {  // Media, File Path (§10.3.5.4)
      const auto part = utf16le_to_utf8(*body);
      if (!part) {
        return {};
      }
      file += *part;
    }
  }
  return file;
}

}  // namespace seaworthy::eventlog

#include "boot_log.h"

#include "codec/writer.h"

namespace seaworthy::machine {

using codec::Writer;
using crypto::Digest;
using crypto::HashAlg;

namespace {

void write_guid(Writer& w, const Guid& guid) {
  w.u32le(guid.a).u16le(guid.b).u16le(guid.c).raw(guid.d);
}

// TCG_EfiSpecIDEvent (PFP §10.4.5.1), which opens the log in the old format.
void write_spec_id(Writer& w) {
  Writer spec;
  spec.raw(as_bytes(std::string_view("Spec ID Event03\0", 16)));
  spec.u32le(0);                 // platformClass: client
  spec.u8(0).u8(2).u8(106);      // specVersionMinor, specVersionMajor, specErrata
  spec.u8(2);                    // uintnSize: 64 bits
  spec.u32le(2);                 // numberOfAlgorithms
  spec.u16le(0x0004).u16le(20);  // SHA-1
  spec.u16le(0x000B).u16le(32);  // SHA-256
  spec.u8(0);                    // vendorInfoSize
  w.u32le(0).u32le(static_cast<std::uint32_t>(EventType::kNoAction)).raw(Bytes(20));
  w.sized32le(spec.bytes());
}

// TCG_PCR_EVENT2 (PFP §10.2.2).
void write_event(Writer& w, const Event& event) {
  w.u32le(event.pcr).u32le(static_cast<std::uint32_t>(event.type)).u32le(2);
  w.u16le(0x0004).raw(event.digests.sha1.bytes());
  w.u16le(0x000B).raw(event.digests.sha256.bytes());
  w.sized32le(event.data);
}

}  // namespace

Bytes BootLog::bytes() const {
  Writer w;
  write_spec_id(w);
  Writer locality;
  locality.raw(as_bytes(std::string_view("StartupLocality\0", 16))).u8(startup_locality);
  write_event(w, {.pcr = 0, .type = EventType::kNoAction, .digests = {}, .data = locality.bytes()});
  for (const Event& event : events) {
    write_event(w, event);
  }
  return std::move(w).bytes();
}

Digest BootLog::replay(std::uint32_t pcr) const {
  Bytes initial(32);
  if (pcr == 0) {
    initial.back() = startup_locality;
  }
  Digest value(HashAlg::kSha256, initial);
  for (const Event& event : events) {
    if (event.pcr == pcr && event.type != EventType::kNoAction) {
      value = crypto::extended(value, event.digests.sha256.bytes());
    }
  }
  return value;
}

Bytes utf16(std::string_view ascii) {
  Writer w;
  for (const char c : ascii) {
    w.u16le(static_cast<unsigned char>(c));
  }
  return std::move(w).bytes();
}

Bytes variable_data(const Guid& guid, std::string_view name, ByteSpan data) {
  Writer w;
  write_guid(w, guid);
  w.u64le(name.size()).u64le(data.size()).raw(utf16(name)).raw(data);
  return std::move(w).bytes();
}

Bytes signature_data(const Guid& owner, ByteSpan data) {
  Writer w;
  write_guid(w, owner);
  return std::move(w.raw(data)).bytes();
}

Bytes signature_list(const Guid& type, const std::vector<Bytes>& signatures) {
  const std::size_t each = signatures.front().size();
  Writer w;
  write_guid(w, type);
  w.u32le(static_cast<std::uint32_t>(28 + each * signatures.size()));  // SignatureListSize
  w.u32le(0);                                                          // SignatureHeaderSize
  w.u32le(static_cast<std::uint32_t>(each));                           // SignatureSize
  for (const Bytes& signature : signatures) {
    w.raw(signature);
  }
  return std::move(w).bytes();
}

Bytes device_path(std::string_view file) {
  Writer w;
  w.u8(2).u8(1).u16le(12).u32le(0x0A0341D0).u32le(0);             // ACPI: PciRoot(0x0)
  w.u8(1).u8(1).u16le(6).u8(0).u8(0x1F);                          // Hardware: Pci(0x1f,0x0)
  w.u8(4).u8(1).u16le(42).u32le(1).u64le(2048).u64le(1'048'576);  // Media: HD(1,GPT,…)
  w.raw(as_bytes("seaworthy-esp-01")).u8(2).u8(2);
  Bytes name = utf16(file);
  name.resize(name.size() + 2);
  w.u8(4).u8(4).u16le(static_cast<std::uint16_t>(4 + name.size())).raw(name);  // Media: File
  w.u8(0x7F).u8(0xFF).u16le(4);                                                // End
  return std::move(w).bytes();
}

Bytes image_load_event(std::uint64_t size, ByteSpan path) {
  Writer w;
  w.u64le(0x7D000000).u64le(size).u64le(0).u64le(path.size()).raw(path);
  return std::move(w).bytes();
}

Bytes load_option(std::string_view description, ByteSpan path) {
  Bytes text = utf16(description);
  text.resize(text.size() + 2);
  Writer w;
  w.u32le(1).u16le(static_cast<std::uint16_t>(path.size())).raw(text).raw(path);
  return std::move(w).bytes();
}

Bytes gpt_data() {
  Writer w;
  w.raw(as_bytes("EFI PART")).u32le(0x00010000).u32le(92).u32le(0x51EA0457).u32le(0);
  w.u64le(1).u64le(67'108'863).u64le(34).u64le(67'108'830);
  w.raw(as_bytes("seaworthy-disk-1")).u64le(2).u32le(128).u32le(128).u32le(0x51EA0458);
  const auto partition = [&w](const Guid& type, std::string_view unique, std::uint64_t first,
                              std::uint64_t last, std::string_view name) {
    write_guid(w, type);
    w.raw(as_bytes(unique)).u64le(first).u64le(last).u64le(0);
    Bytes text = utf16(name);
    text.resize(72);
    w.raw(text);
  };
  w.u64le(2);  // NumberOfPartitions
  partition({0xc12a7328, 0xf81f, 0x11d2, {0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}},
            "seaworthy-esp-01", 2048, 1'050'623, "EFI System Partition");
  partition({0x4f68bce3, 0xe8cd, 0x4db1, {0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09}},
            "seaworthy-root-1", 1'050'624, 67'106'815, "root");
  return std::move(w).bytes();
}

}  // namespace seaworthy::machine

#include "ima.h"

#include "codec/writer.h"

namespace seaworthy::machine {
namespace {

using codec::Writer;

ImaEntry entry(std::string_view name, const Bytes& data) {
  const BankDigests digests = digests_of(data);
  Writer w;
  w.u32le(10).raw(digests.sha1.bytes()).sized32le(as_bytes(name)).sized32le(data);
  return {.bytes = std::move(w).bytes(), .digests = digests};
}

void write_ng_fields(Writer& w, const crypto::Digest& file, std::string_view path) {
  Writer digest;
  digest.raw(as_bytes(crypto::name(file.alg()))).u8(':').u8(0).raw(file.bytes());
  w.sized32le(digest.bytes());
  Writer name;
  name.raw(as_bytes(path)).u8(0);
  w.sized32le(name.bytes());
}

// A signature_v2_hdr: EVM_IMA_XATTR_DIGSIG, version 2, SHA-256, key id, size. The signature itself
// is a constant that no key has made: the machine pretends files, and nobody verifies IMA
// signatures yet.
Bytes pretended_signature() {
  Writer w;
  w.u8(0x03).u8(0x02).u8(0x04).u32be(0x5EA30127).sized16be(Bytes(71, 0x5A));
  return std::move(w).bytes();
}

}  // namespace

ImaEntry ima_ng(const crypto::Digest& file, std::string_view path) {
  Writer w;
  write_ng_fields(w, file, path);
  return entry("ima-ng", w.bytes());
}

ImaEntry ima_sig(const crypto::Digest& file, std::string_view path, ByteSpan signature) {
  Writer w;
  write_ng_fields(w, file, path);
  w.sized32le(signature);
  return entry("ima-sig", w.bytes());
}

const std::vector<BaseFile>& base_files() {
  static const std::vector<BaseFile> files = [] {
    std::vector<BaseFile> out;
    for (const char* path : {"/usr/lib/systemd/systemd",
                             "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
                             "/usr/lib/x86_64-linux-gnu/libc.so.6",
                             "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
                             "/usr/lib/systemd/systemd-journald",
                             "/usr/lib/systemd/systemd-udevd",
                             "/usr/lib/systemd/systemd-networkd",
                             "/usr/bin/bash",
                             "/usr/bin/mount",
                             "/usr/sbin/sshd",
                             "/usr/lib/modules/6.1.0-28-amd64/kernel/fs/overlayfs/overlay.ko",
                             "/usr/lib/modules/6.1.0-28-amd64/kernel/net/bridge/br_netfilter.ko",
                             "/usr/bin/containerd",
                             "/usr/bin/containerd-shim-runc-v2",
                             "/usr/bin/runc",
                             "/usr/bin/kubelet",
                             "/opt/cni/bin/bridge",
                             "/opt/cni/bin/host-local",
                             "/usr/sbin/iptables",
                             "/usr/bin/kube-proxy"}) {
      out.push_back({path, std::string("Debian 12, known good: ") + path});
    }
    return out;
  }();
  return files;
}

ImaEntry base_entry(std::size_t index) {
  const BaseFile& file = base_files()[index];
  const crypto::Digest digest = crypto::sha256(as_bytes(file.content));
  switch (index % 4) {
    case 1:
      return ima_sig(digest, file.path, {});
    case 3:
      return ima_sig(digest, file.path, pretended_signature());
    default:
      return ima_ng(digest, file.path);
  }
}

}  // namespace seaworthy::machine

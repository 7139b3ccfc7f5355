#include "attester/tss/vendor_ak.h"

#include <array>
#include <utility>

#include "attester/tss/nv.h"

namespace seaworthy::attester::tss {
namespace {

struct Place {
  TPM2_HANDLE certificate;
  TPM2_HANDLE key;              // persistent; 0: made from the template
  TPM2_HANDLE stored_template;  // NV index of a TPMT_PUBLIC, for the endorsement hierarchy
};
constexpr auto kPlaces = std::to_array<Place>({
    {0x01C101D0, 0x81000003, 0},  // Azure
    {0x01C10002, 0, 0x01C10003},  // Google, ECC
    {0x01C10000, 0, 0x01C10001},  // Google, RSA
});

Result<std::unique_ptr<Key>> key_at(const Connection& tpm, const Place& place) {
  if (place.key != 0) {
    const bool there = !TRY(existing_handles(tpm, place.key, place.key, 1)).empty();
    return there ? std::make_unique<PersistentKey>(place.key) : std::unique_ptr<Key>();
  }
  Bytes area = TRY(read_nv_if_there(tpm, place.stored_template));
  return area.empty() ? std::unique_ptr<Key>() : std::make_unique<PrimaryKey>(std::move(area));
}

}  // namespace

Result<VendorAk> find_vendor_ak(const Connection& tpm) {
  for (const Place& place : kPlaces) {
    Bytes certificate = TRY(read_nv_if_there(tpm, place.certificate));
    if (certificate.empty()) {
      continue;
    }
    VendorAk out{TRY(key_at(tpm, place)), {}};
    if (out.key) {
      out.certificates.push_back(std::move(certificate));
      return out;
    }
  }
  return VendorAk();
}

}  // namespace seaworthy::attester::tss

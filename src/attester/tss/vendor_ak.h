// An attestation key that came with the TPM, and its certificate. Private to attester/tss/.
// Where the clouds keep them: Google, go-tpm-tools (client/handles.go, GceAKTemplateNVIndex…);
// Azure Trusted Launch, as read on such machines (persistent handle 0x81000003, NV 0x01C101D0).
#pragma once

#include <memory>
#include <vector>

#include "attester/tss/keys.h"

namespace seaworthy::attester::tss {

struct VendorAk {
  std::unique_ptr<Key> key;         // null: there is none
  std::vector<Bytes> certificates;  // as found in NV
};

// The first that has both a certificate and a key: Azure's, Google's ECC, Google's RSA.
Result<VendorAk> find_vendor_ak(const Connection& tpm);

}  // namespace seaworthy::attester::tss

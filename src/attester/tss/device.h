// attester::Device on tpm2-tss (ESYS, MU, TCTI loader). The only place of the product that links
// it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "attester/device.h"

namespace seaworthy::attester::tss {

enum class Success { kYes, kNo };

// Told after each operation how long the TPM was held: "identity", "activate", "quote",
// "read_pcrs". On the thread of the caller.
using Timing =
    std::function<void(std::string_view operation, std::chrono::nanoseconds held, Success success)>;

// `tcti` is what TPM2TOOLS_TCTI would be: "device:/dev/tpmrm0", "swtpm:path=/run/tpm.sock".
// `ek_certificates`: the path of PEM certificates for a TPM that has none in it, that of the EK and
// those of its issuers; empty: none. The file may be absent, and is read for each identity(), which
// is kMalformed if it holds something else. Opens nothing yet: a TPM that is absent now is an error
// of the operations.
std::unique_ptr<Device> create_device(std::string tcti, Timing timing = {},
                                      std::string ek_certificates = {});

}  // namespace seaworthy::attester::tss

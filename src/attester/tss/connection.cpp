#include "attester/tss/connection.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include <utility>

namespace seaworthy::attester::tss {
namespace {

// The response code without layer, parameter and handle numbers (Part 2 §6.6.3).
TSS2_RC base_code(TSS2_RC code) {
  const TSS2_RC rc = code & 0xFFFF;
  return (rc & TPM2_RC_FMT1) != 0 ? rc & 0xBF : rc;
}

}  // namespace

Result<void> check(TSS2_RC code, const char* command) {
  if (code == TSS2_RC_SUCCESS) {
    return {};
  }
  const std::string message = std::string(command) + ": " + Tss2_RC_Decode(code);
  switch (base_code(code)) {
    case TPM2_RC_LOCKOUT:
      return unavailable(message +
                         " (the TPM counts failed authorizations and refuses for a while)");
    case TPM2_RC_INTEGRITY & 0xBF:
    case TPM2_RC_POLICY_FAIL & 0xBF:
      return Error(ErrorCode::kDenied, message);
    default:
      return unavailable(message);
  }
}

Result<Connection> Connection::open(const std::string& tcti) {
  Connection connection;
  TRY(check(Tss2_TctiLdr_Initialize(tcti.c_str(), &connection.tcti_),
            ("opening the TPM at " + tcti).c_str()));
  TRY(check(Esys_Initialize(&connection.esys_, connection.tcti_, nullptr), "Esys_Initialize"));
  return connection;
}

Connection::~Connection() {
  if (esys_ != nullptr) {
    Esys_Finalize(&esys_);
  }
  if (tcti_ != nullptr) {
    Tss2_TctiLdr_Finalize(&tcti_);
  }
}

Connection::Connection(Connection&& other) noexcept
    : tcti_(std::exchange(other.tcti_, nullptr)), esys_(std::exchange(other.esys_, nullptr)) {}

void Connection::flush_leftovers() {
  for (const TPM2_HANDLE first : {TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST}) {
    TPMS_CAPABILITY_DATA* raw = nullptr;
    if (Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                           TPM2_MAX_CAP_HANDLES, nullptr, &raw) != TSS2_RC_SUCCESS) {
      continue;
    }
    const EsysPtr<TPMS_CAPABILITY_DATA> data(raw);
    const TPML_HANDLE& handles = data->data.handles;
    for (UINT32 i = 0; i < handles.count; ++i) {
      ESYS_TR handle = ESYS_TR_NONE;
      if (Esys_TR_FromTPMPublic(esys_, handles.handle[i], ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                &handle) == TSS2_RC_SUCCESS) {
        Esys_FlushContext(esys_, handle);
      }
    }
  }
}

Flushed::~Flushed() {
  if (handle_ == ESYS_TR_NONE) {
    return;
  }
  if (at_end_ == AtEnd::kFlush) {
    Esys_FlushContext(esys_, handle_);
  } else {
    Esys_TR_Close(esys_, &handle_);
  }
}

Flushed::Flushed(Flushed&& other) noexcept
    : esys_(other.esys_),
      handle_(std::exchange(other.handle_, ESYS_TR_NONE)),
      at_end_(other.at_end_) {}

}  // namespace seaworthy::attester::tss

// An open TPM, and what must not stay behind in it. Private to attester/tss/.
#pragma once

#include <tss2/tss2_esys.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace seaworthy::attester::tss {

// Success, or an Error whose code says what to do about this response code.
Result<void> check(TSS2_RC code, const char* command);

// Memory that ESYS gave away.
struct EsysFree {
  void operator()(void* p) const { Esys_Free(p); }
};
template <class T>
using EsysPtr = std::unique_ptr<T, EsysFree>;

// TCTI and ESYS context; closes both.
class Connection {
 public:
  static Result<Connection> open(const std::string& tcti);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  ESYS_CONTEXT* esys() const { return esys_; }

  // Flushes transient objects and sessions that a program before us left (killed in the middle of
  // an operation). Behind a resource manager nothing but our own is visible, so nothing is there.
  void flush_leftovers();

 private:
  Connection() = default;
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
};

// What becomes of an object in the TPM when we are done with it.
enum class AtEnd { kFlush, kStays };

// A transient object or session, flushed when it goes out of scope, on every path; or a persistent
// object, which stays. The connection outlives it.
class Flushed {
 public:
  Flushed(const Connection& tpm, ESYS_TR handle, AtEnd at_end = AtEnd::kFlush)
      : esys_(tpm.esys()), handle_(handle), at_end_(at_end) {}
  ~Flushed();
  Flushed(Flushed&& other) noexcept;
  Flushed& operator=(Flushed&&) = delete;
  ESYS_TR get() const { return handle_; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR handle_;
  AtEnd at_end_;
};

// A reference to something that stays in the TPM (an NV index): only forgotten.
class Referenced {
 public:
  Referenced(const Connection& tpm, ESYS_TR handle) : esys_(tpm.esys()), handle_(handle) {}
  ~Referenced() { Esys_TR_Close(esys_, &handle_); }
  Referenced(const Referenced&) = delete;
  Referenced& operator=(const Referenced&) = delete;
  ESYS_TR get() const { return handle_; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR handle_;
};

}  // namespace seaworthy::attester::tss

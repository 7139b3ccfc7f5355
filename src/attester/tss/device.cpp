#include "attester/tss/device.h"

#include <tss2/tss2_mu.h>

#include <algorithm>
#include <utility>

#include "attester/files.h"
#include "attester/tss/connection.h"
#include "attester/tss/endorsement.h"
#include "attester/tss/keys.h"
#include "attester/tss/session.h"
#include "attester/tss/vendor_ak.h"
#include "base/mutex.h"
#include "codec/reader.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"

namespace seaworthy::attester::tss {
namespace {

// TPML_PCR_SELECTION for one or more banks.
Result<TPML_PCR_SELECTION> selection_list(const std::vector<tpm::PcrSelection>& selection) {
  TPML_PCR_SELECTION out{};
  if (selection.size() > TPM2_NUM_PCR_BANKS) {
    return malformed("a PCR selection names too many banks");
  }
  for (const tpm::PcrSelection& bank : selection) {
    TPMS_PCR_SELECTION& to = out.pcrSelections[out.count++];
    to.hash = static_cast<TPMI_ALG_HASH>(bank.bank);
    to.sizeofSelect = 3;
    for (int i = 0; i < 3; ++i) {
      to.pcrSelect[i] = static_cast<BYTE>(bank.pcrs.bits() >> (8 * i));
    }
  }
  return out;
}

// A TPM2B with a maximum, from a view.
template <class T, std::size_t kMax>
Result<T> sized(ByteSpan content, BYTE (T::*buffer)[kMax], const char* what) {
  T out{};
  if (content.size() > kMax) {
    return malformed(std::string(what) + " is too long for a TPM");
  }
  out.size = static_cast<UINT16>(content.size());
  std::ranges::copy(content, out.*buffer);
  return out;
}

// The content of a TPM2B that is all there is.
Result<ByteSpan> unwrapped(const char* what, ByteSpan bytes) {
  codec::Reader r(what, bytes);
  const ByteSpan content = TRY(r.sized16be(0xFFFF));
  TRY(r.expect_end());
  return content;
}

// Reports how long the TPM was held, and with what success, when it goes out of scope.
class Timer {
 public:
  Timer(const Timing& timing, std::string_view operation)
      : timing_(timing), operation_(operation), begin_(std::chrono::steady_clock::now()) {}
  ~Timer() {
    if (timing_) {
      timing_(operation_, std::chrono::steady_clock::now() - begin_, success_);
    }
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  template <class T>
  Result<T> ended_with(Result<T> result) {
    success_ = result ? Success::kYes : Success::kNo;
    return result;
  }

 private:
  const Timing& timing_;
  std::string_view operation_;
  std::chrono::steady_clock::time_point begin_;
  Success success_ = Success::kNo;
};

constexpr std::size_t kMaxCertificates = 64 * 1024;

Result<std::vector<crypto::Certificate>> configured_certificates(const std::string& path) {
  if (path.empty()) {
    return std::vector<crypto::Certificate>();
  }
  const auto content = read_bounded(path, kMaxCertificates);
  if (!content && content.error().code() == ErrorCode::kNotFound) {
    return std::vector<crypto::Certificate>();
  }
  const Bytes pem = TRY(content);
  auto found = crypto::parse_pem_bundle(as_text(pem));
  return found ? std::move(found) : std::move(found).error().in(path);
}

class TssDevice final : public Device {
 public:
  TssDevice(std::string tcti, Timing timing, std::string ek_certificates)
      : tcti_(std::move(tcti)),
        timing_(std::move(timing)),
        ek_certificates_(std::move(ek_certificates)) {}

  Result<Identity> identity() override {
    const MutexLock lock(mutex_);
    Timer timer(timing_, "identity");
    return timer.ended_with(make_identity());
  }

  Result<Bytes> activate(ByteSpan credential_blob, ByteSpan encrypted_secret) override {
    const MutexLock lock(mutex_);
    Timer timer(timing_, "activate");
    return timer.ended_with(open_secret(credential_blob, encrypted_secret));
  }

  Result<SignedQuote> quote(const std::vector<tpm::PcrSelection>& selection,
                            ByteSpan qualifying_data) override {
    const MutexLock lock(mutex_);
    Timer timer(timing_, "quote");
    return timer.ended_with(sign_pcrs(selection, qualifying_data));
  }

  Result<PcrValues> read_pcrs(const tpm::PcrSelection& selection) override {
    const MutexLock lock(mutex_);
    Timer timer(timing_, "read_pcrs");
    return timer.ended_with(pcr_values(selection));
  }

 private:
  Result<Connection> connect() REQUIRES(mutex_) {
    Connection tpm = TRY(Connection::open(tcti_));
    if (!cleaned_) {
      tpm.flush_leftovers();
      cleaned_ = true;
    }
    return tpm;
  }

  Result<Identity> make_identity() REQUIRES(mutex_) {
    const auto configured = TRY(configured_certificates(ek_certificates_));
    const Connection tpm = TRY(connect());
    Endorsement endorsement = TRY(find_endorsement(tpm, configured));
    Identity out;
    out.ek_certificates = std::move(endorsement.certificates);

    // One after the other: a TPM has room for three transient objects.
    ek_ = std::make_unique<PrimaryKey>(std::move(endorsement.ek_template));
    VendorAk vendors;
    if (out.ek_certificates.empty()) {  // nobody vouches for the EK: perhaps somebody for an AK
      vendors = TRY(find_vendor_ak(tpm));
    }
    out.ak_certificates = std::move(vendors.certificates);
    ak_ = vendors.key ? std::move(vendors.key) : std::make_unique<PrimaryKey>(ak_template());
    for (Key* key : {static_cast<Key*>(ek_.get()), ak_.get()}) {
      const Flushed loaded = TRY(key->load(tpm));
    }
    out.ek_public = ek_->public_area();
    out.ak_public = ak_->public_area();
    return out;
  }

  Result<Bytes> open_secret(ByteSpan credential_blob, ByteSpan encrypted_secret) REQUIRES(mutex_) {
    if (!ek_ || !ak_) {
      return Error(ErrorCode::kConflict, "activate() before identity()");
    }
    const ByteSpan blob = TRY(unwrapped("TPM2B_ID_OBJECT", credential_blob));
    const ByteSpan wrapped = TRY(unwrapped("TPM2B_ENCRYPTED_SECRET", encrypted_secret));
    const auto id = TRY(sized(blob, &TPM2B_ID_OBJECT::credential, "TPM2B_ID_OBJECT"));
    const auto secret =
        TRY(sized(wrapped, &TPM2B_ENCRYPTED_SECRET::secret, "TPM2B_ENCRYPTED_SECRET"));

    const Connection tpm = TRY(connect());
    const Flushed ak = TRY(ak_->load(tpm));
    const Flushed ek = TRY(ek_->load(tpm));
    // Whoever may use the endorsement hierarchy may use the EK (its authorization is empty).
    const Flushed policy = TRY(start_ek_session(tpm, ek_->public_area()));
    // Salted to the EK, so that nobody on the bus reads the secret: if the EK were not the TPM's
    // own, the verifier's credential would not open either.
    const Flushed encrypted =
        TRY(start_session(tpm, TPM2_SE_HMAC, TPM2_ALG_SHA256, ek.get(),
                          TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT));
    TPM2B_DIGEST* raw = nullptr;
    TRY(check(Esys_ActivateCredential(tpm.esys(), ak.get(), ek.get(), ESYS_TR_PASSWORD,
                                      policy.get(), encrypted.get(), &id, &secret, &raw),
              "TPM2_ActivateCredential"));
    const EsysPtr<TPM2B_DIGEST> opened(raw);
    return Bytes(opened->buffer, opened->buffer + opened->size);
  }

  Result<SignedQuote> sign_pcrs(const std::vector<tpm::PcrSelection>& selection,
                                ByteSpan qualifying_data) REQUIRES(mutex_) {
    if (!ak_) {
      return Error(ErrorCode::kConflict, "quote() before identity()");
    }
    const auto pcrs = TRY(selection_list(selection));
    const auto data = TRY(sized(qualifying_data, &TPM2B_DATA::buffer, "qualifying data"));
    const Connection tpm = TRY(connect());
    const Flushed ak = TRY(ak_->load(tpm));
    TPMT_SIG_SCHEME scheme{};
    scheme.scheme = TPM2_ALG_NULL;  // the key's own
    TPM2B_ATTEST* attest_raw = nullptr;
    TPMT_SIGNATURE* signature_raw = nullptr;
    TRY(check(Esys_Quote(tpm.esys(), ak.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
                         &scheme, &pcrs, &attest_raw, &signature_raw),
              "TPM2_Quote"));
    const EsysPtr<TPM2B_ATTEST> attest(attest_raw);
    const EsysPtr<TPMT_SIGNATURE> signature(signature_raw);
    SignedQuote out;
    out.attested.assign(attest->attestationData, attest->attestationData + attest->size);
    out.signature.resize(sizeof(TPMT_SIGNATURE));
    std::size_t offset = 0;
    TRY(check(Tss2_MU_TPMT_SIGNATURE_Marshal(signature.get(), out.signature.data(),
                                             out.signature.size(), &offset),
              "TPMT_SIGNATURE"));
    out.signature.resize(offset);
    return out;
  }

  Result<PcrValues> pcr_values(const tpm::PcrSelection& selection) REQUIRES(mutex_) {
    const Connection tpm = TRY(connect());
    PcrValues out;
    tpm::PcrMask wanted = selection.pcrs;
    while (!wanted.empty()) {  // a TPM gives at most eight values at a time
      const auto pcrs = TRY(selection_list({{.bank = selection.bank, .pcrs = wanted}}));
      TPML_PCR_SELECTION* given_raw = nullptr;
      TPML_DIGEST* values_raw = nullptr;
      TRY(check(Esys_PCR_Read(tpm.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &pcrs, nullptr,
                              &given_raw, &values_raw),
                "TPM2_PCR_Read"));
      const EsysPtr<TPML_PCR_SELECTION> given(given_raw);
      const EsysPtr<TPML_DIGEST> values(values_raw);
      UINT32 next = 0;
      tpm::PcrMask missing;
      for (const tpm::PcrIndex pcr : wanted.indexes()) {
        const BYTE bits =
            given->count == 1 ? given->pcrSelections[0].pcrSelect[pcr.value() / 8] : 0;
        if ((bits >> (pcr.value() % 8) & 1) == 0) {
          missing.add(pcr);
        } else if (next < values->count) {
          const TPM2B_DIGEST& value = values->digests[next++];
          out[static_cast<std::uint8_t>(pcr.value())].assign(value.buffer,
                                                             value.buffer + value.size);
        }
      }
      if (next == 0) {
        return unsupported("the TPM gives no " + std::string(crypto::name(selection.bank)) +
                           " PCR " + missing.text() + ": enable that bank in the firmware setup");
      }
      wanted = missing;
    }
    return out;
  }

  const std::string tcti_;
  const Timing timing_;
  const std::string ek_certificates_;
  Mutex mutex_;
  bool cleaned_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<PrimaryKey> ek_ GUARDED_BY(mutex_);
  std::unique_ptr<Key> ak_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Device> create_device(std::string tcti, Timing timing,
                                      std::string ek_certificates) {
  return std::make_unique<TssDevice>(std::move(tcti), std::move(timing),
                                     std::move(ek_certificates));
}

}  // namespace seaworthy::attester::tss

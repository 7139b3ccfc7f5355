// A TPM, a verifier and a folder that behave, for the tests of the attester.
#pragma once

#include <stdlib.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/evidence.h"
#include "attester/device.h"
#include "attester/enrol.h"
#include "attester/observer.h"
#include "attester/token.h"
#include "base/check.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "eventlog/ima.h"
#include "http/client.h"
#include "tpm/public_area.h"

namespace seaworthy::attester::testing {

// On tmpfs, as what an agent keeps.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/dev/shm/seaworthy-attester-XXXXXX";
    SEAWORTHY_CHECK(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write_file(const std::string& path, ByteSpan content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << as_text(content);
}
inline void append_file(const std::string& path, ByteSpan content) {
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out << as_text(content);
}

inline Bytes ima_entry(int number) {
  const std::string name = "/usr/bin/program-" + std::to_string(number);
  return eventlog::write_ima_entry(
      {.file_digest = to_bytes(crypto::sha256(as_bytes(name)).bytes()), .name = name});
}
inline Bytes ima_entries(int first, int count) {
  Bytes out;
  for (int i = first; i < first + count; ++i) {
    append(out, ima_entry(i));
  }
  return out;
}

inline Bytes some_ak_public(std::uint8_t variant = 1) {
  return tpm::write_public_area(
      {.name_alg = crypto::HashAlg::kSha256,
       .attributes = 0x00050472,
       .auth_policy = {},
       .symmetric = {},
       .scheme = tpm::Scheme{.alg = tpm::kAlgEcdsa, .hash = crypto::HashAlg::kSha256},
       .key = tpm::EccKey{
           .curve = tpm::EccCurve::kNistP256, .x = Bytes(32, variant), .y = Bytes(32, 2)}});
}

class FakeDevice final : public Device {
 public:
  Identity who{.ek_certificates = {{0x30, 1}}, .ek_public = {9, 9}, .ak_public = some_ak_public()};
  std::optional<Error> broken;  // every operation fails with it
  std::function<void()> during_quote = [] {};
  Bytes attested = {1, 2, 3};
  int identities = 0;
  int quotes = 0;
  std::vector<Bytes> qualifying;

  Result<Identity> identity() override {
    ++identities;
    if (broken) {
      return *broken;
    }
    return who;
  }
  // Opens what FakeVerifier makes: the blob is the secret.
  Result<Bytes> activate(ByteSpan credential_blob, ByteSpan) override {
    if (broken) {
      return *broken;
    }
    return to_bytes(credential_blob);
  }
  Result<SignedQuote> quote(const std::vector<tpm::PcrSelection>&, ByteSpan data) override {
    if (broken) {
      return *broken;
    }
    ++quotes;
    qualifying.push_back(to_bytes(data));
    during_quote();
    return SignedQuote{.attested = attested, .signature = {4, 5}};
  }
  Result<PcrValues> read_pcrs(const tpm::PcrSelection& selection) override {
    if (broken) {
      return *broken;
    }
    PcrValues out;
    for (const tpm::PcrIndex pcr : selection.pcrs.indexes()) {
      const auto index = static_cast<std::uint8_t>(pcr.value());
      out[index] = Bytes(crypto::digest_size(selection.bank), index);
    }
    return out;
  }
};

// Knows one node. Refuses nonces that are not its own, used ones included.
class FakeVerifier final : public http::Client {
 public:
  bool enrolled = false;
  std::int64_t interval_seconds = 30;
  std::optional<http::Response> instead;    // answers everything with this, while set
  std::optional<Error> unreachable;         // or fails with this
  std::deque<api::AttestOutcome> outcomes;  // of the next evidence; then kAppraised
  bool need_boot_log = false;
  std::string pending;  // "PendingApproval": what activation answers
  std::uint64_t ima_known = 0;
  bool ima_whole = false;
  std::optional<api::CheckpointMessage> checkpoint;  // given for evidence that is appraised

  std::vector<std::string> asked;  // targets, in order
  std::vector<std::string> authorizations;
  std::vector<api::AttestRequest> evidence;

  Result<http::Response> send(const http::Request& request, Deadline, std::stop_token) override {
    asked.push_back(request.target);
    authorizations.emplace_back(request.headers.get("Authorization").value_or(""));
    if (unreachable) {
      return *unreachable;
    }
    if (instead) {
      return *instead;
    }
    if (request.target == "/v1/enrol") {
      return ok(api::to_json(api::EnrolResponse{.session = to_bytes(as_bytes("session")),
                                                .credential_blob = secret_,
                                                .encrypted_secret = {7}}));
    }
    if (request.target == "/v1/enrol/activate") {
      return activate(request.body);
    }
    if (!enrolled) {
      return refuse(404, "NotEnrolled");
    }
    if (request.target == "/v1/challenge") {
      codec::Json body;
      body["challenge"] = api::to_json(challenge());
      return ok(body);
    }
    return attest(request.body);
  }
  Result<http::Response> stream(const http::Request&, Deadline, std::stop_token,
                                const http::ChunkSink&) override {
    return internal_error("not asked for here");
  }

  static http::Response refuse(int status, const std::string& code) {
    return http::json_response(status, codec::to_json_text(api::to_json(api::ErrorMessage{
                                           .code = code, .message = "no", .findings = {}})));
  }

 private:
  static http::Response ok(const codec::Json& json) {
    return http::json_response(200, codec::to_json_text(json));
  }

  api::ChallengeMessage challenge() {
    nonce_ = to_bytes(as_bytes("nonce " + std::to_string(++challenges_)));
    return {.nonce = nonce_,
            .node_uid = NodeUid("uid-1"),
            .expires_seconds = 60,
            .selection = {{.bank = "sha256", .pcrs = {0, 7, 10}}},
            .boot_log_known = {},
            .ima_from = ima_known,
            .ima_whole = ima_whole,
            .interval_seconds = interval_seconds};
  }

  Result<http::Response> activate(const std::string& body) {
    const auto request = api::parse_activate_request(body);
    if (!request || request->proof != activation_proof(secret_, request->session)) {
      return refuse(403, "ActivationFailed");
    }
    if (!pending.empty()) {
      auto response = ok(api::to_json(api::ActivateResponse{
          .state = pending, .message = "ask a person", .retry_seconds = 40, .challenge = {}}));
      response.status = 202;
      return response;
    }
    enrolled = true;
    return ok(api::to_json(api::ActivateResponse{
        .state = "Enrolled", .message = "", .retry_seconds = 0, .challenge = challenge()}));
  }

  Result<http::Response> attest(const std::string& body) {
    const auto request = api::parse_attest_request(body);
    if (!request || request->nonce != nonce_) {
      return refuse(400, "NonceUnknown");
    }
    nonce_.clear();
    evidence.push_back(*request);
    api::AttestResponse out;
    out.outcome = api::AttestOutcome::kAppraised;
    if (!outcomes.empty()) {
      out.outcome = outcomes.front();
      outcomes.pop_front();
    }
    out.need_boot_log = need_boot_log;
    out.checkpoint = checkpoint;
    if (out.outcome == api::AttestOutcome::kRefused) {
      out.findings.push_back({.reason = "NonceMismatch", .about = "", .message = "another nonce"});
    }
    out.challenge = challenge();
    return ok(api::to_json(out));
  }

  Bytes secret_ = Bytes(32, 5);
  Bytes nonce_;
  int challenges_ = 0;
};

struct RecordingObserver final : Observer {
  struct HeldUp {
    std::string doing;
    std::string why;
    std::chrono::milliseconds delay;
  };
  int enrolments = 0;
  std::vector<bool> attestations;  // triggered?
  std::vector<HeldUp> troubles;
  std::uint64_t entries = 0;
  std::string not_kept;
  std::atomic<int> steps{0};

  void enrolled() override { ++enrolments; }
  void attested(const api::AttestResponse&, bool triggered) override {
    attestations.push_back(triggered);
  }
  void held_up(std::string_view doing, const Error& why, std::chrono::milliseconds delay) override {
    troubles.push_back({std::string(doing), why.message(), delay});
  }
  void stepped() override { ++steps; }
  void ima_entries(std::uint64_t n) override { entries = n; }
  void ima_not_kept(const Error& why) override { not_kept = why.message(); }
};

}  // namespace seaworthy::attester::testing

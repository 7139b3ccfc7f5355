// Which TPM a node has.
#include <array>
#include <filesystem>
#include <iostream>

#include "attester/enrol.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "lies.h"
#include "machine/manufacture.h"
#include "tpm/pcr.h"
#include "tpm/qualifying_data.h"

namespace seaworthy::liar {
namespace {

api::EnrolRequest enrolment(Node& node) {
  return {.ek_certificates = node.identity().ek_certificates,
          .ek_public = node.identity().ek_public,
          .ak_public = node.identity().ak_public};
}

Result<http::Response> enrol(Node& node, const std::string& what,
                             const api::EnrolRequest& request) {
  return node.post(what, "/v1/enrol", codec::to_json_text(api::to_json(request)));
}

// The two steps of an enrolment, with what is said in the second one changed.
Result<void> enrol_and_activate(Node& node, const std::string& what,
                                const std::function<Result<void>(api::EnrolRequest&)>& change) {
  api::EnrolRequest request = enrolment(node);
  const http::Response offered = TRY(enrol(node, "", request));
  if (!offered.ok()) {
    say("not even a credential was offered: " + offered.body);
    return {};
  }
  const auto credential = TRY(api::parse_enrol_response(offered.body));
  const Bytes secret =
      TRY(node.device().activate(credential.credential_blob, credential.encrypted_secret));
  TRY(change(request));
  TRY(node.post(what, "/v1/enrol/activate",
                codec::to_json_text(api::to_json(api::ActivateRequest{
                    .session = credential.session,
                    .proof = attester::activation_proof(secret, credential.session),
                    .enrol = request}))));
  return {};
}

Result<Bytes> der_of(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find("-----END");
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    return malformed("not a PEM certificate");
  }
  std::string base64(pem.substr(begin + kBegin.size(), end - begin - kBegin.size()));
  std::erase(base64, '\n');
  return codec::from_base64(base64);
}

// Whoever can make a certificate authority can certify a TPM in software.
Result<void> unknown_maker(Node& node) {
  api::EnrolRequest request = enrolment(node);
  request.ek_certificates.clear();
  TRY(enrol(node, "a TPM without a certificate", request));

  const auto ca = TRY(machine::TestCa::open(std::filesystem::temp_directory_path() / "liar-ca"));
  const Bytes issuer = TRY(der_of(ca.certificate_pem()));
  request.ek_certificates.push_back(TRY(ca.issue(machine::EkKind::kP256, request.ek_public)));
  TRY(enrol(node, "a TPM with a certificate that the attacker's own authority issued", request));

  request.ek_certificates.push_back(issuer);
  TRY(enrol(node, "the same, with the authority's certificate beside it", request));

  request.ek_certificates = {issuer};
  TRY(enrol(node, "a self-signed certificate", request));
  return {};
}

// One AK is shown to be in the TPM, another one is to be written down.
Result<void> swapped_ak(Node& node) {
  return enrol_and_activate(node, "another AK at the end of an enrolment than at its beginning",
                            [&](api::EnrolRequest& request) -> Result<void> {
                              request.ak_public = TRY(node.abuse().other_ak());
                              return {};
                            });
}

//
Result<void> unrestricted_ak(Node& node) {
  api::EnrolRequest request = enrolment(node);
  request.ak_public = TRY(node.abuse().unrestricted_key());
  TRY(enrol(node, "an AK that signs whatever it is given", request));
  return {};
}

// An honest enrolment: of a TPM that another node has.
Result<void> honest_enrolment(Node& node) {
  return enrol_and_activate(node, "this TPM for this node",
                            [](api::EnrolRequest&) -> Result<void> { return {}; });
}

Result<void> honest_evidence(Node& node) {
  return node.tell("the truth", [](const auto&, const auto&) -> Result<void> { return {}; });
}

// The challenge of another node, from standard input (relay-ask, there).
Result<void> foreign_nonce(Node& node) {
  const std::string text = TRY(standard_input());
  const auto theirs = TRY(api::parse_challenge(text));
  return node.tell("a nonce that was made for another node",
                   [&](api::ChallengeMessage challenge, auto& request) -> Result<void> {
                     challenge.nonce = theirs.nonce;
                     request = TRY(node.evidence(challenge));
                     return {};
                   });
}

// A relay in three parts: the challenge of a bad node, answered by the TPM and the logs of a
// good one, sent by the bad one. The TPM is told all that goes into an honest answer of the bad
// node: its UID, its AK, its token.
Result<void> relay_ask(Node& node) {
  const api::ChallengeMessage challenge = TRY(node.challenge());
  const Bytes channel = TRY(node.channel());
  auto json = api::to_json(challenge);
  json["relayedAk"] = codec::to_hex(node.ak_name());
  json["relayedChannel"] = codec::to_hex(channel);
  std::cout << codec::to_json_text(json) << '\n';
  return {};
}

Result<void> relay_answer(Node& node) {
  const std::string text = TRY(standard_input());
  const api::ChallengeMessage challenge = TRY(api::parse_challenge(text));
  const auto json = TRY(codec::parse_json(text, {.max_bytes = 1 << 20}));
  const Bytes ak = TRY(codec::from_hex(json.value("relayedAk", "")));
  const Bytes channel = TRY(codec::from_hex(json.value("relayedChannel", "")));
  api::AttestRequest request = TRY(node.evidence(challenge));
  const std::vector<tpm::PcrSelection> selection = {
      {.bank = crypto::HashAlg::kSha256,
       .pcrs = tpm::PcrMask::range<0, 10>() | tpm::PcrMask{tpm::PcrIndex::at<14>()}}};
  const crypto::Digest data = tpm::qualifying_data({.nonces = {challenge.nonce},
                                                    .node_uid = challenge.node_uid,
                                                    .ak_name = ak,
                                                    .channel = channel,
                                                    .selection = selection});
  auto quote = TRY(node.device().quote(selection, data.bytes()));
  request.attested = std::move(quote.attested);
  request.signature = std::move(quote.signature);
  std::cout << codec::to_json_text(api::to_json(request)) << '\n';
  return {};
}

Result<void> relay_send(Node& node) {
  std::string evidence = TRY(standard_input());
  TRY(node.post("the quote of another node's TPM, and its logs", "/v1/attest",
                std::move(evidence)));
  return {};
}

constexpr std::array kLies = {
    Lie{"unknown-maker", "A-01", &unknown_maker},
    Lie{"swapped-ak", "A-05", &swapped_ak},
    Lie{"unrestricted-ak", "A-08", &unrestricted_ak},
    Lie{"foreign-nonce", "A-48", &foreign_nonce},
    Lie{"relay-ask", "A-51", &relay_ask},
    Lie{"relay-answer", "A-51", &relay_answer},
    Lie{"relay-send", "A-51", &relay_send},
    Lie{"enrol", "A-53", &honest_enrolment},
    Lie{"truth", "no lie", &honest_evidence},
};

}  // namespace

std::span<const Lie> identity_lies() {
  return kLies;
}

}  // namespace seaworthy::liar

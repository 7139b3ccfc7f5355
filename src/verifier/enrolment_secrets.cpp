#include "verifier/enrolment_secrets.h"

#include "codec/base64.h"
#include "codec/reader.h"
#include "codec/writer.h"
#include "crypto/digest.h"

namespace seaworthy::verifier {
namespace {

constexpr std::string_view kSessionLabel = "seaworthy/enrolment-session/v1";
constexpr std::string_view kSecretLabel = "seaworthy/activation-secret/v1";
constexpr std::string_view kProofLabel = "seaworthy/activate/v1";
constexpr std::string_view kStatementLabel = "seaworthy/enrolment-statement/v2";

crypto::Digest request_digest(const api::EnrolRequest& request) {
  const crypto::Digest certificates =
      certificates_digest(request.ek_certificates, request.ak_certificates);
  const Bytes all = codec::Writer()
                        .sized16be(certificates.bytes())
                        .sized16be(request.ek_public)
                        .sized16be(request.ak_public)
                        .bytes();
  return crypto::sha256(all);
}

Error not_activated() {
  return {ErrorCode::kDenied, kNotActivated};
}

}  // namespace

crypto::Digest certificates_digest(const std::vector<Bytes>& ek, const std::vector<Bytes>& ak) {
  codec::Writer writer;
  for (const std::vector<Bytes>* certificates : {&ek, &ak}) {
    writer.u32be(static_cast<std::uint32_t>(certificates->size()));
    for (const Bytes& certificate : *certificates) {
      writer.sized32le(certificate);
    }
  }
  return crypto::sha256(writer.bytes());
}

Bytes EnrolmentSessions::start(const NodeUid& node, const std::string& pod_uid,
                               const api::EnrolRequest& request, Time now) {
  const Bytes payload = codec::Writer()
                            .sized16be(as_bytes(node.str()))
                            .sized16be(as_bytes(pod_uid))
                            .raw(request_digest(request).bytes())
                            .u64be(static_cast<std::uint64_t>(now.unix_millis().count()))
                            .raw(random_.bytes(16))
                            .bytes();
  return crypto::seal(key_, kSessionLabel, payload);
}

Bytes EnrolmentSessions::secret(ByteSpan session) const {
  return to_bytes(
      crypto::hmac(crypto::HashAlg::kSha256, key_.bytes(), {as_bytes(kSecretLabel), session})
          .bytes());
}

Bytes EnrolmentSessions::proof(ByteSpan secret, ByteSpan session) {
  return to_bytes(
      crypto::hmac(crypto::HashAlg::kSha256, secret, {as_bytes(kProofLabel), session}).bytes());
}

Result<Time> EnrolmentSessions::check(const api::ActivateRequest& answer, const NodeUid& node,
                                      const std::string& pod_uid, Time now) const {
  auto payload = crypto::open(key_, kSessionLabel, answer.session);
  if (!payload) {
    return not_activated();
  }
  codec::Reader reader("enrolment session", *payload);
  const ByteSpan for_node = TRY(reader.sized16be(256));
  const ByteSpan for_pod = TRY(reader.sized16be(256));
  const ByteSpan digest = TRY(reader.take(32));
  const auto started =
      Time::from_unix_millis(milliseconds(static_cast<std::int64_t>(TRY(reader.u64be()))));
  const bool in_time = started <= now + kSessionLife && now - started <= kSessionLife;
  const bool same_caller = as_text(for_node) == node.str() && as_text(for_pod) == pod_uid;
  const bool same_request = crypto::equal(digest, request_digest(answer.enrol).bytes());
  const bool proven = crypto::equal(answer.proof, proof(secret(answer.session), answer.session));
  if (!in_time || !same_caller || !same_request || !proven) {
    return not_activated();
  }
  return started;
}

std::string seal_statement(const crypto::SealKey& key, const EnrolmentStatement& statement) {
  const Bytes payload =
      codec::Writer()
          .sized16be(as_bytes(statement.node.str()))
          .sized16be(as_bytes(statement.node_uid.str()))
          .sized16be(as_bytes(statement.ek_hash))
          .sized16be(statement.ak_public)
          .sized16be(statement.ek_public)
          .raw(statement.certificates.bytes())
          .u8(statement.ak_certified ? 1 : 0)
          .u64be(static_cast<std::uint64_t>(statement.enrolled.unix_millis().count()))
          .bytes();
  return codec::to_base64(crypto::seal(key, kStatementLabel, payload));
}

Result<EnrolmentStatement> open_statement(const crypto::SealKey& key, const std::string& sealed) {
  const Bytes blob = TRY(codec::from_base64(sealed));
  const Bytes payload = TRY(crypto::open(key, kStatementLabel, blob));
  codec::Reader reader("enrolment statement", payload);
  EnrolmentStatement statement;
  statement.node = NodeName(std::string(as_text(TRY(reader.sized16be(256)))));
  statement.node_uid = NodeUid(std::string(as_text(TRY(reader.sized16be(256)))));
  statement.ek_hash = std::string(as_text(TRY(reader.sized16be(128))));
  statement.ak_public = to_bytes(TRY(reader.sized16be(4096)));
  statement.ek_public = to_bytes(TRY(reader.sized16be(4096)));
  statement.certificates = crypto::Digest(crypto::HashAlg::kSha256, TRY(reader.take(32)));
  statement.ak_certified = TRY(reader.u8()) != 0;
  statement.enrolled =
      Time::from_unix_millis(milliseconds(static_cast<std::int64_t>(TRY(reader.u64be()))));
  TRY(reader.expect_end());
  return statement;
}

}  // namespace seaworthy::verifier

#include "attester/collect.h"

#include <algorithm>
#include <utility>

#include "attester/files.h"
#include "attester/token.h"
#include "codec/hex.h"
#include "crypto/digest.h"
#include "tpm/attest.h"
#include "tpm/qualifying_data.h"

namespace seaworthy::attester {
namespace {

Result<std::vector<tpm::PcrSelection>> selection_of(const api::ChallengeMessage& challenge) {
  std::vector<tpm::PcrSelection> out;
  for (const api::PcrBankSelection& bank : challenge.selection) {
    const auto alg = crypto::hash_alg_named(bank.bank);
    if (!alg) {
      return malformed("the challenge asks for the unknown PCR bank " + bank.bank);
    }
    tpm::PcrMask mask;
    for (const std::uint8_t pcr : bank.pcrs) {
      mask.add(TRY(tpm::PcrIndex::of(pcr)));
    }
    out.push_back({.bank = *alg, .pcrs = mask});
  }
  if (out.empty()) {
    return malformed("the challenge asks for no PCR");  // a quote of nothing proves nothing
  }
  return out;
}

// A kernel that got no log from the firmware shows no file. Then the verifier is told just that,
// instead of hearing nothing from a node that nobody can tell from a dead one.
Result<Bytes> read_boot_log(const std::string& path) {
  auto log = read_bounded(path, api::kMaxBootLogBytes);
  if (!log && log.error().code() == ErrorCode::kNotFound) {
    return Bytes();
  }
  return log;
}

// After the quote, like the IMA list: systemd extends and then writes. A node whose systemd
// measures nothing has no such file.
Result<void> add_userspace_log(const Sources& from, const api::ChallengeMessage& challenge,
                               BootLog boot_log, api::AttestRequest& request) {
  if (from.userspace_log_path.empty() || !challenge.userspace_log_known) {
    return {};
  }
  auto log = read_bounded(from.userspace_log_path, api::kMaxUserspaceLogBytes);
  if (!log) {
    return log.error().code() == ErrorCode::kNotFound ? Result<void>() : std::move(log).error();
  }
  // With the boot log always: the verifier reads the two together.
  if (boot_log == BootLog::kAlways || request.boot_log ||
      *challenge.userspace_log_known != codec::to_hex(crypto::sha256(*log).bytes())) {
    request.userspace_log = *std::move(log);
  }
  return {};
}

std::optional<ImaEpoch> epoch_of(ByteSpan attested) {
  const auto header = tpm::parse_attest_header(attested);
  if (!header) {
    return std::nullopt;  // the verifier refuses it and says why
  }
  return ImaEpoch{header->clock.reset_count, header->clock.restart_count};
}

std::uint64_t ima_begin(const api::ChallengeMessage& challenge, const Carried& checkpoint) {
  if (challenge.ima_whole || !checkpoint) {
    return challenge.ima_from;
  }
  return std::max(challenge.ima_from, checkpoint->ima_entries);
}

}  // namespace

Result<Evidence> collect(const Sources& from, const api::ChallengeMessage& challenge,
                         const Binding& binding, BootLog boot_log, const Carried& checkpoint) {
  const auto selection = TRY(selection_of(challenge));
  Evidence out;
  api::AttestRequest& request = out.request;
  request.nonce = challenge.nonce;

  for (const tpm::PcrSelection& bank : selection) {
    request.pcrs[std::string(crypto::name(bank.bank))] = TRY(from.device.read_pcrs(bank));
  }

  const crypto::Digest channel = channel_binding(binding.token);
  const crypto::Digest qualifying = tpm::qualifying_data({.nonces = {challenge.nonce},
                                                          .node_uid = challenge.node_uid,
                                                          .ak_name = binding.ak_name,
                                                          .channel = channel.bytes(),
                                                          .selection = selection});
  SignedQuote quote = TRY(from.device.quote(selection, qualifying.bytes()));
  request.attested = std::move(quote.attested);
  request.signature = std::move(quote.signature);

  if (const auto growth = from.ima.poll()) {
    const std::uint64_t begin = ima_begin(challenge, checkpoint);
    ImaList::Slice slice = TRY(from.ima.read(epoch_of(request.attested), begin, api::kMaxImaBytes));
    out.ima_not_kept = from.ima.trouble();
    out.ima_entries = from.ima.entries();
    out.ima_complete = slice.complete;
    request.ima = api::AttestRequest::Ima{.from = slice.from, .entries = std::move(slice.entries)};
  } else if (growth.error().code() != ErrorCode::kNotFound) {
    return growth.error();
  }

  if (checkpoint) {
    request.checkpoint = checkpoint->sealed;
  }

  Bytes log = TRY(read_boot_log(from.boot_log_path));
  request.boot_log_digest = codec::to_hex(crypto::sha256(log).bytes());
  if (boot_log == BootLog::kAlways || challenge.boot_log_known != request.boot_log_digest) {
    request.boot_log = std::move(log);
  }
  TRY(add_userspace_log(from, challenge, boot_log, request));
  return out;
}

}  // namespace seaworthy::attester

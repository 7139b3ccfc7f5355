#include "verifier/challenge.h"

#include <algorithm>

#include "tpm/qualifying_data.h"

namespace seaworthy::verifier {
namespace {

std::chrono::seconds shortest_interval(const PolicyViews& policies) {
  std::chrono::seconds shortest{3600};
  for (const auto& view : policies) {
    if (!view->policy.dry_run()) {  // takes what evidence there is
      shortest = std::min(shortest, view->policy.interval);
    }
  }
  return shortest;
}

}  // namespace

const std::vector<tpm::PcrSelection>& required_selection(Selection selection) {
  static const std::vector<tpm::PcrSelection> usual{
      {.bank = verify::kPolicyBank,
       .pcrs = tpm::PcrMask::range<0, 10>() | tpm::PcrMask{tpm::PcrIndex::at<14>()}}};
  static const std::vector<tpm::PcrSelection> with_userspace{
      {.bank = verify::kPolicyBank, .pcrs = tpm::PcrMask::range<0, 15>()}};
  return selection == Selection::kUsual ? usual : with_userspace;
}

Selection selection_for(const PolicyViews& policies) {
  return std::any_of(policies.begin(), policies.end(),
                     [](const auto& view) { return view->compiled->needs_userspace_pcrs(); })
             ? Selection::kWithUserspace
             : Selection::kUsual;
}

std::uint64_t ima_from(const NodeState& state, const PolicyViews& policies, Time now) {
  for (const auto& view : policies) {
    const auto judged = state.files.find(view->policy.name());
    if (judged == state.files.end() ||
        judged->second.generation != view->compiled->generation_at(now) ||
        judged->second.entries != state.progress.ima_entries()) {
      return 0;
    }
  }
  return state.progress.ima_entries();
}

api::ChallengeMessage new_challenge(Context& context, const Caller& caller, NodeState& state,
                                    const PolicyViews& policies) {
  api::ChallengeMessage message;
  const Selection asked = selection_for(policies);
  message.nonce = context.nonces.issue(caller.node_uid, caller.pod_uid, context.clock.now(), asked);
  message.node_uid = caller.node_uid;
  message.expires_seconds = kNonceLife.count();
  for (const tpm::PcrSelection& bank : required_selection(asked)) {
    api::PcrBankSelection selection{std::string(crypto::name(bank.bank)), {}};
    for (const tpm::PcrIndex pcr : bank.pcrs.indexes()) {
      selection.pcrs.push_back(static_cast<std::uint8_t>(pcr.value()));
    }
    message.selection.push_back(std::move(selection));
  }
  message.userspace_log_known = state.progress.userspace_log_digest().value_or("");
  message.boot_log_known = state.progress.boot_log_digest();
  message.ima_from = ima_from(state, policies, context.clock.now());
  message.ima_whole = message.ima_from == 0 && state.progress.ima_entries() > 0;
  if (const auto from = context.states.wanted().ima_from(caller.node_uid, state.progress.ima,
                                                         context.clock.monotonic())) {
    message.ima_from = std::min(message.ima_from, *from);
    message.ima_whole = message.ima_from == 0;
    message.boot_log_known.reset();
    message.userspace_log_known = "";
  }
  message.interval_seconds = shortest_interval(policies).count();
  return message;
}

verify::Challenge expected_challenge(ByteSpan nonce, const Caller& caller, ByteSpan ak_name,
                                     Selection selection) {
  return {tpm::qualifying_data({.nonces = {nonce},
                                .node_uid = caller.node_uid,
                                .ak_name = ak_name,
                                .channel = caller.token_hash.bytes(),
                                .selection = required_selection(selection)}),
          required_selection(selection)};
}

}  // namespace seaworthy::verifier

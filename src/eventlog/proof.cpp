#include "eventlog/proof.h"

#include <algorithm>
#include <array>
#include <map>

#include "eventlog/uefi.h"

namespace seaworthy::eventlog {
namespace {

using crypto::HashAlg;

bool ends_in_nul(ByteSpan bytes) {
  return !bytes.empty() && bytes.back() == 0;
}

// GRUB hashes the text and logs a word in front of it and a NUL behind it.
ProvenData text_of(const BootEvent& event, HashAlg bank) {
  const std::string_view whole = as_text(event.data);
  std::array<std::size_t, 3> starts = {0, 0, 0};
  if (const std::size_t colon = whole.find(": "); colon != std::string_view::npos) {
    starts[1] = colon + 2;
  }
  if (const std::size_t space = whole.find(' '); space != std::string_view::npos) {
    starts[2] = space + 1;
  }
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (i > 0 && starts[i] == 0) {
      continue;
    }
    const ByteSpan text = ByteSpan(event.data).subspan(starts[i]);
    if (event.digest_is_of(bank, text)) {
      return {i == 0 ? Proof::kData : Proof::kTextWithoutWord, text};
    }
    if (ends_in_nul(text) && event.digest_is_of(bank, text.first(text.size() - 1))) {
      return {Proof::kTextWithoutNul, text.first(text.size() - 1)};
    }
  }
  return {};
}

ProvenData variable_of(const BootEvent& event, HashAlg bank) {
  if (event.digest_is_of(bank, event.data)) {
    return {Proof::kData, event.data};
  }
  const auto variable = parse_uefi_variable(event.data);
  if (variable && event.digest_is_of(bank, variable->data)) {
    return {Proof::kValueOfVariable, variable->data};
  }
  return {};
}

constexpr auto kActions = std::to_array<std::string_view>({
    "Calling EFI Application from Boot Option",
    "Returning from EFI Application from Boot Option",
    "Exit Boot Services Invocation",
    "Exit Boot Services Returned with Failure",
    "Exit Boot Services Returned with Success",
    "UEFI Debug Mode",
    "DMA Protection Disabled",
});

}  // namespace

std::string_view name(Proof proof) {
  switch (proof) {
    case Proof::kData:
      return "data";
    case Proof::kAllButOneByte:
      return "data without the last byte";
    case Proof::kValueOfVariable:
      return "value of the variable";
    case Proof::kTextWithoutWord:
      return "text without the first word";
    case Proof::kTextWithoutNul:
      return "text without the NUL";
    case Proof::kDigestOnly:
      break;
  }
  return "digest only";
}

ProvenData proven_data(const BootEvent& event, HashAlg bank) {
  switch (event.type) {
    case kVariableDriverConfig:
    case kSeparator:
    case kEfiAction:
    case kGptEvent:
    case kGptEvent2:
    case kSCrtmVersion:
    case kNonhostInfo:
    case kEventTag:
      return event.digest_is_of(bank, event.data) ? ProvenData{Proof::kData, event.data}
                                                  : ProvenData{};
    case kVariableAuthority: {
      const ByteSpan data = event.data;
      if (event.digest_is_of(bank, data)) {
        return {Proof::kData, data};
      }
      if (!data.empty() && event.digest_is_of(bank, data.first(data.size() - 1))) {
        return {Proof::kAllButOneByte, data.first(data.size() - 1)};
      }
      return {};
    }
    case kVariableBoot:
    case kVariableBoot2:
      return variable_of(event, bank);
    case kIpl:
      return text_of(event, bank);
    default:
      return {};
  }
}

bool always_of_its_data(std::uint32_t type) {
  return type == kVariableDriverConfig || type == kEfiAction || type == kGptEvent ||
         type == kGptEvent2;
}

std::optional<std::string_view> action_of(const crypto::Digest& digest) {
  static const auto known = [] {
    std::map<crypto::Digest, std::string_view> digests;
    for (const std::string_view action : kActions) {
      for (const HashAlg alg : {HashAlg::kSha1, HashAlg::kSha256, HashAlg::kSha384}) {
        digests.emplace(crypto::hash(alg, as_bytes(action)), action);
      }
    }
    return digests;
  }();
  const auto found = known.find(digest);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace seaworthy::eventlog

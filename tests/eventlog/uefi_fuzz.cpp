#include "base/check.h"
#include "eventlog/uefi.h"

void fuzz(seaworthy::ByteSpan input) {
  namespace eventlog = seaworthy::eventlog;
  if (const auto variable = eventlog::parse_uefi_variable(input)) {
    SEAWORTHY_CHECK(variable->data.size() <= input.size());
    (void)eventlog::parse_signature_lists(variable->data);
  }
  if (const auto lists = eventlog::parse_signature_lists(input)) {
    std::size_t total = 0;
    for (const auto& list : *lists) {
      for (const auto& signature : list.signatures) {
        total += 16 + signature.data.size();
      }
    }
    SEAWORTHY_CHECK(total <= input.size());
  }
  if (const auto image = eventlog::parse_image_load(input)) {
    (void)eventlog::claimed_file(image->device_path);
  }
  (void)eventlog::claimed_file(input);
}

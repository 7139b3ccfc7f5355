#include "base/check.h"
#include "eventlog/pe_image.h"

void fuzz(seaworthy::ByteSpan input) {
  namespace eventlog = seaworthy::eventlog;
  const auto image = eventlog::parse_pe_image(input);
  if (!image) {
    return;
  }
  SEAWORTHY_CHECK(eventlog::looks_like_pe(input));
  SEAWORTHY_CHECK(image->sections.size() <= eventlog::kMaxPeSections);
  for (const auto& section : image->sections) {
    SEAWORTHY_CHECK(section.name.size() <= 8 && section.data.size() <= input.size());
  }
}

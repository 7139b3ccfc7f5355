#include "base/check.h"
#include "eventlog/sbat.h"
#include "eventlog/userspace_log.h"

void fuzz(seaworthy::ByteSpan input) {
  namespace eventlog = seaworthy::eventlog;
  if (const auto events = eventlog::parse_userspace_log(input)) {
    const auto again = eventlog::parse_userspace_log(eventlog::write_userspace_log(*events));
    SEAWORTHY_CHECK(!again || again->size() == events->size());
  }
  if (const auto level = eventlog::parse_sbat_level(input)) {
    SEAWORTHY_CHECK(!level->components.empty());
  }
}

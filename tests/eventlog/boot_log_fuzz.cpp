#include "base/check.h"
#include "eventlog/boot_log.h"
#include "eventlog/replay.h"

// Never crashes; what is accepted replays, and means the same when written and read again.
void fuzz(seaworthy::ByteSpan input) {
  namespace eventlog = seaworthy::eventlog;
  const auto log = eventlog::parse_boot_log(input);
  if (!log) {
    return;
  }
  for (const auto bank : log->banks) {
    SEAWORTHY_CHECK(eventlog::replay(*log, bank).size() == eventlog::kPcrCount);
  }
  if (log->crypto_agile && !log->banks.empty() && log->padding_bytes == 0) {
    const auto bytes = eventlog::write_boot_log(*log);
    if (bytes.size() <= eventlog::kMaxBootLogBytes) {
      const auto again = eventlog::parse_boot_log(bytes);
      SEAWORTHY_CHECK(again && again->events.size() <= log->events.size());
    }
  }
}

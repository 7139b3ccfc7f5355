// The swtpm process of a software machine.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/result.h"

namespace seaworthy::machine {

// Runs while the object lives; killed with the program, however that ends. Killing it is a power
// loss: send TPM2_Shutdown before if it should be an orderly one.
class Swtpm {
 public:
  // Listens on `socket` for commands and on `socket`.ctrl for control, which is what tpm2-tss
  // expects of "swtpm:path=socket". Returns when both accept connections.
  static Result<Swtpm> start(const std::filesystem::path& state,
                             const std::filesystem::path& socket);
  ~Swtpm();
  Swtpm(Swtpm&& other) noexcept;
  Swtpm& operator=(Swtpm&& other) noexcept;

  pid_t pid() const { return pid_; }

 private:
  static Result<Swtpm> start_once(const std::filesystem::path& state,
                                  const std::filesystem::path& socket);
  explicit Swtpm(pid_t pid) : pid_(pid) {}
  void stop();
  pid_t pid_;
};

}  // namespace seaworthy::machine

#include "swtpm.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace seaworthy::machine {
namespace fs = std::filesystem;

Result<Swtpm> Swtpm::start(const fs::path& state, const fs::path& socket) {
  // One that was just ended may hold the state's lock a moment longer; the next then ends at once.
  for (int i = 0;; ++i) {
    auto started = start_once(state, socket);
    if (started || i == 4) {
      return started;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

Result<Swtpm> Swtpm::start_once(const fs::path& state, const fs::path& socket) {
  const std::string control_path = socket.string() + ".ctrl";
  std::error_code ignored;
  fs::create_directories(state, ignored);
  fs::remove(socket, ignored);
  fs::remove(control_path, ignored);

  const std::string tpm_state = "dir=" + state.string();
  // Group and others may connect: an agent in a container need not be root.
  const std::string server = "type=unixio,mode=0666,path=" + socket.string();
  const std::string control = "type=unixio,mode=0666,path=" + control_path;
  const std::string log = "file=" + (state / "swtpm.log").string() + ",level=1,truncate";

  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return unavailable("fork failed");
  }
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(1);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", tpm_state.c_str(), "--server",
           server.c_str(), "--ctrl", control.c_str(), "--flags", "not-need-init,startup-none",
           "--locality", "allow-set-locality", "--seccomp", "action=none", "--log", log.c_str(),
           static_cast<const char*>(nullptr));
    _exit(127);
  }

  Swtpm swtpm(pid);
  for (int i = 0; i < 500; ++i) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) {
      swtpm.pid_ = -1;
      return unavailable(WIFEXITED(status) && WEXITSTATUS(status) == 127
                             ? "cannot execute swtpm: install the package swtpm"
                             : "swtpm ended at once: see " + (state / "swtpm.log").string());
    }
    if (fs::exists(socket, ignored) && fs::exists(control_path, ignored)) {
      return swtpm;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return unavailable("swtpm does not listen on " + socket.string());
}

void Swtpm::stop() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

Swtpm::~Swtpm() {
  stop();
}

Swtpm::Swtpm(Swtpm&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Swtpm& Swtpm::operator=(Swtpm&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

}  // namespace seaworthy::machine

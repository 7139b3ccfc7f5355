#include "stop_on_signal.h"

#include <unistd.h>

namespace seaworthy::cli {

StopOnSignal::StopOnSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { wait(); });
}

StopOnSignal::~StopOnSignal() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);  // only that thread takes it
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopOnSignal::wait() {
  for (bool first = true;; first = false) {
    int signal = 0;
    sigwait(&signals_, &signal);
    if (ending_) {
      return;
    }
    if (!first) {
      ::_exit(128 + signal);
    }
    stop_.request_stop();
  }
}

}  // namespace seaworthy::cli

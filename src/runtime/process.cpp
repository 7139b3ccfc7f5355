#include "runtime/process.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

#include "telemetry/names.h"

namespace seaworthy::runtime {
namespace {

namespace field = telemetry::field;
using std::chrono::milliseconds;

// Ends the process if it is not disarmed in time.
class Watchdog {
 public:
  Watchdog(const telemetry::Log& log, std::string_view what, const std::string& component,
           milliseconds patience)
      : thread_([this, &log, what, component, patience](const std::stop_token& stop) {
          MutexLock lock(mutex_);
          sleep_.wait_for(mutex_, stop, patience, [] { return false; });
          if (!stop.stop_requested()) {
            log.error(what, {{field::kComponent, component},
                             {field::kMillis, static_cast<std::int64_t>(patience.count())}});
            ::_exit(kExitStuck);
          }
        }) {}

 private:
  Mutex mutex_;
  Condition sleep_;
  std::jthread thread_;  // its destructor asks it to stop
};

}  // namespace

struct Process::Inside {
  Inside(const telemetry::Log& l, Options o) : log(l), options(o) {}

  void watch_signals(const std::stop_token& stop);
  bool start_all();
  void stop_all();
  void wait_until_stopping();
  void begin_stopping();

  const telemetry::Log& log;
  const Options options;
  std::vector<Component> components;
  std::size_t started = 0;

  std::stop_source stopping;
  Mutex mutex;
  Condition changed;
  bool failed GUARDED_BY(mutex) = false;

  sigset_t signals{};
  sigset_t before{};  // the mask, to be put back
  int signal_fd = -1;
  int wake_fd = -1;
  std::jthread signal_thread;
};

Process::Process(const telemetry::Log& log, Options options)
    : inside_(std::make_unique<Inside>(log, options)) {
  sigemptyset(&inside_->signals);
  sigaddset(&inside_->signals, SIGTERM);
  sigaddset(&inside_->signals, SIGINT);
  SEAWORTHY_CHECK(pthread_sigmask(SIG_BLOCK, &inside_->signals, &inside_->before) == 0);
  // A peer that goes away while we write to it is an error of that write, not the end of us.
  std::signal(SIGPIPE, SIG_IGN);
  inside_->signal_fd = signalfd(-1, &inside_->signals, SFD_CLOEXEC | SFD_NONBLOCK);
  inside_->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  SEAWORTHY_CHECK(inside_->signal_fd >= 0 && inside_->wake_fd >= 0);
  inside_->signal_thread = std::jthread(
      [inside = inside_.get()](const std::stop_token& stop) { inside->watch_signals(stop); });
}

Process::~Process() {
  inside_->signal_thread.request_stop();
  eventfd_write(inside_->wake_fd, 1);
  inside_->signal_thread.join();
  ::close(inside_->signal_fd);
  ::close(inside_->wake_fd);
  pthread_sigmask(SIG_SETMASK, &inside_->before, nullptr);
}

void Process::Inside::watch_signals(const std::stop_token& stop) {
  std::array<pollfd, 2> fds{pollfd{signal_fd, POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
  while (!stop.stop_requested()) {
    if (::poll(fds.data(), fds.size(), -1) <= 0) {
      continue;
    }
    signalfd_siginfo info{};
    while (::read(signal_fd, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
      if (stopping.stop_requested()) {
        log.error("second signal: ending at once", {{field::kSignal, info.ssi_signo}});
        ::_exit(kExitStuck);
      }
      log.info("signal received: stopping", {{field::kSignal, info.ssi_signo}});
      begin_stopping();
    }
  }
}

void Process::Inside::begin_stopping() {
  stopping.request_stop();
  MutexLock lock(mutex);
  changed.notify_all();
}

bool Process::Inside::start_all() {
  for (const Component& component : components) {
    if (stopping.stop_requested()) {
      return true;
    }
    if (component.start) {
      const Watchdog watchdog(log, "component does not start: ending at once", component.name,
                              component.start_patience + options.grace);
      const auto result = component.start(stopping.get_token());
      if (!result) {
        if (stopping.stop_requested()) {
          return true;  // it was told to give up
        }
        log.error("component failed to start",
                  {{field::kComponent, component.name}, {field::kError, result.error()}});
        return false;
      }
    }
    ++started;
    log.debug("component started", {{field::kComponent, component.name}});
  }
  return true;
}

void Process::Inside::wait_until_stopping() {
  MutexLock lock(mutex);
  while (!stopping.stop_requested()) {
    changed.wait(mutex);
  }
}

void Process::Inside::stop_all() {
  while (started > 0) {
    const Component& component = components[--started];
    if (component.stop) {
      const Watchdog watchdog(log, "component does not stop: ending at once", component.name,
                              component.stop_patience + options.grace);
      component.stop(component.stop_patience);
    }
    log.debug("component stopped", {{field::kComponent, component.name}});
  }
}

void Process::add(Component component) {
  inside_->components.push_back(std::move(component));
}

void Process::add_thread(std::string name, std::function<Result<void>(std::stop_token)> body,
                         milliseconds stop_patience) {
  auto thread = std::make_shared<std::jthread>();
  Component component;
  component.name = name;
  component.start = [this, name, thread, body = std::move(body)](const std::stop_token&) {
    *thread = std::jthread([this, name, body](const std::stop_token& stop) {
      const auto result = body(stop);
      if (!stop.stop_requested()) {
        fail(name, result ? internal_error("ended by itself") : result.error());
      }
    });
    return Result<void>();
  };
  component.stop = [thread](milliseconds) {
    thread->request_stop();
    thread->join();
  };
  component.stop_patience = stop_patience;
  add(std::move(component));
}

void Process::add_server(std::string name, http::Server& server, http::Handler handler,
                         milliseconds drain_patience) {
  Component component;
  component.start = [this, name, &server, handler = std::move(handler)](const std::stop_token&) {
    auto started = server.start(handler);
    if (started) {
      inside_->log.info("listening", {{field::kComponent, name}, {field::kPort, server.port()}});
    }
    return started;
  };
  component.stop = [&server](milliseconds patience) { server.drain(patience); };
  component.stop_patience = drain_patience;
  component.name = std::move(name);
  add(std::move(component));
}

int Process::run() {
  const bool up = inside_->start_all();
  if (up) {
    inside_->wait_until_stopping();
  } else {
    inside_->begin_stopping();
  }
  if (inside_->options.health != nullptr) {
    inside_->options.health->begin_stopping();
  }
  if (up && inside_->options.drain_delay.count() > 0) {
    std::this_thread::sleep_for(inside_->options.drain_delay);  // a second signal ends it
  }
  inside_->stop_all();
  MutexLock lock(inside_->mutex);
  return up && !inside_->failed ? 0 : 1;
}

void Process::stop() {
  inside_->begin_stopping();
}

void Process::fail(const std::string& name, const Error& error) {
  bool first = false;
  {
    MutexLock lock(inside_->mutex);
    first = !inside_->failed;
    inside_->failed = true;
  }
  if (first) {
    inside_->log.error("component failed", {{field::kComponent, name}, {field::kError, error}});
  }
  inside_->begin_stopping();
}

}  // namespace seaworthy::runtime

#include "control.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "codec/base64.h"
#include "codec/fields.h"
#include "codec/hex.h"

namespace seaworthy::machine {
namespace {

namespace fs = std::filesystem;
using codec::Fields;
using codec::Json;

constexpr std::size_t kMaxMessage = 1 << 20;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<sockaddr_un> address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path) {
    return malformed(path.string() + " is too long for a Unix socket: use a shorter folder");
  }
  std::strcpy(address.sun_path, path.c_str());
  return address;
}

Result<std::string> read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) {
      return text;
    }
    if (n < 0 || text.size() > kMaxMessage) {
      return unavailable("control socket: no whole message");
    }
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      return;  // the other side sees a message cut short
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

Result<BootProfile> profile_named(const std::string& name) {
  const auto profile = boot_profile(name);
  if (!profile) {
    std::string all;
    for (const auto& each : boot_profiles()) {
      all += " " + each.name;
    }
    return malformed("no boot profile " + name + "; there are:" + all);
  }
  return *profile;
}

// What a verb answers, for a person or a script.
Result<std::string> execute(Machine& machine, std::string_view text) {
  const Json request = TRY(codec::parse_json(text, {.max_bytes = kMaxMessage}));
  Fields fields = TRY(Fields::of(request, ""));
  const std::string verb = TRY(fields.text("verb", 32));
  if (verb == "status") {
    return TRY(machine.status()).dump(2) + "\n";
  }
  if (verb == "boot" || verb == "reset") {
    const auto name = TRY(fields.maybe_text("profile", 64));
    const bool power_loss = TRY(fields.maybe_boolean("powerLoss")).value_or(false);
    const BootProfile profile = TRY(profile_named(name.value_or(machine.profile().name)));
    TRY(machine.reboot(profile, power_loss ? PowerOff::kPowerLoss : PowerOff::kOrderly));
    return "booted " + profile.name + "\n";
  }
  if (verb == "run-file") {
    const std::string path = TRY(fields.text("path", 4095));
    const Bytes content = TRY(fields.base64("content", kMaxMessage));
    const crypto::Digest digest = TRY(machine.run_file(path, content));
    return codec::to_hex(digest.bytes()) + "\n";
  }
  if (verb == "trim") {
    const auto entries = TRY(fields.integer("entries", 0, 1'000'000));
    TRY(machine.trim(static_cast<std::size_t>(entries)));
    return "forgot " + std::to_string(entries) + " entries\n";
  }
  if (verb == "clone") {
    const std::string folder = TRY(fields.text("folder", 4095));
    TRY(machine.clone_to(folder));
    return "cloned into " + folder + "\n";
  }
  return malformed("no verb " + verb);
}

void answer(Machine& machine, int connection) {
  const auto request = read_all(connection);
  const auto result = request ? execute(machine, *request) : Result<std::string>(request.error());
  const Json reply = result ? Json{{"output", *result}} : Json{{"error", result.error().message()}};
  write_all(connection, codec::to_json_text(reply));
}

}  // namespace

fs::path control_socket(const fs::path& state) {
  return state / "control.sock";
}

Result<void> serve(Machine& machine, const fs::path& socket_path) {
  std::error_code ignored;
  fs::remove(socket_path, ignored);
  const sockaddr_un address = TRY(address_of(socket_path));
  const Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), 16) != 0) {
    return unavailable("cannot listen on " + socket_path.string() + ": " + std::strerror(errno));
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const Fd signal_fd(signalfd(-1, &signals, SFD_CLOEXEC));

  for (;;) {
    pollfd waiting[] = {{listener.get(), POLLIN, 0}, {signal_fd.get(), POLLIN, 0}};
    poll(waiting, 2, 500);
    if (waiting[1].revents != 0) {
      fs::remove(socket_path, ignored);
      return machine.power_off();
    }
    if (machine.tpm_ended()) {
      return unavailable("swtpm ended by itself");
    }
    if (waiting[0].revents != 0) {
      const Fd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      answer(machine, connection.get());
    }
  }
}

Result<std::string> ask(const fs::path& state, const Json& request) {
  const fs::path path = control_socket(state);
  const sockaddr_un address = TRY(address_of(path));
  const Fd connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return unavailable("no machine runs with the state folder " + state.string());
  }
  write_all(connection.get(), codec::to_json_text(request));
  shutdown(connection.get(), SHUT_WR);
  const std::string text = TRY(read_all(connection.get()));
  const Json reply = TRY(codec::parse_json(text, {.max_bytes = kMaxMessage}));
  Fields fields = TRY(Fields::of(reply, ""));
  if (const auto error = TRY(fields.maybe_text("error", kMaxMessage))) {
    return unavailable(*error);
  }
  return TRY(fields.text("output", kMaxMessage));
}

}  // namespace seaworthy::machine

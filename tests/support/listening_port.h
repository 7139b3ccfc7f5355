// A real socket that listens, for tests that nothing calls there.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/check.h"

namespace seaworthy::testing {

// On 127.0.0.1, at a port that the kernel chose.
class ListeningPort {
 public:
  ListeningPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    SEAWORTHY_CHECK(::bind(socket_, generic(), size) == 0 && ::listen(socket_, 8) == 0);
    SEAWORTHY_CHECK(::getsockname(socket_, generic(), &size) == 0);
  }
  ~ListeningPort() { ::close(socket_); }
  ListeningPort(const ListeningPort&) = delete;
  ListeningPort& operator=(const ListeningPort&) = delete;

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + path;
  }
  // Somebody connected since the last time it was asked: the kernel takes calls without us.
  bool called() const {
    const int peer = ::accept(socket_, nullptr, nullptr);
    if (peer >= 0) {
      ::close(peer);
    }
    return peer >= 0;
  }
  void call() {
    const int caller = ::socket(AF_INET, SOCK_STREAM, 0);
    SEAWORTHY_CHECK(::connect(caller, generic(), sizeof(address_)) == 0);
    ::close(caller);
  }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

  sockaddr_in address_{};
  const int socket_;
};

}  // namespace seaworthy::testing

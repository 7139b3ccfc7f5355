// What a request has to be, beyond what Beast's parser checks by itself.
#pragma once

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "http/message.h"

namespace seaworthy::http::beast {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;

struct Refusal {
  int status;
  const char* why;
};

// Looks at a request's header when it is complete and the body is not: RFC 9112 §3.2 Request
// Target (origin-form only, one Host), §6.1 Transfer-Encoding ("chunked" and nothing else, never
// with Content-Length: A182), the methods we have, RFC 9110 §10.1.1 Expect.
std::optional<Refusal> refuse(const BeastRequest& request);

bool expects_continue(const BeastRequest& request);

// How to answer what the parser refused; nullopt for what is not the peer's HTTP (I/O errors).
std::optional<Refusal> refusal_of(const boost::beast::error_code& error);

// Moves the body out.
Request translate(BeastRequest&& request);

// What an answer has to know about its request.
struct ReplyTo {
  bool head = false;
  bool http10 = false;
  bool keep_alive = false;  // as far as the peer is concerned
};
ReplyTo reply_to(const BeastRequest& request);

// An answer (checked: check_sendable) as it goes on the wire, in one piece: one write, one TLS
// record for a small one. With Date, Content-Length, Connection and, for HEAD, no body.
std::string serialize(const Response& response, const ReplyTo& to);

}  // namespace seaworthy::http::beast

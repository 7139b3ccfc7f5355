// The Beast server over plain loopback sockets: limits, rules, drain. TLS: server_tls_test.cpp.
#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "http/server_fixture.h"

namespace seaworthy::http::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}

std::string post(const std::string& body, std::string_view more = "Connection: close\r\n") {
  return "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + body;
}

TEST(Server, AnswersGetHeadAndPost) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send(get("/a?b"));
  const std::string first = peer.receive_until("GET /a?b \n");
  EXPECT_EQ(status_line(first), "HTTP/1.1 200 OK");
  EXPECT_NE(first.find("Content-Length: 10\r\n"), std::string::npos) << first;
  EXPECT_NE(first.find(" GMT\r\n"), std::string::npos) << first;
  EXPECT_EQ(first.find("Connection:"), std::string::npos) << first;

  peer.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n" + post("body"));
  const std::string rest = peer.receive_all();
  EXPECT_NE(rest.find("Content-Length: 9\r\n"), std::string::npos) << rest;  // of the HEAD
  EXPECT_EQ(rest.find("HEAD /h"), std::string::npos) << rest;
  EXPECT_NE(rest.find("POST /p body\n"), std::string::npos) << rest;
  EXPECT_NE(rest.find("Connection: close\r\n"), std::string::npos) << rest;
}

TEST(Server, TakesChunkedBodiesAndPipelinedRequests) {
  const TestServer server;
  const std::string answer = server.ask(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n" +
      get("/2") + get("/3", "Connection: close\r\n"));
  EXPECT_NE(answer.find("POST /c abcd\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("GET /2"), std::string::npos) << answer;
  EXPECT_NE(answer.find("GET /3"), std::string::npos) << answer;
}

TEST(Server, AnswersHttp10WithOneResponse) {
  const TestServer server;
  const std::string answer = server.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.0 200 OK");
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

TEST(Server, SaysContinueOnlyWhenItWillReadTheBody) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("body");
  EXPECT_NE(peer.receive_until("POST /e body\n").find("200 OK"), std::string::npos);

  EXPECT_EQ(status_line(server.ask("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n"
                                   "Expect: 100-continue\r\n\r\n")),
            "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(status_line(server.ask(get("/e", "Expect: more\r\n"))),
            "HTTP/1.1 417 Expectation Failed");
}

TEST(Server, TellsTheHandlerWhoAsked) {
  const TestServer server(test_config(), [](const Request& request, std::stop_token) {
    return text_response(200, request.peer_address + "|" + request.peer_name);
  });
  EXPECT_NE(server.ask(get("/", "Connection: close\r\n")).find("127.0.0.1|\n"), std::string::npos);
}

TEST(Server, SetsTheHeadersOfTheConnectionItself) {
  const TestServer server(test_config(), [](const Request&, std::stop_token) {
    return Response{
        200,
        {{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}, {"Connection", "x"}},
        "four",
        std::chrono::seconds(9)};
  });
  const std::string answer = server.ask(get("/", "Connection: close\r\n"));
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Retry-After: 9\r\n"), std::string::npos) << answer;
}

TEST(Server, A181_TurnsAFailingHandlerIntoA500WithoutDetails) {
  std::promise<std::string> problem;
  ServerConfig config = test_config();
  config.on_problem = [&](std::string_view text) { problem.set_value(std::string(text)); };
  const TestServer server(std::move(config), [](const Request&, std::stop_token) -> Response {
    throw std::runtime_error("secret reason");
  });
  const std::string answer = server.ask(get("/x?token=1", "Connection: close\r\n"));
  EXPECT_EQ(status_line(answer), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(answer.find("secret"), std::string::npos);
  EXPECT_EQ(problem.get_future().get(), "handler failed for GET /x: secret reason");
}

TEST(Server, A182_SendsNoHeaderThatAHandlerSmuggles) {
  const TestServer server(test_config(), [](const Request&, std::stop_token) {
    return Response{200, {{"X", "a\r\nSet-Cookie: b"}}, "", {}};
  });
  const std::string answer = server.ask(get("/", "Connection: close\r\n"));
  EXPECT_EQ(status_line(answer), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
}

struct BadRequest {
  const char* name;
  std::string text;
  const char* status;
};

class A182_Smuggling : public ::testing::TestWithParam<BadRequest> {};

TEST_P(A182_Smuggling, IsRefusedAndTheConnectionEnds) {
  std::atomic<int> handled = 0;
  const TestServer server(test_config(), [&](const Request& request, std::stop_token stop) {
    ++handled;
    return echo(request, stop);
  });
  // Whatever the first one is taken for, nothing after it may be taken for a request.
  const std::string answer = server.ask(GetParam().text + get("/smuggled"));
  EXPECT_EQ(status_line(answer), "HTTP/1.1 " + std::string(GetParam().status));
  EXPECT_EQ(answer.find("/smuggled"), std::string::npos) << answer;
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(server.server->stats().requests_malformed, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    All, A182_Smuggling,
    ::testing::Values(
        BadRequest{"LengthThenChunked",
                   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n0\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"ChunkedThenLength",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
                   "4\r\n\r\n0\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{
            "TwoLengths",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
            "400 Bad Request"},
        BadRequest{
            "SameLengthTwice",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
            "400 Bad Request"},
        BadRequest{"LengthList", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd",
                   "400 Bad Request"},
        BadRequest{"NegativeLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"SignedLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
                   "400 Bad Request"},
        BadRequest{"HexLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd",
                   "400 Bad Request"},
        BadRequest{"LengthOverflow",
                   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551620\r\n\r\nabcd",
                   "400 Bad Request"},
        BadRequest{"EncodingIdentity",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"EncodingXchunked",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"EncodingTwice",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n0\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{
            "EncodingList",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "400 Bad Request"},
        BadRequest{"EncodingInHttp10",
                   "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"SpaceBeforeColon",
                   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd",
                   "400 Bad Request"},
        BadRequest{"BareLineFeeds", "GET / HTTP/1.1\nHost: x\n\n",
                   "505 HTTP Version Not Supported"},
        BadRequest{"BadChunkSize",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{
            "ChunkWithoutEnd",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
            "400 Bad Request"},
        BadRequest{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
        BadRequest{"TwoHosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400 Bad Request"},
        BadRequest{"AbsoluteTarget", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"AsteriskTarget", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"},
        BadRequest{"DoubleSlashTarget", "GET //y/ HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"},
        BadRequest{"OtherMethod", "PUT / HTTP/1.1\r\nHost: x\r\n\r\n", "501 Not Implemented"},
        BadRequest{"Connect", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "501 Not Implemented"},
        BadRequest{"MadeUpMethod", "GETT / HTTP/1.1\r\nHost: x\r\n\r\n", "501 Not Implemented"},
        BadRequest{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"},
        BadRequest{"TlsToAPlainPort", std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10),
                   "400 Bad Request"}),
    [](const auto& test) { return test.param.name; });

TEST(Server, A183_RefusesAHeaderOneByteBeyondItsLimit) {
  ServerConfig config = test_config();
  config.limits.max_header_bytes = 1024;
  const TestServer server(config);
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ";
  const std::string fits = start + std::string(1024 - start.size() - 4, 'x') + "\r\n\r\n";
  const std::string exceeds = start + std::string(1025 - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(fits.size(), 1024U);
  EXPECT_EQ(status_line(server.ask(fits)), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(server.ask(exceeds)), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST(Server, A183_RefusesAnEndlessHeaderAtItsLimit) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send("GET / HTTP/1.1\r\n");
  std::size_t sent = 0;
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  while (sent < 100'000'000 && peer.send(line)) {
    sent += line.size();
  }
  EXPECT_LT(sent, 10'000'000U);  // socket buffers, and what is thrown away while lingering
}

TEST(Server, A181_RefusesABodyOneByteBeyondItsLimit) {
  const TestServer server;
  EXPECT_EQ(status_line(server.ask(post(std::string(1000, 'b')))), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(server.ask(post(std::string(1001, 'b')))),
            "HTTP/1.1 413 Content Too Large");
}

TEST(Server, A181_RefusesAnEndlessChunkedBodyAtItsLimit) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) {
    peer.send("64\r\n" + std::string(100, 'c') + "\r\n");
  }
  EXPECT_EQ(status_line(peer.receive_all()), "HTTP/1.1 413 Content Too Large");
}

TEST(Server, A181_ShedsBodiesBeyondTheirSum) {
  ServerConfig config = test_config();
  config.limits.max_total_body_bytes = 1000;
  config.limits.body_timeout = milliseconds(5'000);
  const TestServer server(config);
  RawPeer slow = server.connect();
  slow.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nx");
  ASSERT_TRUE(TestServer::eventually([&] {
    return status_line(server.ask(post(std::string(101, 'b')))) ==
           "HTTP/1.1 503 Service Unavailable";
  }));
  EXPECT_EQ(status_line(server.ask(post(std::string(100, 'b')))), "HTTP/1.1 200 OK");
  slow.close();
  EXPECT_TRUE(TestServer::eventually(
      [&] { return status_line(server.ask(post(std::string(101, 'b')))) == "HTTP/1.1 200 OK"; }));
}

// Sends a byte each 20 ms for at most 5 s; how long it took until the server had enough of it.
milliseconds drip(RawPeer& peer, const std::string& byte) {
  const auto start = Clock::now();
  while (Clock::now() - start < std::chrono::seconds(5) && peer.send(byte)) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

TEST(Server, A183_EndsASlowHeaderAfterItsTimeAsAWhole) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send("GET / HTTP/1.1\r\nX: ");
  const milliseconds took = drip(peer, "x");
  EXPECT_GE(took, milliseconds(250));
  EXPECT_LT(took, milliseconds(2'000));
  EXPECT_EQ(server.server->stats().timeouts, 1U);
}

TEST(Server, A183_EndsASlowBodyAfterItsTimeAsAWhole) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  const milliseconds took = drip(peer, "b");
  EXPECT_GE(took, milliseconds(250));
  EXPECT_LT(took, milliseconds(2'000));
  EXPECT_EQ(server.server->stats().timeouts, 1U);
}

TEST(Server, A183_EndsAPeerThatDoesNotReadItsAnswer) {
  const TestServer server(test_config(), [](const Request&, std::stop_token) {
    return text_response(200, std::string(64 * 1024 * 1024, 'r'));
  });
  RawPeer peer = server.connect();
  peer.send(get("/"));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().timeouts == 1; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_now == 0; }));
}

TEST(Server, A173_EndsConnectionsThatNeverSpeakAndServesOthersMeanwhile) {
  const TestServer server;
  std::vector<RawPeer> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(server.connect());
  }
  EXPECT_EQ(status_line(server.ask(post("b"))), "HTTP/1.1 200 OK");
  for (RawPeer& peer : silent) {
    EXPECT_EQ(peer.receive(), "");
  }
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_now == 0; }));
}

TEST(Server, EndsAnIdleConnectionAfterTheIdleTimeNotBefore) {
  const TestServer server;
  RawPeer peer = server.connect();
  peer.send(get("/1"));
  peer.receive_until("GET /1");
  std::this_thread::sleep_for(milliseconds(400));  // beyond the header's time
  peer.send(get("/2"));
  EXPECT_NE(peer.receive_until("GET /2 \n").find("200"), std::string::npos);
  const auto start = Clock::now();
  EXPECT_EQ(peer.receive(), "");
  const auto took = Clock::now() - start;
  EXPECT_GE(took, milliseconds(550));
  EXPECT_LT(took, milliseconds(2'000));
}

TEST(Server, ClosesTheConnectionBeyondItsNumber) {
  ServerConfig config = test_config();
  config.limits.max_connections = 2;
  config.limits.header_timeout = milliseconds(5'000);
  const TestServer server(config);
  RawPeer first = server.connect();
  RawPeer second = server.connect();
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_now == 2; }));
  RawPeer third = server.connect();
  EXPECT_EQ(third.receive(), "");
  EXPECT_EQ(server.server->stats().connections_refused, 1U);
  first.send(post("still served"));
  EXPECT_NE(first.receive_all().find("still served"), std::string::npos);
}

// A handler that stays until it is let go or told to stop.
struct Gate {
  std::atomic<int> inside = 0;
  std::atomic<bool> open = false;
  std::atomic<bool> stopped = false;
  Response operator()(const Request& request, const std::stop_token& stop) {
    ++inside;
    while (!open && !stop.stop_requested()) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    stopped = stop.stop_requested();
    --inside;
    return text_response(200, "through " + request.target);
  }
  Handler handler() {
    return [this](const Request& r, const std::stop_token& s) { return (*this)(r, s); };
  }
};

TEST(Server, ShedsTheRequestBeyondThoseInFlight) {
  Gate gate;
  ServerConfig config = test_config();
  config.limits.max_in_flight = 2;
  config.handler_threads = 1;  // one runs, one waits
  const TestServer server(config, gate.handler());
  RawPeer first = server.connect();
  RawPeer second = server.connect();
  first.send(get("/1", "Connection: close\r\n"));
  second.send(get("/2", "Connection: close\r\n"));
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().in_flight_now == 2; }));

  RawPeer third = server.connect();
  third.send(get("/3"));
  const std::string answer = third.receive_until("at once\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_EQ(server.server->stats().requests_shed, 1U);

  gate.open = true;
  EXPECT_NE(first.receive_all().find("through /1"), std::string::npos);
  EXPECT_NE(second.receive_all().find("through /2"), std::string::npos);
  third.send(get("/4", "Connection: close\r\n"));  // the shed connection lives on
  EXPECT_NE(third.receive_all().find("through /4"), std::string::npos);
}

TEST(Drain, AnswersWhatHasBegunClosesWhatIsIdleAndRefusesTheRest) {
  Gate gate;
  ServerConfig config = test_config();
  config.limits.idle_timeout = milliseconds(60'000);
  const TestServer server(config, gate.handler());
  gate.open = true;
  RawPeer idle = server.connect();
  idle.send(get("/idle"));
  idle.receive_until("/idle\n");
  gate.open = false;
  RawPeer busy = server.connect();
  busy.send(get("/busy"));
  ASSERT_TRUE(TestServer::eventually([&] { return gate.inside == 1; }));

  std::jthread drainer([&] { server.server->drain(milliseconds(10'000)); });
  EXPECT_EQ(idle.receive(), "");
  EXPECT_TRUE(TestServer::eventually([&] { return !server.connect().connected(); }));
  gate.open = true;
  const std::string answer = busy.receive_all();
  EXPECT_NE(answer.find("through /busy"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  drainer.join();
  EXPECT_FALSE(gate.stopped);
  EXPECT_EQ(server.server->stats().connections_now, 0U);
}

TEST(Drain, CutsWhatIsLeftWhenItsPatienceEnds) {
  Gate gate;
  const TestServer server(test_config(), gate.handler());
  RawPeer busy = server.connect();
  busy.send(get("/busy"));
  RawPeer half = server.connect();
  half.send("GET / HT");
  ASSERT_TRUE(TestServer::eventually([&] { return gate.inside == 1; }));
  const auto start = Clock::now();
  server.server->drain(milliseconds(100));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(3));
  EXPECT_TRUE(gate.stopped);
  EXPECT_EQ(server.server->stats().connections_now, 0U);
}

TEST(Drain, UnderLoadLosesNoAcceptedRequest) {
  const TestServer server;
  std::atomic<int> good = 0;
  std::atomic<int> torn = 0;
  std::atomic<bool> drained = false;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      while (!drained) {
        RawPeer peer = server.connect();
        while (peer.connected() && peer.send(get("/load"))) {
          const std::string answer = peer.receive_until("GET /load \n");
          if (answer.find("GET /load \n") != std::string::npos) {
            ++good;
          } else if (!answer.empty()) {
            ++torn;  // a beginning without an end
          } else {
            break;
          }
        }
      }
    });
  }
  ASSERT_TRUE(TestServer::eventually([&] { return good > 500; }));
  server.server->drain(milliseconds(5'000));
  drained = true;
  clients.clear();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(server.server->stats().connections_now, 0U);
}

TEST(Server, RunsAHandlerThatNeverWaitsOnItsIoThreads) {
  for (const unsigned threads : {1U, 2U}) {
    ServerConfig config = test_config();
    config.handler_threads = 0;
    config.io_threads = threads;
    const TestServer server(config);
    RawPeer peer = server.connect();
    for (int i = 0; i < 3; ++i) {
      peer.send(get("/inline"));
      EXPECT_NE(peer.receive_until("GET /inline \n").find("200 OK"), std::string::npos);
    }
    EXPECT_EQ(server.server->stats().in_flight_now, 0U);
    server.server->drain(milliseconds(1'000));
    EXPECT_EQ(peer.receive(), "");
    EXPECT_EQ(server.server->stats().connections_now, 0U);
  }
}

TEST(Server, CanBeDestroyedInAnyState) {
  { const auto never_started = beast::create_server(test_config()); }
  {
    const TestServer server;
    RawPeer peer = server.connect();
    peer.send("GET /");
  }
  {
    const TestServer server;
    server.server->drain(milliseconds(0));
    server.server->drain(milliseconds(0));
  }
}

TEST(Server, RefusesToStartOnNonsense) {
  ServerConfig config = test_config();
  config.address = "localhost";
  EXPECT_EQ(beast::create_server(config)->start(echo).error().code(), ErrorCode::kMalformed);
  config = test_config();
  config.io_threads = 0;
  EXPECT_EQ(beast::create_server(config)->start(echo).error().code(), ErrorCode::kMalformed);
  config = test_config();
  config.limits.max_body_bytes = config.limits.max_total_body_bytes + 1;
  EXPECT_EQ(beast::create_server(config)->start(echo).error().code(), ErrorCode::kMalformed);
  const TestServer first;
  config = test_config();
  config.port = first.server->port();
  const auto second = beast::create_server(config)->start(echo);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message().find(std::to_string(config.port)), std::string::npos);
}

TEST(Server, ListensOnBothFamiliesByDefault) {
  ServerConfig config = test_config();
  config.address = "::";
  const TestServer server(config, [](const Request& request, std::stop_token) {
    return text_response(200, request.peer_address);
  });
  EXPECT_NE(server.ask(get("/", "Connection: close\r\n")).find("\n127.0.0.1\n"), std::string::npos);
}

}  // namespace
}  // namespace seaworthy::http::testing

// The cpprestsdk client against servers that keep the rules and servers that break them. TLS:
// client_tls_test.cpp.
#include "http/client.h"

#include <gtest/gtest.h>

#include "http/client_fixture.h"

namespace seaworthy::http::testing {
namespace {

TEST_F(HttpClient, SendsAndReceives) {
  const TestServer server(https(pair), show);
  ClientConfig with_path = config(server.server->port());
  with_path.base_url += "/prefix/";
  with_path.token_provider = [] { return std::string("t0ken"); };
  const auto client = this->client(with_path);
  const auto r = client->send({.method = "POST",
                               .target = "/a%2Fb?c=d%20e&f",
                               .headers = {{"Content-Type", "application/json"}},
                               .body = "{}"},
                              in(seconds(10)), {});
  ASSERT_TRUE(r) << r.error().message();
  EXPECT_EQ(r->body, "POST /prefix/a%2Fb?c=d%20e&f {}\n");
  EXPECT_EQ(r->headers.get("echo-authorization"), "Bearer t0ken");
  EXPECT_EQ(r->headers.get("echo-content-type"), "application/json");
  EXPECT_EQ(r->headers.get("echo-content-length"), "2");
  EXPECT_EQ(r->headers.get("echo-user-agent"), "seaworthy");
  EXPECT_EQ(r->headers.get("echo-host"), "127.0.0.1:" + std::to_string(server.server->port()));
  EXPECT_FALSE(r->headers.get("echo-accept-encoding"));
}

TEST_F(HttpClient, TakesAnyFinalStatusForAnAnswer) {
  const TestServer server(https(pair), show);
  const auto client = this->client(config(server.server->port()));
  const auto r = get(*client, "/404");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 404);
  EXPECT_FALSE(r->ok());
}

TEST_F(HttpClient, FollowsNoRedirectAndReadsRetryAfter) {
  const auto moved = answer("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(moved) << moved.error().message();
  EXPECT_EQ(moved->status, 302);
  const auto busy = answer("HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->retry_after, seconds(3));
}

TEST_F(HttpClient, KeepsAConnectionForTheNextCall) {
  const TestServer server(https(pair), show);
  const auto client = this->client(config(server.server->port()));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(get(*client));
    ASSERT_TRUE(client->send({.method = "POST", .body = "b"}, in(seconds(10)), {}));
  }
  EXPECT_EQ(server.server->stats().connections, 1U);
}

TEST_F(HttpClient, RunsCallsInParallel) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  ServerConfig slow = https(pair);
  slow.handler_threads = 8;
  const TestServer server(std::move(slow), [&](const Request&, std::stop_token) {
    most = std::max<int>(most, ++inside);
    std::this_thread::sleep_for(milliseconds(50));
    --inside;
    return text_response(200, "ok");
  });
  const auto client = this->client(config(server.server->port()));
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 4; ++n) {
          good += get(*client) ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(good, 32);
  EXPECT_GE(most, 4);
}

TEST_F(HttpClient, AsksAgainOnANewConnectionOnlyWhatChangesNothing) {
  // Each connection answers one request, promises to stay, and is gone at the next one.
  const RawServer server(
      [&](RawPeer& peer, int) {
        peer.receive_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.receive_until("\r\n\r\n");
      },
      &pair);
  const auto client = this->client(config(server.port()));
  ASSERT_TRUE(get(*client));
  EXPECT_TRUE(get(*client));  // on a second connection
  EXPECT_EQ(server.connections(), 2);
  const auto post = client->send({.method = "POST", .body = "b"}, in(seconds(10)), {});
  ASSERT_FALSE(post);  // might have been done: the caller decides
  EXPECT_EQ(post.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(server.connections(), 2);
  EXPECT_TRUE(client->send({.method = "POST", .body = "b"}, in(seconds(10)), {}));
}

TEST_F(HttpClient, SendsTheWholeBodyAgainWhereTheCallerAllowsItAndNothingWasAnswered) {
  const std::string body(300'000, 'x');  // more than goes out in one write
  std::atomic<int> whole = 0;
  const RawServer server(
      [&](RawPeer& peer, int) {
        const std::string text = peer.receive_until(std::string(1000, 'x') + "END");
        whole += text.find(body + "END") != std::string::npos ? 1 : 0;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.receive_until("\r\n\r\n");  // and is gone
      },
      &pair);
  const auto client = this->client(config(server.port()));
  for (int call = 1; call <= 3; ++call) {
    const auto answer = client->send({.method = "POST", .body = body + "END", .repeatable = true},
                                     in(seconds(10)), {});
    EXPECT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(server.connections(), call);
  }
  EXPECT_EQ(whole, 3);
}

TEST_F(HttpClient, SendsNothingAgainOnceAnAnswerHasBegunOrOnANewConnection) {
  const RawServer server(
      [&](RawPeer& peer, int connection) {
        if (connection > 0) {
          return;  // closes without a word
        }
        peer.receive_until("BODY");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.receive_until("BODY");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      },
      &pair);
  const auto client = this->client(config(server.port()));
  const auto post = [&] {
    return client->send({.method = "POST", .body = "BODY", .repeatable = true}, in(seconds(10)),
                        {});
  };
  ASSERT_TRUE(post());
  EXPECT_FALSE(post());  // cut off in the middle of the answer
  EXPECT_EQ(server.connections(), 1);
  EXPECT_FALSE(post());  // a new connection that dies is no accident of keeping
  EXPECT_EQ(server.connections(), 2);
}

struct Broken {
  const char* name;
  std::string text;
  ErrorCode code;
};
class BrokenAnswer : public HttpClient, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenAnswer, IsAnErrorThatNamesTheCallWithoutItsQuery) {
  const auto r = answer(GetParam().text);
  ASSERT_FALSE(r) << r->status << r->body;
  EXPECT_EQ(r.error().code(), GetParam().code) << r.error().message();
  EXPECT_TRUE(r.error().message().starts_with("GET https://127.0.0.1:")) << r.error().message();
  EXPECT_NE(r.error().message().find("/a: "), std::string::npos) << r.error().message();
  EXPECT_EQ(r.error().message().find("secret"), std::string::npos) << r.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenAnswer,
    ::testing::Values(
        Broken{"Nothing", "", ErrorCode::kUnavailable},
        Broken{"EndInTheHeader", "HTTP/1.1 200 OK\r\nContent-Le", ErrorCode::kUnavailable},
        Broken{"EndInTheBody", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
               ErrorCode::kUnavailable},
        Broken{"EndInAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
               ErrorCode::kUnavailable},
        Broken{"EndBetweenChunks",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
               ErrorCode::kUnavailable},
        Broken{"NoHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n", ErrorCode::kMalformed},
        Broken{"InterimStatus",
               "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
               ErrorCode::kMalformed},
        Broken{"BadChunkSize",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n",
               ErrorCode::kMalformed},
        Broken{"NegativeChunkSize",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
               ErrorCode::kMalformed},
        Broken{"Compressed",
               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
               ErrorCode::kMalformed},
        Broken{"OneByteTooMany",
               "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'b'),
               ErrorCode::kMalformed},
        Broken{"OneByteTooManyInChunks",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                   std::string(1000, 'b') + "\r\n1\r\nb\r\n0\r\n\r\n",
               ErrorCode::kMalformed}),
    [](const auto& test) { return test.param.name; });

TEST_F(HttpClient, TakesABodyOfExactlyItsLimit) {
  const auto r = answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'b'));
  ASSERT_TRUE(r) << r.error().message();
  EXPECT_EQ(r->body.size(), 1000U);
}

// Sends until the client has had enough; how much that was.
std::size_t flood(RawPeer& peer, const std::string& piece) {
  std::size_t sent = 0;
  while (sent < 200'000'000 && peer.send(piece)) {
    sent += piece.size();
  }
  return sent;
}

class EndlessAnswer : public HttpClient, public ::testing::WithParamInterface<Broken> {};

TEST_P(EndlessAnswer, IsCutAtItsLimit) {
  std::atomic<std::size_t> sent = 0;
  const RawServer server(
      [&](RawPeer& peer, int) {
        peer.receive_until("\r\n\r\n");
        peer.send(GetParam().text);
        sent = flood(peer, std::string(10'000, '1'));
      },
      &pair);
  const auto client = this->client(config(server.port()));
  const auto r = client->send({.max_response_bytes = 100'000}, in(seconds(20)), {});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kMalformed) << r.error().message();
  EXPECT_TRUE(TestServer::eventually([&] { return sent > 0; }));
  EXPECT_LT(sent, 30'000'000U);  // what fits into buffers on the way
}

INSTANTIATE_TEST_SUITE_P(
    All, EndlessAnswer,
    ::testing::Values(Broken{"Header", "HTTP/1.1 200 OK\r\nX: ", ErrorCode::kMalformed},
                      Broken{"Body", "HTTP/1.1 200 OK\r\n\r\n", ErrorCode::kMalformed},
                      Broken{"Chunk",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
                             ErrorCode::kMalformed},
                      Broken{"ChunkHeader",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
                             ErrorCode::kMalformed}),
    [](const auto& test) { return test.param.name; });

// --- Deadlines and stops.
class Hanging : public HttpClient {
 protected:
  // Says `text` and then nothing until the client goes.
  std::unique_ptr<RawServer> hang(const std::string& text) {
    return std::make_unique<RawServer>(
        [text](RawPeer& peer, int) {
          peer.receive_until("\r\n\r\n");
          peer.send(text);
          peer.receive_all();
        },
        &pair);
  }
  const std::vector<std::string> stages = {
      "", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"};
};

TEST_F(Hanging, EndsAtTheDeadlineWhereverItHangs) {
  for (const std::string& text : stages) {
    const auto server = hang(text);
    const auto client = this->client(config(server->port()));
    const auto start = std::chrono::steady_clock::now();
    const auto r = client->send({}, in(milliseconds(200)), {});
    const auto took = std::chrono::steady_clock::now() - start;
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code(), ErrorCode::kDeadline) << text;
    EXPECT_GE(took, milliseconds(190));
    EXPECT_LT(took, milliseconds(600));
  }
}

TEST_F(Hanging, EndsAtOnceWhenStopped) {
  for (const std::string& text : stages) {
    const auto server = hang(text);
    const auto client = this->client(config(server->port()));
    std::stop_source source;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(150));
      source.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    const auto r = client->send({}, in(seconds(20)), source.get_token());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code(), ErrorCode::kCancelled) << text;
    EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(600));
  }
}

TEST_F(Hanging, DoesNotBeginWhenStoppedOrTooLate) {
  const auto server = hang("");
  const auto client = this->client(config(server->port()));
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(client->send({}, in(seconds(1)), source.get_token()).error().code(),
            ErrorCode::kCancelled);
  EXPECT_EQ(client->send({}, in(milliseconds(0)), {}).error().code(), ErrorCode::kDeadline);
}

TEST_F(Hanging, EndsAHandshakeThatHangs) {
  const RawServer silent([](RawPeer& peer, int) { peer.receive_all(); });  // never speaks TLS
  ClientConfig quick = config(silent.port());
  quick.connect_timeout = milliseconds(150);
  const auto client = this->client(quick);
  const auto r = client->send({}, in(seconds(20)), {});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(r.error().message().find("no TLS connection within 150 ms"), std::string::npos);
}

// --- Streams.
TEST_F(HttpClient, StreamsPiecesAsTheyComeUntilTheServerEnds) {
  std::atomic<int> seen = 0;
  const RawServer server(
      [&](RawPeer& peer, int) {
        peer.receive_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 1; i <= 3; ++i) {
          peer.send("5\r\nevent\r\n");
          TestServer::eventually([&] { return seen == i; });  // each before the next is sent
        }
        peer.send("0\r\n\r\n");
      },
      &pair);
  const auto client = this->client(config(server.port()));
  std::string all;
  const auto r = client->stream({.target = "/watch"}, in(seconds(20)), {}, [&](std::string_view s) {
    all += s;
    ++seen;
    return Flow::kContinue;
  });
  ASSERT_TRUE(r) << r.error().message();
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(r->body, "");
  EXPECT_EQ(all, "eventeventevent");
}

TEST_F(HttpClient, StreamEndsWhenTheSinkSaysSoAndTheClientGoesOn) {
  std::atomic<bool> cut = false;
  const RawServer server(
      [&](RawPeer& peer, int connection) {
        peer.receive_until("\r\n\r\n");
        if (connection == 0) {
          peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
          cut = peer.receive().empty();
        } else {
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      },
      &pair);
  const auto client = this->client(config(server.port()));
  const auto r =
      client->stream({}, in(seconds(20)), {}, [](std::string_view) { return Flow::kStop; });
  ASSERT_TRUE(r) << r.error().message();
  EXPECT_TRUE(TestServer::eventually([&] { return cut.load(); }));
  EXPECT_TRUE(get(*client));
}

TEST_F(HttpClient, StreamTellsAnEarlyEndFromAnEnd) {
  const RawServer server(
      [](RawPeer& peer, int) {
        peer.receive_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nd");
      },
      &pair);
  std::string all;
  const auto r =
      client(config(server.port()))->stream({}, in(seconds(20)), {}, [&](std::string_view s) {
        all += s;
        return Flow::kContinue;
      });
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(all, "abc");
}

TEST_F(HttpClient, StreamGivesTheBodyOfARefusal) {
  const TestServer server(https(pair), [](const Request&, std::stop_token) {
    return json_response(410, R"({"reason":"Expired"})");
  });
  bool called = false;
  const auto r =
      client(config(server.server->port()))->stream({}, in(seconds(20)), {}, [&](std::string_view) {
        called = true;
        return Flow::kContinue;
      });
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 410);
  EXPECT_EQ(r->body, R"({"reason":"Expired"})");
  EXPECT_FALSE(called);
}

TEST_F(HttpClient, StreamMakesTheServerWaitForASlowSink) {
  std::atomic<std::size_t> sent = 0;
  const RawServer server(
      [&](RawPeer& peer, int) {
        peer.receive_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "2710\r\n" + std::string(10'000, 'c') + "\r\n";
        for (int i = 0; i < 4'000 && peer.send(chunk); ++i) {
          sent += 10'000;
        }
        peer.send("0\r\n\r\n");
      },
      &pair);
  std::size_t received = 0;
  const auto r =
      client(config(server.port()))->stream({}, in(seconds(60)), {}, [&](std::string_view s) {
        if (received == 0) {
          std::this_thread::sleep_for(milliseconds(500));
          EXPECT_LT(sent, 30'000'000U);
        }
        received += s.size();
        return Flow::kContinue;
      });
  ASSERT_TRUE(r) << r.error().message();
  EXPECT_EQ(received, 40'000'000U);
}

}  // namespace
}  // namespace seaworthy::http::testing

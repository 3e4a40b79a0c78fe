// SPDX-License-Identifier: Apache-2.0
#include "server/monitor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <thread>

#include "server/metrics.h"
#include "strings/server.h"

namespace piaojue::server {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

class Client {
 public:
  explicit Client(std::uint16_t port) { socket_.connect({asio::ip::address_v4::loopback(), port}); }
  void say(std::string const& text) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(text), ignored);
  }
  /// Until the other side ends it.
  std::string heard() {
    std::string out;
    boost::system::error_code ignored;
    asio::read(socket_, asio::dynamic_buffer(out), ignored);
    return out;
  }

 private:
  asio::io_context io_;
  tcp::socket socket_{io_};
};

class MonitorTest : public testing::Test {
 protected:
  void start(MonitorLimits const& limits = {}) {
    monitor = Monitor::start(
                  loop, {"127.0.0.1", 0},
                  [this] {
                    ++asked;
                    return healthy ? std::optional<Sentence>() : Sentence(strings::server::kRunTlsUnusable);
                  },
                  [this] { return metrics.render(); }, limits)
                  .value();
    loop.start(2);
  }
  void TearDown() override {
    monitor.reset();
    loop.stop();
  }
  std::string ask(std::string const& text) {
    Client client(monitor->port());
    client.say(text);
    return client.heard();
  }
  std::string get(std::string const& path) { return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"); }
  static std::string status(std::string const& answer) { return answer.substr(0, answer.find("\r\n")); }
  static std::string body(std::string const& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

  net::Loop loop;
  Metrics metrics;
  std::atomic<bool> healthy = true;
  std::atomic<int> asked = 0;
  std::unique_ptr<Monitor> monitor;
};

TEST_F(MonitorTest, SaysWhetherTheNodeServesAndWhyNot) {
  start();
  auto const good = get("/healthz");
  EXPECT_EQ(status(good), "HTTP/1.1 200 OK");
  EXPECT_EQ(body(good), "ok\n");
  healthy = false;
  auto const bad = get("/healthz");
  EXPECT_EQ(status(bad), "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(body(bad), Sentence(strings::server::kRunTlsUnusable).in(Lang::kEn) + "\n");
}

TEST_F(MonitorTest, GivesTheCountsAsOpenMetrics) {
  start();
  metrics.set(Gauge::kMeetings, 12);
  auto const answer = get("/metrics");
  EXPECT_EQ(status(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
            std::string::npos);
  EXPECT_EQ(body(answer), metrics.render());
}

TEST_F(MonitorTest, NothingElseIsAnswered) {
  start();
  for (auto const* path : {"/", "/healthz/", "/healthz?x", "/metrics/../healthz", "//metrics"}) {
    EXPECT_EQ(status(get(path)), "HTTP/1.1 404 Not Found") << path;
  }
  for (auto const* method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT"}) {
    auto const answer = ask(std::string(method) + " /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status(answer), "HTTP/1.1 405 Method Not Allowed") << method;
    EXPECT_NE(answer.find("Allow: GET\r\n"), std::string::npos);
  }
  for (auto const* head : {"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    EXPECT_EQ(status(ask(std::string("GET /metrics HTTP/1.1\r\nHost: x\r\n") + head)),
              "HTTP/1.1 413 Payload Too Large");
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(MonitorTest, WhatIsNoRequestOrTooLongGetsNoAnswer) {
  start();
  EXPECT_EQ(ask("\x16\x03\x01 hello\r\n\r\n"), "");
  EXPECT_EQ(ask("GET /healthz HTTP/1.1\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n"), "");
  EXPECT_EQ(status(get("/healthz")), "HTTP/1.1 200 OK");
}

// Harm: whoever can reach the port holds descriptors that people's connections need.
TEST_F(MonitorTest, ConnectionsAndTheirTimeAreBounded) {
  MonitorLimits limits;
  limits.connections_max = 4;
  limits.deadline = 300ms;
  start(limits);
  std::deque<Client> silent;
  for (int i = 0; i < 4; ++i) silent.emplace_back(monitor->port());
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(get("/healthz"), "") << "one too many";
  auto const from = std::chrono::steady_clock::now();
  for (auto& one : silent) EXPECT_EQ(one.heard(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - from, 3s);
  EXPECT_EQ(status(get("/healthz")), "HTTP/1.1 200 OK");
  // Time does not begin anew with each byte.
  Client slow(monitor->port());
  for (int i = 0; i < 20; ++i) {
    slow.say("G");
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(slow.heard(), "");
}

TEST_F(MonitorTest, AddressThatIsNoneOrTakenIsRefused) {
  start();
  auto const at = [this](Address const& address) {
    return Monitor::start(
        loop, address, [] { return std::nullopt; }, [] { return std::string(); });
  };
  EXPECT_EQ(at({"localhost", 0}).error(), Refusal::kMalformed);
  EXPECT_EQ(at({"127.0.0.1", monitor->port()}).error(), Refusal::kConflict);
}

// Harm: a request on its way calls what its owner has destroyed.
TEST_F(MonitorTest, OwnerIsNotAskedOnceItIsGone) {
  start();
  auto const port = monitor->port();
  Client early(port);
  early.say("GET /healthz HTTP/1.1\r\n");
  std::this_thread::sleep_for(50ms);
  monitor.reset();
  early.say("Host: x\r\n\r\n");
  EXPECT_EQ(early.heard(), "");
  EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace piaojue::server

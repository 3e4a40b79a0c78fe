// SPDX-License-Identifier: Apache-2.0
/// The only file of this room that includes Boost.Beast.
#include "server/monitor.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <mutex>

#include "server/metrics.h"

namespace piaojue::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptAgain{100};
constexpr auto kPlain = "text/plain; charset=utf-8";

/// Counts a connection for as long as anything holds it.
class Slot {
 public:
  explicit Slot(std::size_t& count) : count_(count) { ++count_; }
  ~Slot() { --count_; }
  Slot(Slot const&) = delete;
  Slot& operator=(Slot const&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

/// Everything on one strand.
struct Monitor::Impl : std::enable_shared_from_this<Monitor::Impl> {
  struct Request;

  Impl(asio::io_context& io, Healthy is_healthy, Render render_metrics, MonitorLimits bounds)
      : strand(asio::make_strand(io)),
        acceptor(strand),
        again(strand),
        limits(bounds),
        healthy(std::move(is_healthy)),
        metrics(std::move(render_metrics)) {}

  asio::any_io_executor strand;
  tcp::acceptor acceptor;
  asio::steady_timer again;
  MonitorLimits const limits;
  std::uint16_t port = 0;
  std::size_t connections = 0;

  std::mutex mutex;  ///< held while one of these runs, so that none runs once the Monitor has let them go
  Healthy healthy;
  Render metrics;
  bool gone = false;

  void accept();
  void stop() {
    {
      std::lock_guard const lock(mutex);
      gone = true;
    }
    asio::post(strand, [self = shared_from_this()] {
      error_code ignored;
      self->acceptor.close(ignored);
      self->again.cancel();
    });
  }
};

struct Monitor::Impl::Request : std::enable_shared_from_this<Request> {
  Request(std::shared_ptr<Impl> of, tcp::socket&& from)
      : monitor(std::move(of)),
        slot(monitor->connections),
        stream(std::move(from)),
        head(monitor->limits.head_bytes_max) {}

  std::shared_ptr<Impl> monitor;
  Slot slot;
  beast::tcp_stream stream;
  beast::flat_buffer head;
  http::request_parser<http::empty_body> parser;
  http::response<http::string_body> out;

  void read() {
    parser.header_limit(monitor->limits.head_bytes_max);
    stream.expires_after(monitor->limits.deadline);
    // What is no request, or too long, or too slow, gets no answer at all.
    http::async_read_header(stream, head, parser, [self = shared_from_this()](error_code const& error, std::size_t) {
      if (!error) self->route();
    });
  }

  void route() {
    auto const& request = parser.get();
    std::string_view const target(request.target().data(), request.target().size());
    if (request.method() != http::verb::get) {
      out.set(http::field::allow, "GET");
      return answer(http::status::method_not_allowed);
    }
    if (parser.chunked() || parser.content_length().value_or(0) > 0) return answer(http::status::payload_too_large);
    std::unique_lock lock(monitor->mutex);
    if (monitor->gone) return;
    if (target == "/healthz") {
      auto const trouble = monitor->healthy();
      out.set(http::field::content_type, kPlain);
      out.body() = trouble ? trouble->in(Lang::kEn) + "\n" : "ok\n";
      return answer(trouble ? http::status::service_unavailable : http::status::ok);
    }
    if (target == "/metrics") {
      out.set(http::field::content_type, kOpenMetricsType);
      out.body() = monitor->metrics();
      return answer(http::status::ok);
    }
    answer(http::status::not_found);
  }

  void answer(http::status status) {
    out.result(status);
    out.version(11);
    out.set(http::field::cache_control, "no-store");
    out.set("X-Content-Type-Options", "nosniff");
    out.keep_alive(false);
    out.prepare_payload();
    // Within what the request has left of its time.
    http::async_write(stream, out, [self = shared_from_this()](error_code const&, std::size_t) {
      error_code ignored;
      self->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }
};

void Monitor::Impl::accept() {
  acceptor.async_accept(strand, [self = shared_from_this()](error_code const& error, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (error) {
      // Out of descriptors, most likely: not a reason to give up, nor to turn in circles.
      self->again.expires_after(kAcceptAgain);
      self->again.async_wait([self](error_code const& cancelled) {
        if (!cancelled) self->accept();
      });
      return;
    }
    if (self->connections < self->limits.connections_max) {
      std::make_shared<Request>(self, std::move(socket))->read();
    }
    self->accept();
  });
}

Monitor::Monitor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Monitor::~Monitor() { impl_->stop(); }

std::uint16_t Monitor::port() const { return impl_->port; }

Result<std::unique_ptr<Monitor>> Monitor::start(net::Loop& loop, Address const& at, Healthy healthy, Render metrics,
                                                MonitorLimits limits) {
  error_code error;
  auto const address = asio::ip::make_address(at.host, error);
  if (error) return Refusal::kMalformed;
  auto impl = std::make_shared<Impl>(loop.io(), std::move(healthy), std::move(metrics), limits);
  tcp::endpoint const here(address, at.port);
  tcp::acceptor& acceptor = impl->acceptor;
  acceptor.open(here.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(here, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) impl->port = acceptor.local_endpoint(error).port();
  if (error) return Refusal::kConflict;
  asio::post(impl->strand, [impl] { impl->accept(); });
  return std::unique_ptr<Monitor>(new Monitor(std::move(impl)));
}

}  // namespace piaojue::server

// SPDX-License-Identifier: Apache-2.0
/// The only file that includes Boost.Beast.
#include "local/page_host.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>

#include "base/secret.h"
#include "local/notice.h"
#include "local/peer.h"
#include "net/listen_at.h"
#include "strings/local.h"

namespace piaojue::local {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;

constexpr std::string_view kCookie = "piaojue";
constexpr std::string_view kButton = "/page";
constexpr std::string_view kOpened = "/opened";
constexpr std::string_view kNotOpened = "/not-opened";
constexpr std::string_view kInChinese = "?lang=zh";
constexpr std::string_view kInEnglish = "?lang=en";
constexpr std::size_t kRandomBytes = 32;
constexpr Milliseconds kAcceptAgain{100};
constexpr Milliseconds kFinish{1'000};
/// Between two windows that the button may open.
constexpr Milliseconds kOpenAgain{3'000};

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

std::string random_name() {
  std::array<std::uint8_t, kRandomBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  std::string out(sodium_base64_ENCODED_LEN(kRandomBytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  out.pop_back();  // its zero
  return out;
}

/// Takes as long for a wrong value as for the right one.
bool same(std::string_view given, std::string_view expected) {
  return !expected.empty() && given.size() == expected.size() &&
         sodium_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

bool has_cookie(std::string_view header, std::string_view expected) {
  bool found = false;
  while (!header.empty()) {
    auto const end = header.find(';');
    auto one = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.size() > kCookie.size() && one.starts_with(kCookie) && one[kCookie.size()] == '=') {
      found = same(one.substr(kCookie.size() + 1), expected) || found;
    }
  }
  return found;
}

template <class Fields>
void protect(Fields& out) {
  out.set(http::field::cache_control, "no-store");
  if (out.count("Content-Security-Policy") == 0) {
    out.set("Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
  }
  out.set("X-Content-Type-Options", "nosniff");
  if (out.count("Referrer-Policy") == 0) out.set("Referrer-Policy", "no-referrer");
  out.set("Cross-Origin-Opener-Policy", "same-origin");
  out.set("Cross-Origin-Resource-Policy", "same-origin");
}

std::string_view text_of(beast::string_view from) { return {from.data(), from.size()}; }

}  // namespace

// ==================================================================================================== Impl

/// Everything on one strand.
struct PageHost::Impl : std::enable_shared_from_this<PageHost::Impl> {
  struct Door;
  struct Request;

  Impl(asio::io_context& io, Assets files, Calls to, PageLimits bounds)
      : strand(asio::make_strand(io)),
        acceptor(strand),
        again(strand),
        deadline(strand),
        assets(std::move(files)),
        calls(std::move(to)),
        limits(bounds) {}

  asio::any_io_executor strand;
  tcp::acceptor acceptor;
  asio::steady_timer again, deadline;
  Assets assets;
  Calls calls;
  PageLimits limits;
  std::uint16_t port = 0;
  std::string address;  ///< "127.0.0.1:40123"

  std::size_t connections = 0;
  std::string token, used_token, id, cookie;
  std::chrono::steady_clock::time_point next_window{};
  PageId last_page = 0;
  std::shared_ptr<Door> door;
  std::function<void()> finished;

  ~Impl() {
    wipe(token);
    wipe(cookie);
  }

  void accept();
  void take_over(std::shared_ptr<Door> const& next);
  void lost(Door const& which);
  void set(std::string new_token, std::string new_id, std::string new_cookie);
  std::string url_of(std::string_view new_token) const {
    return "http://" + address + "/open/" + std::string(new_token);
  }
  void finish(std::function<void()> done);
  void say_finished() {
    deadline.cancel();
    if (auto const done = std::exchange(finished, {})) done();
  }
};

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

// ==================================================================================================== The socket

struct PageHost::Impl::Door : std::enable_shared_from_this<Door> {
  Door(std::shared_ptr<Impl> of, std::shared_ptr<Slot> held, beast::tcp_stream&& stream, PageId number)
      : host(std::move(of)), slot(std::move(held)), socket(std::move(stream)), page(number) {}

  std::shared_ptr<Impl> host;
  std::shared_ptr<Slot> slot;
  websocket::stream<beast::tcp_stream> socket;
  PageId page;
  beast::flat_buffer incoming;
  std::deque<std::string> outgoing;
  std::size_t queued = 0;
  bool writing = false;
  bool gone = false;
  std::optional<std::uint16_t> closing;

  void open(http::request<http::empty_body> const& request) {
    beast::get_lowest_layer(socket).expires_never();  // the socket keeps its own time from here on
    websocket::stream_base::timeout times{};
    times.handshake_timeout = host->limits.request_deadline;
    times.idle_timeout = host->limits.idle;
    times.keep_alive_pings = true;
    socket.set_option(times);
    socket.set_option(websocket::stream_base::decorator([](websocket::response_type& out) { protect(out); }));
    socket.read_message_max(host->limits.frame_bytes_max);
    socket.text(true);
    socket.async_accept(request, [self = shared_from_this()](error_code const& error) {
      if (error) return;
      self->host->take_over(self);
      self->read();
    });
  }

  void read() {
    socket.async_read(incoming, [self = shared_from_this()](error_code const& error, std::size_t) {
      if (error) return self->end();
      auto const data = self->incoming.data();
      std::string line(static_cast<char const*>(data.data()), data.size());
      // A vote or a passphrase may have stood here.
      sodium_memzero(data.data(), data.size());
      self->incoming.consume(data.size());
      if (!self->socket.got_text()) return self->end();
      if (self->closing || self->gone) {
        wipe(line);
      } else {
        self->host->calls.line(self->page, std::move(line));
      }
      self->read();
    });
  }

  void send(std::string line) {
    if (gone || closing) return wipe(line);
    queued += line.size();
    outgoing.push_back(std::move(line));
    // A page that does not read gets everything afresh when it comes back; this program's memory has a bound.
    if (queued > host->limits.queue_bytes_max) return end();
    write();
  }

  void write() {
    if (writing || gone) return;
    if (outgoing.empty()) {
      if (closing) shut();
      return;
    }
    writing = true;
    socket.async_write(asio::buffer(outgoing.front()),
                       [self = shared_from_this()](error_code const& error, std::size_t) {
                         self->writing = false;
                         self->queued -= self->outgoing.front().size();
                         wipe(self->outgoing.front());
                         self->outgoing.pop_front();
                         if (error) return self->end();
                         self->write();
                       });
  }

  void close(std::uint16_t code) {
    if (closing || gone) return;
    closing = code;
    write();
  }

  void shut() {
    writing = true;
    socket.async_close(websocket::close_reason(static_cast<websocket::close_code>(*closing)),
                       [self = shared_from_this()](error_code const&) { self->end(); });
  }

  void end() {
    if (std::exchange(gone, true)) return;
    error_code ignored;
    beast::get_lowest_layer(socket).socket().close(ignored);
    for (std::size_t i = writing ? 1 : 0; i < outgoing.size(); ++i) wipe(outgoing[i]);
    host->lost(*this);
  }
};

// ==================================================================================================== One request

struct PageHost::Impl::Request : std::enable_shared_from_this<Request> {
  Request(std::shared_ptr<Impl> of, std::shared_ptr<Slot> held, tcp::socket&& from)
      : host(std::move(of)), slot(std::move(held)), stream(std::move(from)), head(host->limits.head_bytes_max) {}

  std::shared_ptr<Impl> host;
  std::shared_ptr<Slot> slot;
  beast::tcp_stream stream;
  beast::flat_buffer head;
  http::request_parser<http::empty_body> parser;
  http::response<http::string_body> out;
  Peer peer = Peer::kUnknown;
  Lang lang = Lang::kZh;

  void read() {
    parser.header_limit(host->limits.head_bytes_max);
    stream.expires_after(host->limits.request_deadline);
    // What is no request, or too long, or too slow, gets no answer at all.
    http::async_read_header(stream, head, parser, [self = shared_from_this()](error_code const& error, std::size_t) {
      if (!error) self->route();
    });
  }

  std::string_view field(http::field name) const {
    auto const& request = parser.get();
    return request.count(name) == 1 ? text_of(request[name]) : std::string_view();
  }

  void route() {
    auto const& request = parser.get();
    // First of all: a name that somebody points at this address is not this address (DNS rebinding).
    if (field(http::field::host) != host->address) return empty(http::status::misdirected_request);
    // Nor is another user of this machine, even with an address that he read somewhere.
    error_code gone;
    peer = peer_of(stream.socket().remote_endpoint(gone).port(), host->port);
    if (peer == Peer::kOther) return empty(http::status::forbidden);
    auto target = read_language(text_of(request.target()));
    bool const button = request.method() == http::verb::post && target == kButton;
    if (request.method() != http::verb::get && !button) return empty(http::status::method_not_allowed);
    if (parser.chunked() || parser.content_length().value_or(0) > 0 || head.size() > 0) {
      return empty(http::status::payload_too_large);
    }
    if (button) return open_window();
    if (target == kOpened) return notice(http::status::ok, Notice::kOpened);
    if (target == kNotOpened) return notice(http::status::ok, Notice::kNotOpened);
    constexpr std::string_view kOpen = "/open/";
    if (target.starts_with(kOpen)) return open(target.substr(kOpen.size()));
    if (!target.starts_with('/')) return notice(http::status::not_found, Notice::kClosed);
    target.remove_prefix(1);
    auto const slash = target.find('/');
    if (slash == std::string_view::npos || !same(target.substr(0, slash), host->id)) {
      return notice(http::status::not_found, Notice::kClosed);
    }
    if (!has_cookie(field(http::field::cookie), host->cookie)) {
      return notice(http::status::forbidden, Notice::kClosed);
    }
    auto const path = target.substr(slash + 1);
    if (path == "door") return upgrade();
    file(path.empty() ? std::string_view("index.html") : path);
  }

  /// @return the target without `?lang=`, which is of notices alone.
  std::string_view read_language(std::string_view target) {
    lang = lang_of_browser(field(http::field::accept_language));
    for (auto const& [end, which] : {std::pair{kInChinese, Lang::kZh}, std::pair{kInEnglish, Lang::kEn}}) {
      if (!target.ends_with(end)) continue;
      lang = which;
      target.remove_suffix(end.size());
    }
    return target;
  }

  void open(std::string_view given) {
    if (same(given, host->used_token)) return notice(http::status::gone, Notice::kUsed);
    if (!same(given, host->token)) return notice(http::status::not_found, Notice::kClosed);
    host->used_token = std::exchange(host->token, {});
    out.result(http::status::see_other);
    auto const path = "/" + host->id + "/";
    out.set(http::field::location, path);
    out.set(http::field::set_cookie,
            std::string(kCookie) + "=" + host->cookie + "; HttpOnly; SameSite=Strict; Path=" + path);
    answer();
  }

  /// The button of a notice. Whoever presses it is given nothing: the program opens its owner's browser, as at its
  /// start.
  void open_window() {
    // A web site can send this, but says where it comes from; a program of another user cannot.
    bool const asked_here = field(http::field::origin) == "http://" + host->address && peer == Peer::kOwn;
    if (!asked_here || !host->calls.browse) return notice(http::status::forbidden, Notice::kClosed);
    auto const now = std::chrono::steady_clock::now();
    bool opened = true;
    if (now >= host->next_window && !host->finished) {
      host->next_window = now + kOpenAgain;
      auto fresh = random_name();
      auto const url = host->url_of(fresh);
      host->set(std::move(fresh), random_name(), random_name());
      opened = host->calls.browse(url);
    }
    out.result(http::status::see_other);
    auto const& next = opened ? kOpened : kNotOpened;
    out.set(http::field::location, std::string(next) + std::string(lang == Lang::kZh ? kInChinese : kInEnglish));
    answer();
  }

  void notice(http::status status, Notice what) {
    out.result(status);
    out.set(http::field::content_type, "text/html; charset=utf-8");
    out.set("Content-Security-Policy", notice_policy());
    // Without a referrer a browser does not say of which page its button is.
    out.set("Referrer-Policy", "same-origin");
    out.body() = notice_page(what, lang, static_cast<bool>(host->calls.browse));
    answer();
  }

  void upgrade() {
    auto const& request = parser.get();
    if (!websocket::is_upgrade(request)) return notice(http::status::not_found, Notice::kClosed);
    // The cookie travels with whatever this browser sends here; the origin says whose page it was.
    if (field(http::field::origin) != "http://" + host->address) return empty(http::status::forbidden);
    if (host->finished) return notice(http::status::not_found, Notice::kClosed);
    error_code ignored;
    stream.socket().set_option(tcp::no_delay(true), ignored);
    auto const next = std::make_shared<Door>(host, std::move(slot), std::move(stream), ++host->last_page);
    next->open(request);
  }

  void file(std::string_view path) {
    auto asset = is_asset_path(path) && host->assets ? host->assets(path) : std::nullopt;
    if (!asset) return notice(http::status::not_found, Notice::kClosed);
    if (asset->fetch_only && !fetched()) return empty(http::status::forbidden);
    out.result(http::status::ok);
    out.set(http::field::content_type, beast::string_view(asset->type.data(), asset->type.size()));
    if (!asset->policy.empty()) out.set("Content-Security-Policy", with_address(std::move(asset->policy)));
    if (!asset->disposition.empty()) out.set(http::field::content_disposition, asset->disposition);
    out.body() = std::move(asset->bytes);
    answer();
  }

  /// Whether a script of this page asks, by `fetch` with the mode same-origin: no address, link or frame says so.
  bool fetched() const {
    auto const& request = parser.get();
    auto const says = [&](std::string_view name, std::string_view value) {
      return request.count(name) == 1 && text_of(request[name]) == value;
    };
    return says("Sec-Fetch-Dest", "empty") && says("Sec-Fetch-Mode", "same-origin") &&
           says("Sec-Fetch-Site", "same-origin");
  }

  std::string with_address(std::string policy) const {
    constexpr std::string_view kHere = "{here}";
    auto const folder = "http://" + host->address + "/" + host->id + "/";
    for (auto at = policy.find(kHere); at != std::string::npos; at = policy.find(kHere, at + folder.size())) {
      policy.replace(at, kHere.size(), folder);
    }
    return policy;
  }

  void empty(http::status status) {
    out.result(status);
    answer();
  }

  void answer() {
    out.version(11);
    protect(out);
    out.keep_alive(false);
    out.prepare_payload();
    stream.expires_after(host->limits.request_deadline);
    http::async_write(stream, out, [self = shared_from_this()](error_code const&, std::size_t) {
      error_code ignored;
      self->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }
};

// ==================================================================================================== Host

void PageHost::Impl::accept() {
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
      std::make_shared<Request>(self, std::make_shared<Slot>(self->connections), std::move(socket))->read();
    }
    self->accept();
  });
}

void PageHost::Impl::take_over(std::shared_ptr<Door> const& next) {
  if (auto const before = std::exchange(door, next)) {
    before->send(R"({"event":"taken-over"})");
    before->close(kCloseTakenOver);
    calls.closed(before->page);
  }
  calls.opened(next->page);
}

void PageHost::Impl::lost(Door const& which) {
  if (door.get() != &which) return;
  door.reset();
  calls.closed(which.page);
  if (finished) say_finished();
}

void PageHost::Impl::set(std::string new_token, std::string new_id, std::string new_cookie) {
  if (auto const before = std::exchange(door, nullptr)) {
    before->close(kCloseRenewed);
    calls.closed(before->page);
  }
  used_token.clear();
  token = std::move(new_token);
  id = std::move(new_id);
  cookie = std::move(new_cookie);
}

void PageHost::Impl::finish(std::function<void()> done) {
  finished = std::move(done);
  error_code ignored;
  acceptor.close(ignored);
  again.cancel();
  if (!door) return say_finished();
  door->close(kCloseEnded);
  deadline.expires_after(kFinish);
  deadline.async_wait([self = shared_from_this()](error_code const& cancelled) {
    if (!cancelled) self->say_finished();
  });
}

PageHost::PageHost(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

PageHost::~PageHost() {
  asio::post(impl_->strand, [impl = impl_] {
    impl->calls = {[](PageId) {}, [](PageId, std::string const&) {}, [](PageId) {}, {}};
    impl->finish([] {});
  });
}

Explained<std::unique_ptr<PageHost>> PageHost::listen(net::Loop& loop, std::uint16_t port, Assets assets, Calls calls,
                                                      PageLimits limits) {
  piaojue::init();
  auto impl = std::make_shared<Impl>(loop.io(), std::move(assets), std::move(calls), limits);
  auto const failed = [](error_code const& error) {
    auto const code = error == asio::error::address_in_use ? Refusal::kConflict : Refusal::kInternal;
    return Explanation({strings::local::kPageNoPort, {{"reason", error.message()}}}, {}, code);
  };
  tcp::endpoint const here(asio::ip::address_v4::loopback(), port);
  error_code error = net::bind_at(impl->acceptor, here);
  if (!error) impl->acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) return failed(error);
  impl->port = impl->acceptor.local_endpoint(error).port();
  if (error) return failed(error);
  impl->address = "127.0.0.1:" + std::to_string(impl->port);
  asio::post(impl->strand, [impl] { impl->accept(); });
  return std::unique_ptr<PageHost>(new PageHost(std::move(impl)));
}

std::uint16_t PageHost::port() const { return impl_->port; }

std::string PageHost::renew() {
  auto token = random_name();
  auto url = impl_->url_of(token);
  asio::post(impl_->strand,
             [impl = impl_, token = std::move(token), id = random_name(), cookie = random_name()]() mutable {
               impl->set(std::move(token), std::move(id), std::move(cookie));
             });
  return url;
}

void PageHost::send(PageId page, std::string line) {
  asio::post(impl_->strand, [impl = impl_, page, line = std::move(line)]() mutable {
    if (impl->door && impl->door->page == page) return impl->door->send(std::move(line));
    wipe(line);
  });
}

void PageHost::finish(std::function<void()> done) {
  asio::post(impl_->strand, [impl = impl_, done = std::move(done)]() mutable { impl->finish(std::move(done)); });
}

}  // namespace piaojue::local

// SPDX-License-Identifier: Apache-2.0
// Connections that a proxy hands on: whose they are is what its header says, and only its.
#include <boost/asio/read.hpp>
#include <deque>

#include "channel_fixture.h"
#include "net/proxy_header.h"

namespace piaojue::net {
namespace {

using For = ProxyPreamble::For;

/// A header as HAProxy sends it, and every part of it to be wrong.
struct Header {
  std::uint8_t command = 0x21, family = 0x11;
  std::string from = "192.0.2.7", to = "192.0.2.1";
  std::uint16_t port = 50'312;
  std::size_t more = 0;  ///< bytes of TLVs
  std::optional<std::uint16_t> length = {};

  Bytes bytes() const {
    Bytes out{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, command, family};
    Bytes rest;
    for (auto const& one : {from, to}) {
      auto const address = asio::ip::make_address(one);
      auto const put = [&rest](auto const& bytes) { rest.insert(rest.end(), bytes.begin(), bytes.end()); };
      address.is_v4() ? put(address.to_v4().to_bytes()) : put(address.to_v6().to_bytes());
    }
    for (std::uint16_t const one : {port, std::uint16_t{7443}}) {
      rest.push_back(static_cast<std::uint8_t>(one >> 8));
      rest.push_back(static_cast<std::uint8_t>(one & 0xFF));
    }
    rest.insert(rest.end(), more, 0xEE);
    auto const announced = length.value_or(static_cast<std::uint16_t>(rest.size()));
    out.push_back(static_cast<std::uint8_t>(announced >> 8));
    out.push_back(static_cast<std::uint8_t>(announced & 0xFF));
    append(out, rest);
    return out;
  }
};

ListenOptions behind_a_proxy(std::string const& proxy = "127.0.0.1") {
  ListenOptions options;
  options.proxies = {proxy};
  return options;
}

struct Proxied : Site {
  explicit Proxied(ListenOptions const& options = behind_a_proxy(), ChannelLimits limits = {})
      : Site(limits, options) {}
};

/// What a proxy sends before its client's bytes, and then nothing or TLS.
class FromProxy {
 public:
  FromProxy(Proxied& site, Bytes const& header) {
    socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), site.port()));
    write(header);
  }
  void write(ByteView bytes) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  void end() { socket_.shutdown(tcp::socket::shutdown_send); }
  bool is_closed() {
    boost::system::error_code error;
    std::array<std::uint8_t, 16> nothing;
    socket_.non_blocking(true);
    socket_.read_some(asio::buffer(nothing), error);
    return error && error != asio::error::would_block;
  }

 private:
  asio::io_context io_;
  tcp::socket socket_{io_};
};

TEST(Proxy, ClientIsKnownByItsOwnAddress) {
  Header v6{.family = 0x21, .from = "2001:db8:1:2:3::7", .to = "2001:db8::1"};
  Header mapped{.family = 0x21, .from = "::ffff:192.0.2.9", .to = "2001:db8::1"};
  struct Case {
    Header header;
    std::string remote, address;
  };
  std::vector<Case> const cases{{{}, "192.0.2.7:50312", "192.0.2.7"},
                                {{.more = 300}, "192.0.2.7:50312", "192.0.2.7"},
                                {v6, "[2001:db8:1:2:3::7]:50312", "2001:db8:1:2::"},
                                {mapped, "192.0.2.9:50312", "192.0.2.9"}};
  for (auto const& one : cases) {
    Proxied site;
    RawPeer peer(site.port());
    auto const header = one.header.bytes();
    asio::write(peer.socket(), asio::buffer(header));
    ASSERT_FALSE(peer.handshake());
    auto const server = site.accepted();
    ASSERT_TRUE(server);
    EXPECT_EQ(server->channel->remote(), one.remote);
    EXPECT_EQ(server->channel->address(), one.address);
    peer.write(encode_frame(bytes_of("up")).value());
    EXPECT_TRUE(server->recorder->wait_frames(1));
    site.loop.stop();
  }
}

// Harm: the header's reader takes the first bytes of TLS with it, and every connection fails that is in a hurry.
TEST(Proxy, WhatFollowsTheHeaderAtOnceIsTls) {
  Proxied site;
  RawPeer peer(site.port());
  // The ClientHello is made before there is anybody to send it to.
  SSL* const ssl = peer.ssl();
  BIO* const nothing = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(nothing, -1);
  BIO* const hello = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, nothing, hello);
  ASSERT_NE(SSL_connect(ssl), 1);
  char* data = nullptr;
  auto const size = static_cast<std::size_t>(BIO_get_mem_data(hello, &data));
  Bytes all = Header{.more = 7}.bytes();
  append(all, ByteView(reinterpret_cast<std::uint8_t const*>(data), size));
  asio::write(peer.socket(), asio::buffer(all));
  ASSERT_EQ(SSL_set_fd(ssl, static_cast<int>(peer.socket().native_handle())), 1);  // an int, on Windows too
  EXPECT_EQ(SSL_connect(ssl), 1);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->channel->address(), "192.0.2.7");
  site.loop.stop();
}

// A health check is the proxy's own connection, whatever it says of families.
TEST(Proxy, LocalConnectionIsTheProxysOwn) {
  for (auto const& header : {Header{.command = 0x20}, Header{.command = 0x20, .family = 0x00}}) {
    Proxied site;
    RawPeer peer(site.port());
    asio::write(peer.socket(), asio::buffer(header.bytes()));
    ASSERT_FALSE(peer.handshake());
    auto const server = site.accepted();
    ASSERT_TRUE(server);
    EXPECT_EQ(server->channel->address(), "127.0.0.1");
    peer.close();
    site.loop.stop();
  }
}

TEST(Proxy, WhatIsNoHeaderOfATcpConnectionIsRefused) {
  Bytes short_header = Header{.length = 11}.bytes();
  std::vector<Bytes> const wrong{
      bytes_of("PROXY TCP4 192.0.2.7 192.0.2.1 50312 7443\r\n"),  // version 1
      bytes_of("\x16\x03\x01 and so on, as TLS begins"),
      Header{.command = 0x22}.bytes(),
      Header{.command = 0x11}.bytes(),
      Header{.family = 0x00}.bytes(),  // UNSPEC
      Header{.family = 0x12}.bytes(),  // UDP
      Header{.family = 0x31}.bytes(),  // UNIX
      Header{.family = 0x21}.bytes(),  // too short for IPv6
      Header{.length = 537}.bytes(),
      Header{.length = 0xFFFF}.bytes(),
      short_header,
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    Proxied site;
    FromProxy peer(site, wrong[i]);
    EXPECT_EQ(site.refused(), CloseReason::kProxyHeader) << i;
    EXPECT_TRUE(site.connections_become(0));
  }
}

TEST(Proxy, HeaderThatIsCutIsTruncated) {
  for (std::size_t const bytes : {0U, 1U, 15U, 16U, 20U, 27U}) {
    Proxied site;
    FromProxy peer(site, ByteView(Header{}.bytes()).first(bytes).size() == 0
                             ? Bytes{}
                             : to_bytes(ByteView(Header{}.bytes()).first(bytes)));
    peer.end();
    EXPECT_EQ(site.refused(), CloseReason::kTruncated) << bytes;
    EXPECT_TRUE(site.connections_become(0));
  }
}

// Harm: whoever writes a header himself comes from any address that he likes, and no bound holds him.
TEST(Proxy, HeaderOfWhoIsNoProxyIsGarbage) {
  Proxied site(behind_a_proxy("127.0.0.2"));
  FromProxy peer(site, Header{}.bytes());
  EXPECT_EQ(site.refused(), CloseReason::kTls);
  // Whoever is no proxy comes as he always did.
  auto const client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  EXPECT_EQ(site.accepted()->channel->address(), "127.0.0.1");
}

// Harm: a header that drips in holds a connection for ever.
TEST(Proxy, SlowHeaderMeetsTheDeadlineOfTheHandshake) {
  ChannelLimits limits;
  limits.handshake_deadline = 200ms;
  Proxied site(behind_a_proxy(), limits);
  FromProxy silent(site, {});
  EXPECT_EQ(site.refused(), CloseReason::kHandshakeTimeout);
  auto const header = Header{}.bytes();
  FromProxy dripping(site, {});
  for (std::size_t i = 0; i < header.size() && !dripping.is_closed(); ++i) {
    dripping.write(ByteView(header).subspan(i, 1));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(site.refused(1), CloseReason::kHandshakeTimeout);
  // The time for TLS is what the header has left of it.
  FromProxy no_tls(site, header);
  EXPECT_EQ(site.refused(2), CloseReason::kHandshakeTimeout);
  EXPECT_TRUE(site.connections_become(0));
}

// Harm: behind a proxy everybody has one address; eight silent laptops keep a province out, or one has all places.
TEST(Proxy, BoundOfStrangersCountsTheClientsAddress) {
  Proxied site;
  std::deque<FromProxy> silent;
  for (int i = 0; i < 8; ++i) silent.emplace_back(site, Header{}.bytes());
  // An established one of another address says that those before it have been seen.
  ASSERT_TRUE(site.connections_become(8));
  std::this_thread::sleep_for(100ms);
  silent.emplace_back(site, Header{.port = 1}.bytes());
  EXPECT_EQ(site.refused(), CloseReason::kTooMany);
  RawPeer other(site.port());
  asio::write(other.socket(), asio::buffer(Header{.from = "192.0.2.8"}.bytes()));
  ASSERT_FALSE(other.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->channel->address(), "192.0.2.8");
  EXPECT_FALSE(silent.front().is_closed());
  site.loop.stop();
}

// Harm: a proxy that hangs, or whoever has its address, fills the server with connections that say nothing.
TEST(Proxy, ConnectionsWithoutAHeaderAreBoundedAndKeepNobodyOut) {
  auto options = behind_a_proxy();
  options.strangers_max = 4;
  Proxied site(options);
  std::deque<FromProxy> silent;
  for (int i = 0; i < 12; ++i) silent.emplace_back(site, Bytes{});
  ASSERT_TRUE(site.refused(7));
  EXPECT_TRUE(site.connections_become(4));
  EXPECT_TRUE(silent.front().is_closed());
  RawPeer peer(site.port());
  asio::write(peer.socket(), asio::buffer(Header{}.bytes()));
  EXPECT_FALSE(peer.handshake());
  EXPECT_TRUE(site.accepted());
  site.loop.stop();
}

TEST(Proxy, AddressThatIsNoneIsRefused) {
  Loop loop;
  ListenOptions options = behind_a_proxy("haproxy.example");
  options.address = "127.0.0.1";
  auto const listener = Listener::listen(loop.io(), options, Keys::get().context(), {}, [](auto const&) {});
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error(), Refusal::kMalformed);
}

// ---- The parser alone ---------------------------------------------------------------------------------------------

Result<ProxyPreamble> preamble_of(Header const& header) {
  std::array<std::uint8_t, kProxyPreambleBytes> first{};
  std::copy_n(header.bytes().begin(), first.size(), first.begin());
  return parse_proxy_preamble(first);
}

TEST(ProxyHeader, SaysWhoseConnectionItIs) {
  auto const preamble = preamble_of({});
  ASSERT_TRUE(preamble);
  EXPECT_EQ(preamble->whom, For::kTcp4);
  EXPECT_EQ(preamble->rest_bytes, 12U);
  auto const bytes = Header{}.bytes();
  auto const client = proxied_client(*preamble, ByteView(bytes).subspan(kProxyPreambleBytes));
  ASSERT_TRUE(client && *client);
  EXPECT_EQ((*client)->address.to_string(), "192.0.2.7");
  EXPECT_EQ((*client)->port, 50'312);
  EXPECT_EQ(preamble_of({.command = 0x20, .family = 0, .length = 0}).value().whom, For::kItself);
}

TEST(ProxyHeader, EachRefusalHasItsName) {
  EXPECT_EQ(preamble_of({.command = 0x31}).error(), Refusal::kMalformed);
  EXPECT_EQ(preamble_of({.family = 0x22}).error(), Refusal::kUnknownType);
  EXPECT_EQ(preamble_of({.length = 11}).error(), Refusal::kOutOfRange);
  EXPECT_EQ(preamble_of({.family = 0x21, .length = 35}).error(), Refusal::kOutOfRange);
  EXPECT_EQ(preamble_of({.length = 537}).error(), Refusal::kTooLarge);
  EXPECT_EQ(preamble_of({.command = 0x20, .length = 537}).error(), Refusal::kTooLarge);
  EXPECT_EQ(proxied_client({For::kTcp4, 12}, Bytes(11)).error(), Refusal::kMalformed);
  EXPECT_EQ(proxied_client({For::kTcp6, 12}, Bytes(12)).error(), Refusal::kMalformed);
}

}  // namespace
}  // namespace piaojue::net

// SPDX-License-Identifier: Apache-2.0
// Real TLS over the loopback interface: what a peer may do, and every way in which one may misbehave.
#include "net/channel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <deque>
#include <set>

#include "channel_fixture.h"

namespace piaojue::net {
namespace {

// ---- Who gets in --------------------------------------------------------------------------------------------------

TEST(Channel, MutualTlsCarriesFramesBothWaysAndNamesBothKeys) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  Recorder at_client;
  at_client.start(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->channel->peer_spki_sha256(), spki_sha256(Keys::get().client.certificate_pem).value());
  EXPECT_EQ(client.channel->peer_spki_sha256(), Keys::get().pin);
  EXPECT_EQ(client.channel->remote(), "127.0.0.1:" + std::to_string(site.port()));
  EXPECT_TRUE(server->channel->remote().starts_with("127.0.0.1:"));

  EXPECT_TRUE(client.channel->send(bytes_of("up")));
  ASSERT_TRUE(server->recorder->wait_frames(1));
  EXPECT_EQ(server->recorder->frames()[0], bytes_of("up"));
  EXPECT_TRUE(server->channel->send(bytes_of("down")));
  ASSERT_TRUE(at_client.wait_frames(1));
  EXPECT_EQ(at_client.frames()[0], bytes_of("down"));
  client.channel->finish();
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kPeer);
  EXPECT_EQ(at_client.wait_closed(), CloseReason::kLocal);
}

// Who has only a slip gets through, but as nobody: the session layer lets such a peer enrol and nothing else.
TEST(Channel, PeerWithoutCertificateGetsThroughAsNobody) {
  Site site;
  auto client = site.connect(nameless());
  ASSERT_TRUE(client.channel);
  Recorder at_client;
  at_client.start(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_FALSE(server->channel->peer_spki_sha256());
  client.channel->send(bytes_of("enrol"));
  EXPECT_TRUE(server->recorder->wait_frames(1));
}

/// Connects with a credential that the server must refuse.
void expect_credential_refused(Credential const& credential) {
  Site site;
  auto client = site.connect(TlsContext::client(Keys::get().pin, credential.clone()).value());
  EXPECT_EQ(site.refused(), CloseReason::kTls);
  EXPECT_EQ(site.accepted_count(), 0U);
  if (client.channel) {  // TLS 1.3: the client is done before the server has looked
    Recorder at_client;
    at_client.start(client.channel);
    EXPECT_EQ(at_client.wait_closed(), CloseReason::kTls);
    site.loop.stop();
  }
}

TEST(Channel, CertificateOfAnotherCaIsRefused) {
  auto const other = make_authority("meeting", Keys::get().validity).value();
  expect_credential_refused(Keys::certified(other, Keys::get().validity));
}

TEST(Channel, CertificateOutsideItsValidityIsRefused) {
  expect_credential_refused(Keys::certified(Keys::get().authority, {now_s() - 1000, now_s() - 10}));
  expect_credential_refused(Keys::certified(Keys::get().authority, {now_s() + 1000, now_s() + 2000}));
}

// The server's own certificate is signed by the same CA, but is not one of a person.
TEST(Channel, CertificateForAnotherPurposeIsRefused) { expect_credential_refused(Keys::get().server); }

TEST(Channel, SelfSignedCertificateIsRefused) {
  expect_credential_refused(make_authority("piaojue person 7", Keys::get().validity).value());
}

// The pin from the paper slip is the whole trust in the server: a certificate of the right CA is not enough.
TEST(Channel, ServerWithAnotherKeyThanThePinIsRefused) {
  Site site;
  Hash wrong = Keys::get().pin;
  wrong.data[31] ^= 1;
  auto const client = site.connect(TlsContext::client(wrong, Keys::get().client.clone()).value());
  EXPECT_FALSE(client.channel);
  EXPECT_EQ(client.failure.reason, CloseReason::kTls);
  EXPECT_EQ(site.refused(), CloseReason::kTls);
}

TEST(Channel, OlderTlsIsRefusedByTheServer) {
  Site site;
  RawPeer peer(site.port(), true, TLS1_2_VERSION);
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(site.refused(), CloseReason::kTls);
}

TEST(Channel, OlderTlsIsRefusedByTheClient) {
  Site site;
  asio::io_context io;
  asio::ssl::context old(asio::ssl::context::tls_server);
  SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_2_VERSION);
  Credential const& server = Keys::get().server;
  old.use_certificate(asio::buffer(server.certificate_pem), asio::ssl::context::pem);
  old.use_private_key(asio::buffer(server.key_pem.data(), server.key_pem.size()), asio::ssl::context::pem);
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::thread thread([&] {
    asio::ssl::stream<tcp::socket> stream(acceptor.accept(), old);
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::server, error);
    EXPECT_TRUE(error);
  });
  auto const client = site.connect_to(acceptor.local_endpoint().port(), trusted());
  EXPECT_FALSE(client.channel);
  EXPECT_EQ(client.failure.reason, CloseReason::kTls);
  thread.join();
}

// Whoever enrols has only a slip, on which no key stands. Harm of a proof that is not of one connection: somebody
// between the two ends passes it on.
TEST(Channel, ExporterIsTheSameAtBothEndsAndAtNoOtherConnection) {
  Site site;
  auto const enrolling = TlsContext::enrolling().value();
  Bytes spki;  // of the first connection
  std::set<crypto::Exporter> seen;
  std::size_t index = 0;
  for (auto const& tls : {enrolling, enrolling, trusted(), nameless()}) {
    auto const client = site.connect(tls);
    ASSERT_TRUE(client.channel) << client.failure.detail;
    Recorder at_client;
    at_client.start(client.channel);
    auto const server = site.accepted(index++);
    ASSERT_TRUE(server);
    EXPECT_EQ(client.channel->exporter(), server->channel->exporter());
    EXPECT_TRUE(seen.insert(client.channel->exporter()).second);
    if (spki.empty()) spki = client.channel->server_spki();
    EXPECT_EQ(crypto::sha256({spki}), Keys::get().pin);
    EXPECT_EQ(client.channel->server_spki(), spki);
    EXPECT_EQ(server->channel->server_spki(), spki);
    EXPECT_EQ(client.channel->peer_spki_sha256(), Keys::get().pin);
  }
  site.loop.stop();
}

// RFC 8446 §7.5 with a label and an empty context that another implementation must be able to name.
TEST(Channel, ExporterIsThatOfTheLabelAndAnEmptyContext) {
  Site site;
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  std::string_view const label = "EXPORTER-piaojue-enrol";
  for (int const with_context : {0, 1}) {  // TLS 1.3 knows no difference between none and an empty one
    crypto::Exporter exporter;
    ASSERT_EQ(SSL_export_keying_material(peer.ssl(), exporter.data.data(), 32, label.data(), label.size(), nullptr, 0,
                                         with_context),
              1);
    EXPECT_EQ(server->channel->exporter(), exporter);
  }
}

// The other side offers tickets and early data: a client of ours takes neither.
TEST(Channel, ClientNeitherResumesNorSendsEarlyData) {
  Site site;
  asio::io_context io;
  asio::ssl::context lax(asio::ssl::context::tlsv13_server);
  Credential const& server = Keys::get().server;
  lax.use_certificate(asio::buffer(server.certificate_pem), asio::ssl::context::pem);
  lax.use_private_key(asio::buffer(server.key_pem.data(), server.key_pem.size()), asio::ssl::context::pem);
  SSL_CTX_set_max_early_data(lax.native_handle(), 1024);
  SSL_CTX_set_num_tickets(lax.native_handle(), 2);
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::vector<int> resumed;
  std::vector<int> early;
  std::thread thread([&] {
    for (int i = 0; i < 2; ++i) {
      asio::ssl::stream<tcp::socket> stream(acceptor.accept(), lax);
      boost::system::error_code error;
      stream.handshake(asio::ssl::stream_base::server, error);
      EXPECT_FALSE(error) << error.message();
      resumed.push_back(SSL_session_reused(stream.native_handle()));
      early.push_back(SSL_get_early_data_status(stream.native_handle()));
      std::array<std::uint8_t, 64> dropped;
      stream.read_some(asio::buffer(dropped), error);  // the tickets have left by then
    }
  });
  auto const tls = nameless();
  for (int i = 0; i < 2; ++i) {
    auto const client = site.connect_to(acceptor.local_endpoint().port(), tls);
    ASSERT_TRUE(client.channel) << client.failure.detail;
    Recorder at_client;
    at_client.start(client.channel);
    client.channel->send(bytes_of("x"));
    at_client.wait_closed();
  }
  thread.join();
  EXPECT_EQ(resumed, (std::vector<int>{0, 0}));
  EXPECT_EQ(early, (std::vector<int>{SSL_EARLY_DATA_NOT_SENT, SSL_EARLY_DATA_NOT_SENT}));
}

// A ticket would let a stolen file stand in for a key, and early data could be replayed.
TEST(Channel, SessionCanNotBeResumed) {
  Site site;
  site.on_frame = [](Channel& channel, Bytes payload) { channel.send(std::move(payload)); };
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  peer.write(encode_frame(bytes_of("echo")).value());
  std::array<std::uint8_t, 8> answer;
  asio::read(peer.stream(), asio::buffer(answer));
  SSL_SESSION* const session = SSL_get1_session(peer.ssl());
  EXPECT_EQ(SSL_SESSION_is_resumable(session), 0);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(session), 0U);
  SSL_SESSION_free(session);
}

// ---- Handshakes that do not happen --------------------------------------------------------------------------------

TEST(Channel, GarbageInsteadOfTlsIsRefused) {
  Site site;
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), site.port()));
  asio::write(socket, asio::buffer(std::string_view("GET / HTTP/1.1\r\nHost: vote\r\n\r\n")));
  EXPECT_EQ(site.refused(), CloseReason::kTls);
}

// A silent connection must not hold a place for ever.
TEST(Channel, HandshakeThatNeverEndsIsClosed) {
  ChannelLimits limits;
  limits.handshake_deadline = 100ms;
  Site site(limits);
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), site.port()));
  EXPECT_EQ(site.refused(), CloseReason::kHandshakeTimeout);
  boost::system::error_code error;
  std::array<std::uint8_t, 16> nothing;
  socket.read_some(asio::buffer(nothing), error);
  EXPECT_TRUE(error);
  EXPECT_TRUE(site.connections_become(0));
}

/// Sockets that say nothing, from one of the loopback's many addresses.
class Silent {
 public:
  explicit Silent(std::uint16_t port) : port_(port) {}
  void come(int count, char const* from = "127.0.0.1") {
    for (int i = 0; i < count; ++i) {
      auto& socket = sockets_.emplace_back(io_);
      socket.open(tcp::v4());
      socket.bind(tcp::endpoint(asio::ip::make_address(from), 0));
      socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_));
    }
  }
  /// The listener has closed it.
  bool is_closed(std::size_t index) {
    boost::system::error_code error;
    std::array<std::uint8_t, 16> nothing;
    sockets_[index].non_blocking(true);
    sockets_[index].read_some(asio::buffer(nothing), error);
    return error && error != asio::error::would_block;
  }

 private:
  std::uint16_t port_;
  asio::io_context io_;
  std::deque<tcp::socket> sockets_;
};

// Harm: one laptop that opens connections and says nothing keeps everybody out.
TEST(Channel, OneAddressHoldsItsShareOfHandshakesAndNoMore) {
  Site site;
  Silent silent(site.port());
  silent.come(8);
  ASSERT_TRUE(site.connections_become(8));
  silent.come(1);
  EXPECT_EQ(site.refused(), CloseReason::kTooMany);
  EXPECT_FALSE(site.connect(trusted()).channel);
  // Another address is not touched by it.
  silent.come(8, "127.0.0.2");
  EXPECT_TRUE(site.connections_become(16));
  EXPECT_FALSE(silent.is_closed(0));
}

// Harm: as above, by one who has several addresses.
TEST(Channel, WhenAllPlacesAreTakenTheLargestAddressLosesItsOldest) {
  ListenOptions options;
  options.strangers_max = 8;
  options.strangers_per_address_max = 4;
  Site site({}, options);
  Silent silent(site.port());
  silent.come(4, "127.0.0.2");
  silent.come(3, "127.0.0.3");
  silent.come(1, "127.0.0.4");
  ASSERT_TRUE(site.connections_become(8));
  auto const client = site.connect(trusted());
  ASSERT_TRUE(client.channel) << client.failure.detail;
  EXPECT_EQ(site.refused(), CloseReason::kTooMany);
  EXPECT_TRUE(silent.is_closed(0));
  for (std::size_t i = 1; i < 8; ++i) EXPECT_FALSE(silent.is_closed(i)) << i;
}

// Harm: twenty laptops behind one router, and the ninth can not vote.
TEST(Channel, WhoHasShownACertificateHoldsNoPlaceOfStrangers) {
  ListenOptions options;
  options.strangers_max = 2;
  options.strangers_per_address_max = 2;
  Site site({}, options);
  std::vector<std::shared_ptr<Channel>> channels;
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (std::size_t i = 0; i < 6; ++i) {
    channels.push_back(site.connect(trusted()).channel);
    ASSERT_TRUE(channels.back()) << i;
    recorders.push_back(std::make_unique<Recorder>());
    recorders.back()->start(channels.back());
    ASSERT_TRUE(site.accepted(i));
  }
  EXPECT_EQ(site.listener->connections(), 6U);
  site.loop.stop();
}

TEST(Channel, WhoHasNoCertificateHoldsAPlaceUntilItEnds) {
  ListenOptions options;
  options.strangers_per_address_max = 2;
  Site site({}, options);
  std::vector<std::shared_ptr<Channel>> channels;
  std::vector<std::unique_ptr<Recorder>> recorders;
  auto const come = [&] {
    auto channel = site.connect(nameless()).channel;
    if (!channel) return false;
    recorders.push_back(std::make_unique<Recorder>());
    recorders.back()->start(channel);
    channels.push_back(std::move(channel));
    return true;
  };
  ASSERT_TRUE(come());
  ASSERT_TRUE(come());
  ASSERT_TRUE(site.accepted(1));
  EXPECT_FALSE(come());
  EXPECT_EQ(site.refused(), CloseReason::kTooMany);
  channels[0]->finish();
  EXPECT_EQ(site.accepted(0)->recorder->wait_closed(), CloseReason::kPeer);
  ASSERT_TRUE(site.connections_become(1));
  EXPECT_TRUE(come());
  site.loop.stop();
}

// An established stranger loses its place like one that says nothing, and the server is told why.
TEST(Channel, StrangerThatLosesItsPlaceIsClosed) {
  ListenOptions options;
  options.strangers_max = 1;
  Site site({}, options);
  auto const first = site.connect(nameless());
  ASSERT_TRUE(first.channel);
  Recorder at_first;
  at_first.start(first.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  auto const second = site.connect(trusted());
  EXPECT_TRUE(second.channel) << second.failure.detail;
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kTooMany);
}

// Harm: whoever comes back as often as he is thrown out fills the connections with ones long closed, and nobody gets
// in.
TEST(Channel, WhoeverHasLostItsPlaceIsNoConnectionAnyMore) {
  ListenOptions options;
  options.strangers_max = 4;
  options.connections_max = 8;
  Site site({}, options);
  Silent silent(site.port());
  for (int i = 0; i < 20; ++i) {
    silent.come(1, ("127.0.0." + std::to_string(2 + i % 4)).c_str());
  }
  ASSERT_TRUE(site.refused(15));
  EXPECT_TRUE(site.connections_become(4));
  EXPECT_TRUE(site.connect(trusted()).channel);
}

TEST(Channel, StrangerMeetsItsDeadlineHoweverMuchItSays) {
  ChannelLimits limits;
  limits.stranger_deadline = 300ms;
  Site site(limits);
  auto const client = site.connect(nameless());
  // A client is done with its handshake before the server is: of two at once either may be accepted first.
  auto const server = site.accepted(0);
  auto const known = site.connect(trusted());
  ASSERT_TRUE(client.channel && known.channel && server);
  Recorder at_client;
  at_client.start(client.channel);
  Recorder at_known;
  at_known.start(known.channel);
  for (int i = 0; i < 20 && client.channel->send(bytes_of("enrol")); ++i) std::this_thread::sleep_for(30ms);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kStrangerTimeout);
  EXPECT_TRUE(known.channel->send(bytes_of("I am known")));
  EXPECT_TRUE(site.accepted(1)->recorder->wait_frames(1));
  site.loop.stop();
}

TEST(Channel, ConnectionsAreBoundedAndAPlaceIsGivenBack) {
  ListenOptions options;
  options.connections_max = 3;
  Site site({}, options);
  std::vector<std::shared_ptr<Channel>> channels;
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (int i = 0; i < 3; ++i) {
    channels.push_back(site.connect(trusted()).channel);
    ASSERT_TRUE(channels.back());
    recorders.push_back(std::make_unique<Recorder>());
    recorders.back()->start(channels.back());
    ASSERT_TRUE(site.accepted(static_cast<std::size_t>(i)));
  }
  EXPECT_FALSE(site.connect(trusted()).channel);
  EXPECT_EQ(site.refused(), CloseReason::kTooMany);
  channels[0]->close();
  ASSERT_TRUE(site.connections_become(2));
  auto const again = site.connect(trusted());
  EXPECT_TRUE(again.channel);
  site.loop.stop();
}

TEST(Channel, NobodyListeningIsToldAsSuch) {
  Site site;
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  auto const port = acceptor.local_endpoint().port();
  acceptor.close();
  EXPECT_EQ(site.connect_to(port, trusted()).failure.reason, CloseReason::kConnectFailed);
}

TEST(Channel, ServerThatSaysNothingMeetsTheConnectDeadline) {
  Site site;
  asio::io_context io;
  tcp::acceptor silent(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  ChannelLimits limits;
  limits.connect_deadline = 100ms;
  auto const client = site.connect_to(silent.local_endpoint().port(), trusted(), limits);
  EXPECT_FALSE(client.channel);
  EXPECT_EQ(client.failure.reason, CloseReason::kConnectTimeout);
}

TEST(Channel, HostNamesAreResolved) {
  Site site;
  EXPECT_TRUE(site.connect_to(site.port(), trusted(), {}, "localhost").channel);
}

TEST(Channel, AddressThatCanNotBeListenedOnIsRefused) {
  Site site;
  auto const tls = TlsContext::server(Keys::get().server, Keys::get().authority.certificate_pem).value();
  ListenOptions options;
  options.address = "not an address";
  EXPECT_EQ(Listener::listen(site.loop.io(), options, tls, {}, {}).error(), Refusal::kMalformed);
  options.address = "127.0.0.1";
  options.port = site.port();
  EXPECT_EQ(Listener::listen(site.loop.io(), options, tls, {}, {}).error(), Refusal::kConflict);
}

TEST(Channel, StoppedListenerAcceptsNobodyAndKeepsItsChannels) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  Recorder at_client;
  at_client.start(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  site.listener->stop();
  EXPECT_FALSE(site.connect(trusted()).channel);
  client.channel->send(bytes_of("still here"));
  EXPECT_TRUE(server->recorder->wait_frames(1));
  site.loop.stop();
}

// ---- Frames that are not ------------------------------------------------------------------------------------------

TEST(Channel, FrameOverTheLimitClosesTheChannel) {
  ChannelLimits limits;
  limits.frame_bytes_max = 1000;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  peer.write(encode_frame(Bytes(1000, 1)).value());
  peer.write(encode_frame(Bytes(1001, 1)).value());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kFrameTooLarge);
  EXPECT_EQ(server->recorder->count(), 1U);
}

// A stranger may send 16 KiB at a time, not 32 MiB, until the session layer says otherwise.
TEST(Channel, PeerWithoutCertificateHasTheSmallLimitUntilItIsRaised) {
  Site site;
  {
    RawPeer stranger(site.port(), false);
    ASSERT_FALSE(stranger.handshake());
    stranger.write(encode_frame(Bytes(kFrameBytesMaxUnauthenticated, 1)).value());
    stranger.write(frame_header(kFrameBytesMaxUnauthenticated + 1));
    auto const server = site.accepted(0);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kFrameTooLarge);
    EXPECT_EQ(server->recorder->count(), 1U);
  }
  site.on_frame = [](Channel& channel, Bytes const&) { channel.set_frame_bytes_max(100'000); };
  RawPeer enrolled(site.port(), false);
  ASSERT_FALSE(enrolled.handshake());
  Bytes both = encode_frame(bytes_of("code")).value();
  piaojue::append(both, encode_frame(Bytes(100'000, 1)).value());
  enrolled.write(both);
  auto const server = site.accepted(1);
  ASSERT_TRUE(server);
  EXPECT_TRUE(server->recorder->wait_frames(2));
}

TEST(Channel, EmptyFrameClosesTheChannel) {
  Site site;
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  peer.write(Bytes(4, 0));
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kFrameMalformed);
}

// Half a request must not pass for an orderly goodbye.
TEST(Channel, StreamThatEndsInsideAFrameIsTruncated) {
  for (std::size_t sent : {std::size_t{2}, std::size_t{4}, std::size_t{50}}) {
    Site site;
    RawPeer peer(site.port());
    ASSERT_FALSE(peer.handshake());
    Bytes const frame = encode_frame(Bytes(100, 1)).value();
    peer.write(ByteView(frame).first(sent));
    auto const server = site.accepted();
    ASSERT_TRUE(server);
    boost::system::error_code ignored;
    // With close_notify: even an authentic end is not one here.
    std::thread closer([&] { peer.stream().shutdown(ignored); });
    EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kTruncated) << sent;
    EXPECT_EQ(server->recorder->count(), 0U);
    closer.join();
  }
}

// An attacker on the network can end a TCP stream, but can not forge close_notify.
TEST(Channel, StreamThatEndsWithoutCloseNotifyIsTruncated) {
  Site site;
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  peer.close();
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kTruncated);
}

// ---- Peers that are slow ------------------------------------------------------------------------------------------

// A byte now and then must not keep a frame alive: thirty such peers would be a denial of service at no cost.
TEST(Channel, FrameThatDoesNotEndMeetsTheFrameDeadlineHoweverItDrips) {
  ChannelLimits limits;
  limits.frame_deadline = 200ms;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  auto const begun = std::chrono::steady_clock::now();
  std::atomic<bool> stop = false;
  std::thread dripper([&] {
    peer.write(frame_header(1000));
    while (!stop) {
      peer.write(Bytes(1, 1));
      std::this_thread::sleep_for(20ms);
    }
  });
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kFrameTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  stop = true;
  dripper.join();
}

TEST(Channel, SilentPeerMeetsTheIdleDeadlineAndATalkingOneDoesNot) {
  ChannelLimits limits;
  // Far more than a pause of a busy machine between two heartbeats.
  limits.idle_deadline = 1'000ms;
  Site site(limits);
  RawPeer silent(site.port());
  ASSERT_FALSE(silent.handshake());
  RawPeer talking(site.port());
  ASSERT_FALSE(talking.handshake());
  for (int i = 0; i < 30; ++i) {
    talking.write(encode_frame(bytes_of("heartbeat")).value());
    std::this_thread::sleep_for(50ms);
  }
  auto const first = site.accepted(0);
  auto const second = site.accepted(1);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->recorder->wait_closed(), CloseReason::kIdleTimeout);
  EXPECT_EQ(second->recorder->closes(), 0);
}

// A client that does not read must cost a bounded amount of memory, and must not slow the others.
TEST(Channel, PeerThatDoesNotReadOverflowsItsQueueAndIsClosed) {
  ChannelLimits limits;
  limits.send_queue_bytes_max = 1U << 20;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  auto const payload = std::make_shared<Bytes const>(100'000, 1);
  std::size_t sent = 0;
  while (sent < 1000 && server->channel->send(payload)) ++sent;
  EXPECT_LT(sent, 1000U);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kSendOverflow);
  EXPECT_FALSE(server->channel->send(payload));
  EXPECT_TRUE(site.connections_become(0));
  EXPECT_EQ(payload.use_count(), 1);  // nothing is held for it any more
}

// Harm: of a hall somebody is to be closed, and the one who holds most, in one frame that is on its way, is not seen.
TEST(Channel, AFrameThatIsOnItsWayIsHeldByItsChannelAlone) {
  Site site;
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  std::size_t const size = 24U << 20;
  EXPECT_TRUE(server->channel->send(Bytes(size, 1)));
  std::this_thread::sleep_for(300ms);  // the network has taken a part of it, and takes no more
  EXPECT_EQ(server->channel->waiting().alone, size);
  auto const shared = std::make_shared<Bytes const>(1'000, 1);
  EXPECT_TRUE(server->channel->send(shared));
  EXPECT_EQ(server->channel->waiting().alone, size) << "others hold that one";
  server->channel->close();
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kLocal);
  EXPECT_EQ(server->channel->waiting().alone, 0U);
}

TEST(Channel, QueueIsBoundedInFramesToo) {
  ChannelLimits limits;
  limits.send_queue_frames_max = 4;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  std::promise<std::size_t> sent;
  server->channel->post([&] {  // on the strand, so that nothing is written meanwhile
    std::size_t count = 0;
    while (count < 100 && server->channel->send(bytes_of("x"))) ++count;
    sent.set_value(count);
  });
  EXPECT_EQ(sent.get_future().get(), 4U);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kSendOverflow);
}

TEST(Channel, PeerThatDoesNotReadMeetsTheWriteDeadline) {
  ChannelLimits limits;
  limits.write_deadline = 200ms;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_TRUE(server->channel->send(Bytes(24U << 20, 1)));
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kWriteTimeout);
}

TEST(Channel, FloodMeetsTheRateLimit) {
  ChannelLimits limits;
  limits.inbound_frames_per_s = 5;
  limits.inbound_frames_burst = 10;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  Bytes flood;
  for (int i = 0; i < 200; ++i) piaojue::append(flood, encode_frame(bytes_of("x")).value());
  peer.write(flood);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kRateLimit);
  EXPECT_GE(server->recorder->count(), 10U);
  EXPECT_LT(server->recorder->count(), 30U);
}

// ---- The life of a channel ----------------------------------------------------------------------------------------

// A refusal with its reason must reach the peer although the connection ends with it.
TEST(Channel, FinishDeliversWhatIsQueuedAndThenEndsInOrder) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  Recorder at_client;
  at_client.start(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  server->channel->send(Bytes(3'000'000, 1));
  server->channel->send(bytes_of("because"));
  server->channel->finish(CloseReason::kRefused);
  EXPECT_FALSE(server->channel->send(bytes_of("too late")));
  EXPECT_EQ(at_client.wait_closed(), CloseReason::kPeer);
  ASSERT_EQ(at_client.count(), 2U);
  EXPECT_EQ(at_client.frames()[0].size(), 3'000'000U);
  EXPECT_EQ(at_client.frames()[1], bytes_of("because"));
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kRefused);
}

TEST(Channel, FinishDoesNotWaitForAPeerThatDoesNotRead) {
  ChannelLimits limits;
  limits.finish_deadline = 200ms;
  Site site(limits);
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  server->channel->send(Bytes(24U << 20, 1));
  server->channel->finish(CloseReason::kReplaced);
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kReplaced);
}

TEST(Channel, StartSendFinishInOneBreathDeliversTheFrame) {
  Site site;
  Recorder at_client;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  auto const server = site.accepted();
  client.channel->send(bytes_of("before start"));
  at_client.start(client.channel);
  client.channel->send(bytes_of("after start"));
  client.channel->finish();
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kPeer);
  EXPECT_EQ(server->recorder->frames(), (std::vector<Bytes>{bytes_of("before start"), bytes_of("after start")}));
}

TEST(Channel, LargestFrameArrivesWhole) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  Recorder at_client;
  at_client.start(client.channel);
  Bytes payload(kFrameBytesMax);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  EXPECT_TRUE(client.channel->send(payload));
  EXPECT_FALSE(client.channel->send(Bytes(kFrameBytesMax + 1)));
  EXPECT_FALSE(client.channel->send(Bytes{}));
  auto const server = site.accepted();
  ASSERT_TRUE(server->recorder->wait_frames(1));
  EXPECT_TRUE(server->recorder->frames()[0] == payload);
  site.loop.stop();
}

TEST(Channel, ManyThreadsMaySendAndEachKeepsItsOrder) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  Recorder at_client;
  at_client.start(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint8_t i = 0; i < 200; ++i) EXPECT_TRUE(client.channel->send(Bytes{t, i}));
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(server->recorder->wait_frames(800));
  std::array<int, 4> next{};
  for (Bytes const& frame : server->recorder->frames()) EXPECT_EQ(frame[1], next[frame[0]]++);
  site.loop.stop();
}

TEST(Channel, OnePushIsSharedByAllChannels) {
  Site site;
  auto const push = std::make_shared<Bytes const>(50'000, 9);
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (std::size_t i = 0; i < 5; ++i) {
    auto client = site.connect(trusted());
    ASSERT_TRUE(client.channel);
    recorders.push_back(std::make_unique<Recorder>());
    recorders.back()->start(client.channel);
    ASSERT_TRUE(site.accepted(i));
  }
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(site.accepted(i)->channel->send(push));
  for (auto& recorder : recorders) {
    ASSERT_TRUE(recorder->wait_frames(1));
    EXPECT_EQ(recorder->frames()[0], *push);
  }
  site.loop.stop();
}

// A session that has enough work stops reading; TCP holds the peer back, and nobody is cut off for that.
TEST(Channel, PausedChannelHandsOutNothingAndMeetsNoDeadline) {
  ChannelLimits limits;
  limits.idle_deadline = 150ms;
  limits.frame_deadline = 150ms;
  Site site(limits);
  site.on_frame = [](Channel& channel, Bytes const& payload) {
    if (payload == bytes_of("stop")) channel.pause();
  };
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  Bytes several = encode_frame(bytes_of("stop")).value();
  for (int i = 0; i < 5; ++i) piaojue::append(several, encode_frame(bytes_of("work")).value());
  several.push_back(0);  // and the beginning of one more
  peer.write(several);
  auto const server = site.accepted();
  ASSERT_TRUE(server->recorder->wait_frames(1));
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(server->recorder->count(), 1U);
  EXPECT_EQ(server->recorder->closes(), 0);
  server->channel->resume();
  EXPECT_TRUE(server->recorder->wait_frames(6));
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kFrameTimeout);  // and the deadlines run again
}

TEST(Channel, HandlerThatThrowsClosesItsChannelOnly) {
  Site site;
  site.on_frame = [](Channel&, Bytes const&) { throw std::runtime_error("a defect"); };
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  peer.write(encode_frame(bytes_of("x")).value());
  auto const server = site.accepted();
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kInternal);
  EXPECT_TRUE(site.connect(trusted()).channel);
}

TEST(Channel, CloseIsToldOnceAndNothingComesAfterIt) {
  Site site;
  site.on_frame = [](Channel& channel, Bytes const&) {
    channel.close(CloseReason::kRefused);
    channel.close(CloseReason::kShutdown);
    channel.finish();
  };
  RawPeer peer(site.port());
  ASSERT_FALSE(peer.handshake());
  Bytes several;
  for (int i = 0; i < 5; ++i) piaojue::append(several, encode_frame(bytes_of("x")).value());
  peer.write(several);
  auto const server = site.accepted();
  EXPECT_EQ(server->recorder->wait_closed(), CloseReason::kRefused);
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(server->recorder->closes(), 1);
  EXPECT_EQ(server->recorder->count(), 1U);
  EXPECT_FALSE(server->recorder->frame_after_close());
}

TEST(Channel, ClosedBeforeItStartedStillTellsSo) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  client.channel->close(CloseReason::kShutdown);
  Recorder at_client;
  at_client.start(client.channel);
  EXPECT_EQ(at_client.wait_closed(), CloseReason::kShutdown);
}

TEST(Channel, DroppedBeforeItStartedCloses) {
  Site site;
  auto client = site.connect(trusted());
  ASSERT_TRUE(client.channel);
  client.channel.reset();
  EXPECT_NE(site.accepted()->recorder->wait_closed(), std::nullopt);
}

// A session holds its channel, and the channel's handlers hold the session: a loop that ends early must not leak both.
TEST(Channel, LoopThatEndsWithOpenChannelsLetsTheirHandlersGo) {
  auto const held = std::make_shared<int>(1);
  {
    Site site;
    auto client = site.connect(trusted());
    ASSERT_TRUE(client.channel);
    client.channel->start([held, channel = client.channel](Bytes const&) {}, [held](Closed const&) {});
    client.channel->send(bytes_of("x"));
    ASSERT_TRUE(site.accepted()->recorder->wait_frames(1));
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Channel, EveryReasonHasAName) {
  for (int i = 0; i <= static_cast<int>(CloseReason::kInternal); ++i) {
    EXPECT_NE(name(static_cast<CloseReason>(i)), "UNKNOWN") << i;
  }
}

}  // namespace
}  // namespace piaojue::net

// SPDX-License-Identifier: Apache-2.0
// Many meetings behind one listener: the name that a client asks for decides whose certificate it is shown and whose CA
// its own must come from.
#include <atomic>
#include <boost/asio/read.hpp>

#include "channel_fixture.h"

namespace piaojue::net {
namespace {

/// One meeting: its own CA, server key and person.
struct Meeting {
  Keys keys;
  TlsContext person(std::string const& name) const {
    return TlsContext::client(keys.pin, keys.client.clone()).value().asking_for(name);
  }
};

struct Two {
  Meeting a, b;
  static Two const& get() {
    static Two const two = [] {
      piaojue::init();
      return Two{};
    }();
    return two;
  }
};

std::optional<TlsContext> find_of_two(std::string_view name) {
  if (name == "m1") return Two::get().a.keys.context();
  if (name == "m2") return Two::get().b.keys.context();
  return std::nullopt;
}

/// The listener of both, which makes a context for each connection: nothing else holds it.
struct Servers : Site {
  explicit Servers(TlsContext::FindServer find = find_of_two)
      : Site({}, {}, TlsContext::servers(std::move(find)).value()) {}
};

/// Written out: OpenSSL's macro casts as C does.
bool asks_for(RawPeer& peer, std::string name) {
  return SSL_ctrl(peer.ssl(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

TEST(Servers, NameChoosesTheMeetingAndBothEndsKnowIt) {
  Servers site;
  std::size_t index = 0;
  for (auto const& [name, meeting] : {std::pair("m1", &Two::get().a), std::pair("m2", &Two::get().b)}) {
    auto const client = site.connect(meeting->person(name));
    ASSERT_TRUE(client.channel) << client.failure.detail;
    Recorder at_client;
    at_client.start(client.channel);
    auto const server = site.accepted(index++);
    ASSERT_TRUE(server);
    EXPECT_EQ(client.channel->server_name(), name);
    EXPECT_EQ(server->channel->server_name(), name);
    EXPECT_EQ(client.channel->server_spki(), server->channel->server_spki());
    EXPECT_EQ(client.channel->exporter(), server->channel->exporter());
    EXPECT_EQ(server->channel->peer_spki_sha256(), spki_sha256(meeting->keys.client.certificate_pem).value());
    // The context was made for this connection, and find let it go.
    server->channel->send(bytes_of("down"));
    EXPECT_TRUE(at_client.wait_frames(1));
    client.channel->close();
    at_client.wait_closed();
  }
  site.loop.stop();
}

/// The credential, whoever's it is, towards the meeting that `name` names.
void expect_refused(Keys const& to, std::string const& name, Credential const& credential) {
  Servers site;
  auto const client = site.connect(TlsContext::client(to.pin, credential.clone()).value().asking_for(name));
  EXPECT_EQ(site.refused(), CloseReason::kTls);
  EXPECT_EQ(site.accepted_count(), 0U);
  if (client.channel) {
    Recorder at_client;
    at_client.start(client.channel);
    EXPECT_EQ(at_client.wait_closed(), CloseReason::kTls);
    site.loop.stop();
  }
}

// Harm: whoever is enrolled in one meeting reads along in every other one of the service.
TEST(Servers, CertificateOfOneMeetingIsRefusedAtAnother) {
  auto const& [a, b] = Two::get();
  expect_refused(a.keys, "m1", b.keys.client);
  expect_refused(b.keys, "m2", a.keys.client);
  // Nor does the other's server or CA certificate help.
  expect_refused(b.keys, "m2", a.keys.server);
  expect_refused(b.keys, "m2", a.keys.authority);
}

// Harm: a client that asks for one meeting is led to another, and trusts it.
TEST(Servers, MeetingWithAnotherKeyThanThePinIsRefused) {
  Servers site;
  auto const client = site.connect(Two::get().a.person("m2"));
  EXPECT_FALSE(client.channel);
  EXPECT_EQ(client.failure.reason, CloseReason::kTls);
}

TEST(Servers, UnknownNameAndNoneAreRefusedByTheirAlert) {
  Servers site;
  std::size_t index = 0;
  for (auto const* name : {"m3", "M1", "m1.", "office", ""}) {
    auto const client = site.connect(Two::get().a.person(name));
    EXPECT_FALSE(client.channel) << name;
    EXPECT_EQ(client.failure.reason, CloseReason::kTls);
    EXPECT_NE(client.failure.detail.find("unrecognized name"), std::string::npos) << client.failure.detail;
    EXPECT_EQ(site.refused(index++), CloseReason::kTls);
  }
  EXPECT_EQ(site.accepted_count(), 0U);
}

TEST(Servers, WhoHasNoCertificateGetsThroughAsNobody) {
  Servers site;
  auto const client = site.connect(TlsContext::enrolling().value().asking_for("m2"));
  ASSERT_TRUE(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_FALSE(server->channel->peer_spki_sha256());
  EXPECT_EQ(server->channel->server_name(), "m2");
  EXPECT_EQ(crypto::sha256({client.channel->server_spki()}), Two::get().b.keys.pin);
}

// Harm: laptops learn whose CAs there are, and programs that choose a certificate by that list choose a wrong one.
TEST(Servers, ClientIsToldTheCaOfItsMeetingAlone) {
  Servers site;
  RawPeer peer(site.port(), false);
  ASSERT_TRUE(asks_for(peer, "m2"));
  ASSERT_FALSE(peer.handshake());
  auto const* const names = SSL_get0_peer_CA_list(peer.ssl());
  ASSERT_NE(names, nullptr);
  EXPECT_EQ(sk_X509_NAME_num(names), 1);
}

// After a HelloRetryRequest OpenSSL asks once more, of a connection that has been given its meeting already.
TEST(Servers, HelloThatIsSentOnceMoreLeadsToTheSameMeeting) {
  std::atomic<int> asked = 0;
  Servers site([&asked](std::string_view name) {
    ++asked;
    return find_of_two(name);
  });
  RawPeer peer(site.port(), false);
  ASSERT_TRUE(asks_for(peer, "m2"));
  ASSERT_EQ(SSL_set1_groups_list(peer.ssl(), "X448:P-256"), 1);  // the first, whose share is sent, is none of ours
  ASSERT_FALSE(peer.handshake());
  EXPECT_EQ(asked, 2);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(crypto::sha256({server->channel->server_spki()}), Two::get().b.keys.pin);
  peer.close();
  site.loop.stop();
}

TEST(Servers, WhatIsFoundMustBeAServer) {
  std::vector<TlsContext::FindServer> const wrong{
      [](std::string_view) -> std::optional<TlsContext> { return TlsContext::client(Keys::get().pin).value(); },
      [](std::string_view) -> std::optional<TlsContext> { return TlsContext::servers(find_of_two).value(); },
      [](std::string_view) -> std::optional<TlsContext> { throw std::runtime_error("find"); }};
  for (auto const& find : wrong) {
    Servers site(find);
    auto const client = site.connect(Two::get().a.person("m1"));
    EXPECT_FALSE(client.channel);
    EXPECT_EQ(site.refused(), CloseReason::kTls);
  }
}

TEST(Servers, ManyHandshakesAtOnceEachFindTheirMeeting) {
  Servers site;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      auto const& meeting = i % 2 == 0 ? Two::get().a : Two::get().b;
      for (int n = 0; n < 10; ++n) {
        auto const client = site.connect(meeting.person(i % 2 == 0 ? "m1" : "m2"));
        if (!client.channel) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  site.loop.stop();
}

TEST(Servers, ServerOfOneMeetingTakesAnyNameAndSaysIt) {
  Site site;
  auto const client = site.connect(trusted().asking_for("m12"));
  ASSERT_TRUE(client.channel);
  auto const server = site.accepted();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->channel->server_name(), "m12");
  EXPECT_EQ(trusted().server_name(), "");
}

TEST(Servers, NameThatCanNotBeAskedForConnectsNothing) {
  Servers site;
  auto const client = site.connect(Two::get().a.person(std::string(300, 'm')));
  EXPECT_FALSE(client.channel);
  EXPECT_EQ(client.failure.reason, CloseReason::kTls);
}

}  // namespace
}  // namespace piaojue::net

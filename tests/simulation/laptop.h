// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One person's program in a simulated meeting: the real client::Session over a MemoryWallet, and a laptop that loses
/// power, loses its connection or has a full disk. What was not synced is gone after a crash; everything else is found
/// again by a new Session over the same wallet.
#include <boost/json.hpp>
#include <optional>

#include "client/session/session.h"
#include "key_pool.h"
#include "network.h"

namespace piaojue::simulation {

struct LaptopFaults {
  double crash = 0;       ///< chance, a frame received
  double disk_fails = 0;  ///< chance, a frame received, that one of the next writes fails
  double cut = 0;         ///< chance, a tick, that the connection breaks
  std::uint64_t job_ms_max = 60;
};

class Laptop {
 public:
  /// @param number unique in the world: a replaced laptop is another one of the same person.
  Laptop(std::uint32_t number, meeting::SlipCode code, Clock& clock, Dice& dice, Network& network, Trace& trace,
         KeyPool& keys);
  ~Laptop();

  LaptopFaults faults;
  /// A connection on which nothing came for so long is given up (net::ChannelLimits::idle_deadline); 0: never.
  std::uint64_t idle_ms = 0;

  void switch_on();
  /// Power cut. Stays off until `switch_on`.
  void crash();
  bool on() const { return on_; }
  std::uint32_t number() const { return number_; }
  meeting::PersonId person() const { return code_.person; }
  bool enrolled() const { return enrolled_; }
  bool connected() const { return link_.has_value() && session_ != nullptr; }
  /// Only while it is on and enrolled.
  client::Session* session() { return session_.get(); }
  client::MemoryWallet& wallet() { return wallet_; }
  /// What a thief of laptop and passphrase has, for the adversaries.
  client::Keys stolen_keys() { return client::load_keys(wallet_, wallet_key_).value(); }
  /// What the server's TLS would see on this laptop's connections now.
  std::optional<crypto::Hash> certificate() const;

  /// A line at the door. `reply` gets the one reply; nothing if the laptop crashes first.
  void command(std::string line, std::function<void(boost::json::object const&)> reply = {});
  bool waiting_for_reply() const { return waiting_.has_value(); }
  std::string waiting_for() const { return waiting_ ? waiting_->command : std::string(); }

  /// Each event that the session gives, but replies.
  std::function<void(boost::json::object const&)> on_event;
  /// Each frame that the session gives, before it is sent.
  std::function<void(ByteView)> on_sent;
  /// Each frame for the session, before the session gets it.
  std::function<void(ByteView)> on_received;
  std::function<void()> on_crash;
  std::uint64_t crashes() const { return crashes_; }
  std::vector<std::string> const& last_events() const { return last_events_; }

 private:
  void begin_enrolment();
  void enrolment_frame(ByteView frame);
  void open_session();
  void connect();
  void tick();
  void pump();

  std::uint32_t number_;
  meeting::SlipCode code_;
  Clock& clock_;
  Dice& dice_;
  Network& network_;
  Trace& trace_;
  KeyPool& keys_;
  Secret wallet_key_;
  client::MemoryWallet wallet_;
  std::unique_ptr<client::Session> session_;
  bool on_ = false;
  bool enrolled_ = false;
  bool pumping_ = false;
  Bytes csr_;
  std::uint64_t life_ = 0;  ///< counts power-ons and crashes: what an earlier life had going is not for this one
  std::optional<LinkId> link_;
  std::uint64_t heard_ms_ = 0;
  struct Waiting {
    std::string command;
    std::function<void(boost::json::object const&)> reply;
  };
  std::optional<Waiting> waiting_;
  std::uint64_t crashes_ = 0;
  std::vector<std::string> last_events_;  ///< for the report of a failure
};

}  // namespace piaojue::simulation

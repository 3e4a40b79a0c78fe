// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the page does before there is a session: it reads a slip and enrols, or unlocks. Whoever has enrolled is told
/// who he is, and nothing is connected or signed before he has said that it is so: the slip may be somebody else's.
/// Argon2id, the network and the replay of the log are work for the pool, so that the page stays alive.
#include "base/work_pool.h"
#include "client/door.h"
#include "client/first_command.h"
#include "client/setup.h"

namespace piaojue::client {

class FirstSteps {
 public:
  struct Options {
    StartOptions start;
    std::chrono::milliseconds enrol_patience{20'000};
    std::string slip;  ///< fills in the first form
    bool empty_passphrase = false;
  };
  /// @param started on the strand, after the reply: the session is there.
  FirstSteps(net::Strand strand, WorkPool& pool, Wallet& wallet, Door& door, Options options,
             std::function<void(Started)> started);

  /// Enrol or unlock, as the folder says.
  PagePhase phase() const;
  /// Whether a thread of the pool has the wallet.
  bool working() const { return working_; }
  /// Gives exactly one reply. `page`, `prefer` and `quit` are the host's.
  void operate(HostReply const& reply, first::Command const& command);

 private:
  struct Work;

  static void help(HostReply const& reply);
  void prefill(HostReply const& reply) const;
  void read_slip(HostReply const& reply, std::string_view text) const;
  void find(HostReply const& reply);
  void forget(HostReply const& reply);
  void begin(HostReply const& reply);
  void enrol_or_unlock(HostReply const& reply, std::string_view fields);
  /// @return false: a new passphrase that is none by the one rule; replied already.
  bool take_passphrase(HostReply const& reply, Work const& work, std::string_view passphrase) const;
  /// Slip and server of `enrol`. @return false: replied already.
  static bool take_slip(HostReply const& reply, Work& work, std::string_view slip, std::string_view server);
  void work(Work& work);
  Explained<IfUnlocked> open(std::optional<meeting::Slip> const& slip, std::string_view passphrase);

  net::Strand strand_;
  WorkPool& pool_;
  Wallet& wallet_;
  Door& door_;
  Options const options_;
  std::function<void(Started)> const started_;
  bool working_ = false;
  bool forgotten_ = false;
  std::optional<Started> held_;  ///< enrolled now; its person has not said yet that it is he
  bool finding_ = false;
};

}  // namespace piaojue::client

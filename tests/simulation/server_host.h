// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The server program of a simulated meeting: the real Core over a MemoryStore, driven as core.h asks, and a machine
/// that fails. A crash throws Core away with everything that it had said but not sent; what was committed stays.
#include <optional>

#include "client/session/enrolment.h"
#include "key_pool.h"
#include "network.h"
#include "server/core.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "store/memory_store.h"

namespace piaojue::simulation {

/// What stays when a program ends, and what every node of a service has.
struct ServerKeys {
  crypto::SigningKey server = crypto::SigningKey::generate(), checkpoint = crypto::SigningKey::generate();
  crypto::BoxKey box = crypto::BoxKey::generate();
  Secret seal = Secret::random(crypto::kSealKeyBytes);
};
/// Of a Core in a simulated machine.
server::Config server_config(ServerKeys const& keys, KeyPool& token_keys, Clock& clock, server::Limits const& limits,
                             server::SlipOf slip_of);
/// What a laptop sees of the server on a connection: there is no TLS here.
client::EnrolChannel channel_of(LinkId link);
/// A new slip of a person, as the operator prints it, and the row of it.
meeting::SlipCode draw_slip(Dice& dice, ServerKeys const& keys, meeting::PersonId person,
                            meeting::MeetingId const& meeting_id, store::Writes& writes);

struct ServerFaults {
  double crash_before_commit = 0;  ///< chance, a commit
  double crash_after_commit = 0;   ///< durable, but nobody was told
  double commit_fails = 0;         ///< the disk refuses, and goes on refusing until the program starts again
  double crash = 0;                ///< chance, a frame
  std::uint64_t commit_ms_max = 8;
  std::uint64_t job_ms_max = 60;
};

class ServerHost {
 public:
  ServerHost(Clock& clock, Dice& dice, Network& network, Trace& trace, KeyPool& token_keys);

  ServerFaults faults;
  server::Limits limits;

  /// Starts the program on what the store holds. @return what `recover` refuses with.
  [[nodiscard]] Result<void> start();
  void crash();
  bool running() const { return core_ != nullptr; }
  /// Everything that Core's memory holds is durable.
  bool idle() const { return core_ != nullptr && !committing_ && !core_->has_group(); }
  server::Core& core() { return *core_; }
  store::MemoryStore& store() { return *store_; }
  /// Another disk in the machine, such as a restored older copy; start the program after it.
  void replace_store(store::Contents contents) { store_ = std::make_unique<store::MemoryStore>(std::move(contents)); }
  std::uint64_t crashes() const { return crashes_; }
  ServerKeys const& keys() const { return keys_; }
  crypto::SigningKey const& server_signing_key() const { return keys_.server; }
  crypto::SigningKey const& checkpoint_signing_key() const { return keys_.checkpoint; }
  /// What the operator's log would hold.
  std::vector<server::Notice> const& notices() const { return notices_; }
  /// A new slip of a person, as the operator prints it. @return nothing: the disk refused.
  std::optional<meeting::SlipCode> new_slip(meeting::PersonId person, meeting::MeetingId const& meeting_id);
  /// Connected sessions give the certificate that the network's client has.
  std::function<std::optional<crypto::Hash>(std::uint32_t client)> certificate;
  /// When it is not running: called so that a person may switch it on again.
  std::function<void()> on_crash;
  /// After each group that became durable, before its outputs leave.
  std::function<void()> on_commit;
  /// Does whatever is due: after a frame, a job, a start.
  void pump();

 private:
  void run_jobs();
  void commit_next();
  void look_again();
  void send(std::vector<server::Output> const& outputs);

  Clock& clock_;
  Dice& dice_;
  Network& network_;
  Trace& trace_;
  KeyPool& token_keys_;
  ServerKeys keys_;
  std::unique_ptr<store::MemoryStore> store_ = std::make_unique<store::MemoryStore>();
  std::unique_ptr<server::Core> core_;
  std::uint64_t life_ = 0;  ///< counts starts: what an earlier life had going is not for this one
  bool committing_ = false;
  std::uint64_t crashes_ = 0;
  std::vector<server::Notice> notices_;
};

}  // namespace piaojue::simulation

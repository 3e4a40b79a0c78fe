// SPDX-License-Identifier: Apache-2.0
#include "server_host.h"

#include "crypto/seal.h"

namespace piaojue::simulation {

client::EnrolChannel channel_of(LinkId const link) {
  auto const exporter = crypto::sha256({as_bytes("exporter of link " + std::to_string(link))});
  return {crypto::Exporter::from(exporter.view()).value(), to_bytes(as_bytes("key of the server"))};
}

server::Config server_config(ServerKeys const& keys, KeyPool& token_keys, Clock& clock, server::Limits const& limits,
                             server::SlipOf slip_of) {
  return {.server_key = crypto::SigningKey::from_seed(keys.server.seed()).value(),
          .checkpoint_key = crypto::SigningKey::from_seed(keys.checkpoint.seed()).value(),
          .box_key = crypto::BoxKey::from_secret(keys.box.secret().clone()).value(),
          .seal_key = keys.seal.clone(),
          .token_keys = token_keys.source(),
          // A certificate of the simulation is its request under another name: TLS has its own tests.
          .issue_certificate = [](ByteView const csr, meeting::PersonId) -> Result<server::IssuedCertificate> {
            return server::IssuedCertificate{"certificate of " + to_hex(csr), "authority", crypto::sha256({csr})};
          },
          .slip_of = std::move(slip_of),
          .now_ms = [&clock] { return clock.now_ms(); },
          .stop_asked = {},
          .parallel = {},
          .limits = limits,
          .lookahead = 2};
}

meeting::SlipCode draw_slip(Dice& dice, ServerKeys const& keys, meeting::PersonId const person,
                            meeting::MeetingId const& meeting_id, store::Writes& writes) {
  meeting::SlipCode code{0, person, {}};
  for (auto& byte : code.bits) byte = static_cast<std::uint8_t>(dice.below(256));
  server::write_slip(writes, keys.seal, person, meeting::enrol_key(code.bits, meeting_id, person));
  return code;
}

ServerHost::ServerHost(Clock& clock, Dice& dice, Network& network, Trace& trace, KeyPool& token_keys)
    : clock_(clock), dice_(dice), network_(network), trace_(trace), token_keys_(token_keys) {
  network_.listen(
      {[this](LinkId const link, std::uint32_t const client) {
         if (!core_) return false;
         auto const seen = channel_of(link);
         core_->open(link, {certificate(client), "laptop " + std::to_string(client), seen.exporter, seen.server_spki});
         pump();
         return true;
       },
       {[this](LinkId const link, ByteView const frame) {
          if (!core_) return;
          if (dice_.chance(faults.crash)) return crash();
          core_->on_frame(link, frame);
          pump();
        },
        [this](LinkId const link) {
          if (!core_) return;
          core_->closed(link);
          pump();
        }}});
}

std::optional<meeting::SlipCode> ServerHost::new_slip(meeting::PersonId const person,
                                                      meeting::MeetingId const& meeting_id) {
  store::Writes writes;
  auto const code = draw_slip(dice_, keys_, person, meeting_id, writes);
  if (!store_->commit(writes)) return std::nullopt;
  return code;
}

Result<void> ServerHost::start() {
  auto contents = store_->load();
  if (!contents) return Refusal::kStorage;
  auto config = server_config(keys_, token_keys_, clock_, limits,
                              [this](meeting::PersonId const person) { return store_->slip(person); });
  auto core = server::Core::recover(std::move(config), *contents);
  if (!core) return core.error();
  core_ = std::move(*core);
  ++life_;
  committing_ = false;
  trace_.note("server starts", clock_.now_ms(), life_);
  pump();
  look_again();
  return boost::system::in_place_value;
}

void ServerHost::look_again() {
  clock_.after(1000, [this, life = life_] {
    if (!core_ || life != life_) return;
    core_->look_again();
    pump();
    look_again();
  });
}

void ServerHost::crash() {
  trace_.note("server crashes", clock_.now_ms(), life_);
  ++crashes_;
  ++life_;
  core_.reset();
  committing_ = false;
  network_.cut_all();
  if (on_crash) on_crash();
}

void ServerHost::pump() {
  if (!core_) return;
  for (auto& notice : core_->take_notices()) notices_.push_back(std::move(notice));
  run_jobs();
  commit_next();
}

void ServerHost::run_jobs() {
  for (auto& job : core_->take_jobs()) {
    // On a machine it runs beside everything else; here all at once, and is done later.
    job.run();
    clock_.after(dice_.below(faults.job_ms_max + 1), [this, id = job.id, life = life_] {
      if (!core_ || life != life_) return;
      core_->finish_job(id);
      pump();
    });
  }
}

void ServerHost::commit_next() {
  if (committing_ || !core_->has_group()) return;
  committing_ = true;
  auto group = std::make_shared<server::CommitGroup>(core_->take_group());
  clock_.after(dice_.below(faults.commit_ms_max + 1), [this, group, life = life_] {
    if (!core_ || life != life_) return;
    if (dice_.chance(faults.crash_before_commit)) return crash();
    if (dice_.chance(faults.commit_fails)) store_->fail_after(0, dice_.chance(0.5));
    if (!group->writes.empty()) {
      auto const committed = store_->commit(group->writes);
      if (!committed) return crash();  // the program ends; nothing of this group leaves
    }
    if (on_commit) on_commit();
    if (dice_.chance(faults.crash_after_commit)) return crash();
    committing_ = false;
    send(group->outputs);
    pump();
  });
}

void ServerHost::send(std::vector<server::Output> const& outputs) {
  for (auto const& output : outputs) {
    if (auto const* frame = std::get_if<server::Frame>(&output.what)) {
      network_.to_client(output.session, *frame);
    } else if (std::holds_alternative<server::Close>(output.what)) {
      network_.close_from_server(output.session);
      core_->closed(output.session);
    }
  }
}

}  // namespace piaojue::simulation

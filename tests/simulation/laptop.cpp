// SPDX-License-Identifier: Apache-2.0
#include "laptop.h"

#include "client/session/enrolment.h"
#include "server_host.h"

namespace piaojue::simulation {

Laptop::Laptop(std::uint32_t const number, meeting::SlipCode code, Clock& clock, Dice& dice, Network& network,
               Trace& trace, KeyPool& keys)
    : number_(number),
      code_(code),
      clock_(clock),
      dice_(dice),
      network_(network),
      trace_(trace),
      keys_(keys),
      wallet_key_(Secret::random(crypto::kSealKeyBytes)),
      csr_(to_bytes(as_bytes("request of laptop " + std::to_string(number)))) {}

Laptop::~Laptop() = default;

std::optional<crypto::Hash> Laptop::certificate() const {
  if (!enrolled_) return std::nullopt;
  return crypto::sha256({csr_});
}

void Laptop::switch_on() {
  if (on_) return;
  on_ = true;
  ++life_;
  trace_.note("laptop on", clock_.now_ms(), number_);
  wallet_.heal();
  auto profile = client::load_profile(wallet_).value();
  if (!profile) {
    // First start: keys are saved before anybody hears of them.
    auto keys = client::make_keys(Secret());
    client::Profile fresh;
    fresh.meeting_number = code_.meeting;
    fresh.person = code_.person;
    fresh.host = "server";
    fresh.port = 1;
    fresh.identity_key = keys.identity.public_key();
    fresh.witness_key = keys.witness.public_key();
    fresh.box_key = keys.box.public_key();
    fresh.salt.resize(crypto::kPassphraseSaltBytes);
    fresh.csr = csr_;
    client::save_keys(wallet_, wallet_key_, keys).value();
    client::save_profile(wallet_, fresh).value();
    profile = fresh;
  }
  enrolled_ = !profile->certificate_pem.empty();
  if (enrolled_) open_session();
  connect();
  tick();
}

void Laptop::begin_enrolment() { network_.to_server(*link_, client::enrol_start_frame(code_)); }

/// The server's proof, or the certificate. BUSY: tried again after the server has closed, or at the next tick.
void Laptop::enrolment_frame(ByteView const frame) {
  auto const channel = channel_of(*link_);
  auto profile = client::load_profile(wallet_).value().value();
  if (auto const pinned = client::read_enrol_proof(frame, code_, channel)) {
    profile.meeting_id = *pinned;
    profile.server_spki = crypto::sha256({channel.server_spki});
    if (!client::save_profile(wallet_, profile)) return crash();
    auto const keys = client::load_keys(wallet_, wallet_key_).value();
    return network_.to_server(*link_, client::enrol_keys_frame(profile, keys, code_, channel));
  }
  auto const enrolled = client::read_enrolled(frame);
  if (!enrolled) return;
  profile.certificate_pem = enrolled->certificate_pem;
  profile.authority_pem = enrolled->authority_pem;
  profile.name = enrolled->name;
  profile.roles = enrolled->roles;
  if (!client::save_profile(wallet_, profile)) return crash();
  enrolled_ = true;
  open_session();
  // Again, with the certificate.
  network_.close_from_client(*link_);
  link_.reset();
  connect();
}

void Laptop::open_session() {
  client::SessionConfig config{.profile = client::load_profile(wallet_).value().value(),
                               .keys = client::load_keys(wallet_, wallet_key_).value(),
                               .token_keys = keys_.source(),
                               .parallel = {},
                               .write_file = {},
                               .lang = Lang::kEn,
                               .lookahead = 2,
                               .limits = {}};
  // Throws if the session does not open over its own wallet: the simulation reports that as this seed's failure.
  session_ = client::Session::open(std::move(config), wallet_).value();
}

void Laptop::connect() {
  if (!on_ || link_) return;
  link_ = network_.connect(number_, {[this, life = life_](LinkId const link, ByteView const frame) {
                                       if (life != life_ || link_ != link) return;
                                       heard_ms_ = clock_.now_ms();
                                       if (dice_.chance(faults.crash)) return crash();
                                       if (dice_.chance(faults.disk_fails))
                                         wallet_.fail_after(dice_.below(4), dice_.chance(0.5));
                                       if (session_) {
                                         if (on_received) on_received(frame);
                                         session_->on_frame(frame);
                                         return pump();
                                       }
                                       enrolment_frame(frame);
                                     },
                                     [this, life = life_](LinkId const link) {
                                       if (life != life_ || link_ != link) return;
                                       link_.reset();
                                       if (session_) {
                                         session_->disconnected();
                                         pump();
                                       }
                                       if (life != life_) return;
                                       clock_.after(dice_.between(50, 800), [this, life] {
                                         if (life == life_) connect();
                                       });
                                     }});
  heard_ms_ = clock_.now_ms();
  // The client may speak as soon as its side of the handshake is done.
  if (!session_) return begin_enrolment();
  session_->connected();
  pump();
}

void Laptop::tick() {
  clock_.after(dice_.between(300, 700), [this, life = life_] {
    if (life != life_) return;
    if (link_ && dice_.chance(faults.cut)) network_.cut(*link_);
    if (link_ && idle_ms > 0 && clock_.now_ms() > heard_ms_ + idle_ms) network_.cut(*link_);
    if (session_) {
      session_->tick(clock_.now_ms(), 1'700'000'000 + clock_.now_ms() / 1000);
      if (session_->wants_reconnect() && link_) network_.cut(*link_);
      pump();
    } else if (link_ && !enrolled_ && dice_.chance(0.2)) {
      begin_enrolment();
    }
    if (life == life_) tick();
  });
}

void Laptop::command(std::string line, std::function<void(boost::json::object const&)> reply) {
  if (!session_) return;
  trace_.note(line, clock_.now_ms(), number_);
  waiting_ = Waiting{line, std::move(reply)};
  session_->command(line);
  pump();
}

void Laptop::pump() {
  if (pumping_ || !session_) return;
  pumping_ = true;
  auto const life = life_;
  std::vector<std::pair<std::function<void(boost::json::object const&)>, boost::json::object>> replies;
  for (auto const& line : session_->take_events()) {
    last_events_.push_back(line);
    if (last_events_.size() > 40) last_events_.erase(last_events_.begin());
    trace_.note("event", clock_.now_ms(), number_, as_bytes(line));
    auto const event = boost::json::parse(line).as_object();
    if (event.at("event").as_string() == "reply") {
      if (waiting_) {
        replies.emplace_back(std::move(waiting_->reply), event);
        waiting_.reset();
      }
    } else if (on_event) {
      on_event(event);
    }
  }
  if (session_->fatal()) {
    pumping_ = false;
    return crash();
  }
  for (auto& frame : session_->take_frames()) {
    if (on_sent) on_sent(frame);
    if (link_) network_.to_server(*link_, std::move(frame));
  }
  for (auto& job : session_->take_jobs()) {
    job.run();
    clock_.after(dice_.below(faults.job_ms_max + 1), [this, life, id = job.id] {
      if (life != life_ || !session_) return;
      session_->finish_job(id);
      pump();
    });
  }
  pumping_ = false;
  for (auto const& [reply, event] : replies) {
    if (reply) reply(event);
  }
}

void Laptop::crash() {
  if (!on_) return;
  trace_.note("laptop crashes", clock_.now_ms(), number_);
  ++crashes_;
  ++life_;
  on_ = false;
  session_.reset();
  waiting_.reset();
  if (link_) network_.cut(*link_);
  link_.reset();
  // Of what was not synced, some may have reached the disk all the same.
  auto const unsynced = wallet_.unsynced();
  wallet_.heal();
  wallet_.crash(unsynced > 0 ? dice_.below(unsynced + 1) : 0);
  if (on_crash) on_crash();
}

}  // namespace piaojue::simulation

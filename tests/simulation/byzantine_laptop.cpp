// SPDX-License-Identifier: Apache-2.0
#include "byzantine_laptop.h"

namespace piaojue::simulation::byzantine {

namespace wire = server::wire;
using meeting::BatchPhase;

namespace {

char const* word(Choice const choice) {
  return choice == Choice::kAgree ? "agree" : choice == Choice::kDisagree ? "disagree" : "abstain";
}

/// Any key will do: what matters is that no two are the same. Of numbers that the adversary's do not come to.
Result<crypto::blind_rsa::PrivateKey> pooled(std::size_t const number) {
  auto const primes = test::pooled_token_key(number)->primes();
  auto const half = primes.size() / 2;
  return crypto::blind_rsa::PrivateKey::from_primes(primes.view().first(half), primes.view().subspan(half));
}
constexpr std::size_t kLaptopKeys = 400;

}  // namespace

test::Meeting::PersonKeys copy(test::Meeting::PersonKeys const& keys) {
  return {crypto::SigningKey::from_seed(keys.identity.seed()).value(),
          crypto::SigningKey::from_seed(keys.witness.seed()).value(),
          crypto::BoxKey::from_secret(keys.box.secret().clone()).value()};
}

HonestLaptop::HonestLaptop(PersonId person, std::uint32_t roles, meeting::MeetingId const& meeting_id,
                           test::Meeting::PersonKeys const& keys, Dice& dice)
    : person_(person), roles_(roles), meeting_id_(meeting_id), dice_(dice), keys_(copy(keys)) {
  start();
}

// ---- The machine --------------------------------------------------------------------------------------------------

void HonestLaptop::start() {
  client::Profile profile;
  profile.meeting_id = meeting_id_;
  profile.person = person_;
  profile.name = "人" + std::to_string(person_);
  profile.identity_key = keys_.identity.public_key();
  profile.witness_key = keys_.witness.public_key();
  profile.box_key = keys_.box.public_key();
  auto own = copy(keys_);
  client::SessionConfig config{
      .profile = profile,
      .keys = client::Keys{std::move(own.identity),
                           std::move(own.witness),
                           std::move(own.box),
                           Secret::copy_of(Bytes(32, static_cast<std::uint8_t>(person_))),
                           {}},
      .token_keys = [this](std::uint32_t) { return pooled(kLaptopKeys + 24 * person_ + keys_made_++); },
      .parallel = {},
      .write_file = {},
      .lang = Lang::kEn,
      .lookahead = 1,
      .limits = {}};
  session_ = client::Session::open(std::move(config), wallet_).value();
  session_->tick(now_ms_, 1'700'000'000 + now_ms_ / 1000);
  pump();
}

void HonestLaptop::connect() {
  connected_ = true;
  session_->connected();
  pump();
}

void HonestLaptop::disconnect() {
  connected_ = false;
  down.clear();
  requests.clear();
  session_->disconnected();
  pump();
}

void HonestLaptop::power_cut() {
  connected_ = false;
  down.clear();
  requests.clear();
  to_sign_.clear();
  session_.reset();
  auto const unsynced = wallet_.unsynced();
  wallet_.crash(unsynced > 0 ? dice_.below(unsynced + 1) : 0);
  start();
}

void HonestLaptop::receive(ByteView const frame) {
  if (!connected_) return;
  session_->on_frame(frame);
  pump();
}

void HonestLaptop::tick(std::uint64_t const now_ms) {
  now_ms_ = now_ms;
  session_->tick(now_ms, 1'700'000'000 + now_ms / 1000);
  pump();
  if (session_->wants_reconnect() && connected_) disconnect();
}

void HonestLaptop::pump() {
  for (;;) {
    for (auto const& line : session_->take_events()) take_event(line);
    auto const jobs = session_->take_jobs();
    for (auto const& job : jobs) {
      job.run();
      session_->finish_job(job.id);
    }
    auto const frames = session_->take_frames();
    for (auto const& frame : frames) {
      auto request = wire::parse_request(frame);
      if (!request) {
        fatal = "a session sent what no server reads";
        continue;
      }
      note_sent(*request);
      if (on_request) on_request(*request);
      requests.push_back(std::move(*request));
    }
    if (frames.empty() && jobs.empty()) break;
  }
  if (session_->fatal()) fatal = "the session says: " + *session_->fatal();
}

void HonestLaptop::note_sent(Request const& request) {
  if (auto const* in = std::get_if<wire::Cosign>(&request.what)) {
    cosigned[in->cosignature.tree_size] = in->cosignature.root;
    return;
  }
  auto const* relay = std::get_if<wire::Relay>(&request.what);
  if (relay != nullptr && relay->kind == meeting::RelayKind::kSpoil && record().attempt()) {
    handed.insert({record().attempt()->open_hash, record().attempt()->cast_of(person_)});
  }
  auto const* submit = std::get_if<wire::Submit>(&request.what);
  if (submit == nullptr) return;
  auto const entry = meeting::decode_entry(submit->entry);
  if (!entry) {
    fatal = "a session submitted an entry that does not decode";
    return;
  }
  auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry->body);
  if (cast != nullptr) sent.insert({cast->batch_open, cast->cast});
}

void HonestLaptop::take_event(std::string const& line) {
  // Of every entry there is one: only those are read that the person acts on.
  if (line.starts_with(R"({"event":"entry")")) return;
  auto const event = boost::json::parse(line).as_object();
  std::string_view const kind = event.at("event").as_string();
  if (kind == "proposal") return take_proposal(event);
  if (kind == "reply") return take_reply(event);
  if (kind != "cast" || !record().attempt()) return;
  acknowledged.insert({record().attempt()->open_hash, event.at("cast").to_number<std::uint32_t>()});
}

void HonestLaptop::take_proposal(boost::json::object const& event) {
  std::string const id(event.at("id").as_string());
  std::erase_if(to_sign_, [&](ToSign const& one) { return one.id == id; });
  if (!event.at("yours").as_bool() || event.contains("refused")) return;
  for (auto const& signer : event.at("signed").as_array()) {
    if (signer.to_number<PersonId>() == person_) return;
  }
  ToSign next{id, std::string(event.at("type").as_string()), 0, 0};
  if (next.type == "BatchOpen") next.heads = event.at("present").to_number<std::uint64_t>();
  if (next.type == "TrusteeChange") next.person = event.at("person").to_number<PersonId>();
  // A new device code stands on nobody's screen.
  if (next.type == "KeyChange") return;
  if (next.type == "TrusteeChange" && !may_hold_a_slot(next.person)) return;
  to_sign_.push_back(std::move(next));
}

void HonestLaptop::take_reply(boost::json::object const& event) {
  std::string_view const said = event.at("command").as_string();
  if (said == "cast" && !event.at("ok").as_bool() && record().attempt()) {
    ++tried_[{record().attempt()->open_hash, record().attempt()->cast_of(person_)}];
  }
  std::string_view const code = event.at("code").as_string();
  if (said == "sign-out" && code == "ASK")
    command(says_not_cast() ? "sign-out not-voted yes" : "sign-out not-voted no");
  if (said == "sign-out" && code == "UNSENT") command("sign-out not-voted no");
}

// ---- The person ---------------------------------------------------------------------------------------------------

void HonestLaptop::command(std::string const& line) {
  session_->command(line);
  pump();
}

void HonestLaptop::act() {
  if (session_->halted() || !connected_) return;
  if (dice_.chance(0.8) && sign_something()) return;
  if (record().phase() != meeting::MeetingPhase::kOpen) return;
  if (record().identity_key(person_) != keys_.identity.public_key()) return;
  auto const& attempt = record().attempt();
  if (!record().presence(person_).signed_in && !left_) {
    if (dice_.chance(0.3)) command("sign-in");
    return;
  }
  if (!attempt || !record().in_progress() || attempt->open.paper) return;
  if (!left_ && dice_.chance(leaves)) {
    left_ = true;
    return command("sign-out");
  }
  if (is(meeting::kSupervisor) && supervise(*attempt)) return;
  if (!is(meeting::kExpert) || !attempt->present(person_)) return;
  if (attempt->phase == BatchPhase::kConfirming) {
    answer(*attempt);
    return;
  }
  if (attempt->phase != BatchPhase::kVoting || left_) return;
  if (!vote(*attempt)) ask_for_check(*attempt);
}

bool HonestLaptop::sign_something() {
  if (to_sign_.empty()) return false;
  auto const next = to_sign_.front();
  to_sign_.pop_front();
  bool const plain = next.type == "BatchOpen" || next.type == "BatchClose" || next.type == "Declaration";
  if (!dice_.chance(plain ? 0.97 : careless)) return false;
  command("approve " + next.id + (next.heads > 0 ? " " + std::to_string(next.heads) : ""));
  return true;
}

bool HonestLaptop::wants_to_vote(Hash const& attempt) {
  auto const [at, fresh] = wants_.try_emplace(attempt, !never_votes);
  return at->second;
}

bool HonestLaptop::vote(meeting::Attempt const& attempt) {
  auto const questions = attempt.questions_of(person_);
  auto const* const voter = attempt.voter(person_);
  if (questions.empty() || voter == nullptr || voter->envelope || voter->issued.size() < attempt.holders.size()) {
    return false;
  }
  Cast const which{attempt.open_hash, voter->cast};
  if (!wants_to_vote(attempt.open_hash) || sent.contains(which) || tried_[which] > 3) return false;
  auto& choices = meant_[which];
  for (auto const q : questions) {
    if (choices.contains(q)) continue;
    auto const roll = dice_.below(10);
    bool const abstain = roll == 9 && record().manifest().rules.abstain_allowed;
    choices[q] = abstain ? Choice::kAbstain : roll < 6 ? Choice::kAgree : Choice::kDisagree;
  }
  for (auto const& [q, choice] : choices) command("vote " + std::to_string(q) + " " + word(choice));
  command("cast");
  return true;
}

bool HonestLaptop::ask_for_check(meeting::Attempt const& attempt) {
  auto const* const voter = attempt.voter(person_);
  if (voter == nullptr || !voter->envelope || voter->cast > 0 || supervisors.empty()) return false;
  if (asked_check_.contains(attempt.open_hash)) return false;
  asked_check_.insert(attempt.open_hash);
  if (!dice_.chance(asks_for_check)) return false;
  command("check " + std::to_string(dice_.pick(supervisors)));
  return true;
}

/// Of the attempt in progress: that not to vote was his own decision. Not if he has sent an envelope, or wanted to.
bool HonestLaptop::says_not_cast() {
  auto const& open = record().attempt()->open_hash;
  bool const any = std::ranges::any_of(sent, [&](Cast const& cast) { return cast.first == open; });
  bool const own_decision = !any && !wants_to_vote(open);
  if (own_decision) declined.insert(open);
  return own_decision;
}

bool HonestLaptop::answer(meeting::Attempt const& attempt) {
  if (!attempt.entitled(person_) || attempt.counted.contains(person_) || attempt.said_anything(person_)) return false;
  command(says_not_cast() ? "not-voted yes" : "not-voted no");
  return true;
}

bool HonestLaptop::supervise(meeting::Attempt const& attempt) {
  if (attempt.phase != BatchPhase::kVoting) return false;
  for (auto const p : attempt.open.present) {
    if (!dice_.chance(0.3)) continue;
    auto const* const voter = attempt.voter(p);
    if (voter == nullptr) continue;
    if (voter->envelope) command("check-accept " + std::to_string(p));
    if (voter->spoils.empty() || voter->spoils.back().verdict || voter->spoils.back().supervisor != person_) continue;
    command("verdict " + std::to_string(p) + (dice_.chance(0.8) ? " agrees" : " unopened"));
    return true;
  }
  return false;
}

}  // namespace piaojue::simulation::byzantine

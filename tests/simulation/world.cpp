// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <sstream>

#include "client/session/wire.h"
#include "once.h"
#include "protocol/meeting/codec.h"
#include "server/export.h"
#include "server/wire.h"
#include "verifier/audit.h"

namespace piaojue::simulation {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;
using meeting::MeetingPhase;
using meeting::Record;

template <class T>
std::string join(T const& items) {
  std::string out;
  for (auto const item : items) out += (out.empty() ? "" : ",") + std::to_string(item);
  return out;
}

char const* word(Choice const choice) {
  return choice == Choice::kAgree ? "agree" : choice == Choice::kDisagree ? "disagree" : "abstain";
}

/// Nobody waits longer than this for something that is due, once the machines work.
constexpr std::uint64_t kPatience = 60'000;
constexpr std::uint64_t kVotingTime = 60'000;

}  // namespace

// ------------------------------------------------------------------------------------------------------- Scenario

namespace {

/// Draws a scenario in steps. What a seed means is the order of its draws: none may move before another.
class Drawing {
 public:
  explicit Drawing(Dice& dice) : dice_(dice) {}

  Scenario brief() {
    short_ = true;
    return whole();
  }

  /// The meeting is short: what breaks are the nodes that serve it.
  Scenario of_service() {
    auto s = brief();
    s.nodes = dice_.between(2, 3);
    s.service = nodes();
    return s;
  }

  Scenario whole() {
    rules();
    people();
    trustees();
    batches();
    who_is_missing();
    chair_plans();
    weather();
    return std::move(s_);
  }

 private:
  void rules() {
    for (auto& byte : m_.meeting_id) byte = static_cast<std::uint8_t>(dice_.below(256));
    m_.title = "评审会";
    m_.date = "2026-11-22";
    experts_ = dice_.between(5, short_ ? 6 : 7);
    auto const chance = dice_.below(short_ ? 9 : 10);
    trustees_ = chance == 0 ? 1 : chance <= (short_ ? 7U : 5U) ? 2 : chance <= 8 ? 3 : 4;
    chair_votes_ = dice_.chance(0.5);
    m_.committee_size = 7;
    m_.rules.pass_numerator = dice_.chance(0.7) ? 2 : 1;
    m_.rules.pass_denominator = m_.rules.pass_numerator + 1;
    m_.rules.pass_strict = dice_.chance(0.5);
    m_.rules.recusal_mode = static_cast<meeting::RecusalMode>(dice_.between(1, 3));
    m_.rules.abstain_allowed = dice_.chance(0.6);
    m_.rules.quorum_numerator = 1;
    m_.rules.quorum_denominator = 2;
    m_.rules.modulus_bits = 2048;
    m_.rules.max_unconfirmed = static_cast<std::uint32_t>(dice_.between(1, 2));
    m_.rules.checks_allowed = dice_.chance(0.7);
    m_.rules.protest_s = 5;
    supervisors_ = dice_.chance(0.3) ? 2 : 1;
  }

  PersonId add(std::uint32_t roles) {
    meeting::Person person;
    person.name = "人" + std::to_string(m_.people.size() + 1);
    person.roles = roles;
    m_.people.push_back(person);
    return static_cast<PersonId>(m_.people.size());
  }

  void people() {
    if (!chair_votes_) chair_ = add(meeting::kChair);
    for (std::uint64_t i = 0; i < experts_; ++i) {
      bool const is_chair = chair_votes_ && i == 0;
      auto const id = add(meeting::kExpert | (is_chair ? meeting::kChair : 0U));
      if (is_chair) chair_ = id;
      expert_ids_.push_back(id);
    }
    add(meeting::kClerk);
    for (std::size_t i = 0; i < supervisors_; ++i) supervisor_ids_.push_back(add(meeting::kSupervisor));
  }

  void trustees() {
    m_.trustees = {0};
    if (trustees_ >= 2) m_.trustees.push_back(chair_);
    if (trustees_ >= 3) m_.trustees.push_back(supervisor_ids_.front());
    if (trustees_ >= 4) m_.trustees.push_back(expert_ids_.back());
    m_.rehearsal = trustees_ == 1;
  }

  void batches() {
    auto const batches = !short_ && dice_.chance(0.45) ? 2U : 1U;
    for (std::uint32_t b = 0; b < batches; ++b) {
      meeting::Batch batch;
      batch.title = "第" + std::to_string(b + 1) + "批";
      auto const questions = short_ ? 1 + (dice_.chance(0.3) ? 1U : 0U) : dice_.between(1, batches == 2 ? 2 : 3);
      for (std::uint64_t i = 0; i < questions; ++i) {
        meeting::Candidate candidate;
        candidate.name = "申报人" + std::to_string(m_.candidates.size() + 1);
        candidate.employer = "单位";
        candidate.level = "副高级";
        candidate.channel = dice_.chance(0.15) ? meeting::Channel::kExceptional : meeting::Channel::kNormal;
        m_.candidates.push_back(candidate);
        batch.candidates.push_back(static_cast<QuestionId>(m_.candidates.size()));
      }
      m_.batches.push_back(batch);
    }
  }

  /// Who comes late, leaves early, steps back, falls silent: never so many that the quorum is gone, which would be an
  /// end without a result, and never so many keys that no committee is left (FIRST_KEYS, WITNESSES).
  void who_is_missing() {
    auto const is_trustee = [&](PersonId p) { return std::ranges::find(m_.trustees, p) != m_.trustees.end(); };
    auto spare =
        experts_ - std::max<std::uint64_t>(meeting::quorum_min(m_.rules, m_.committee_size), meeting::kBallotsMin);
    auto keys_spare = experts_ - meeting::two_thirds(experts_);
    auto const spend = [](auto& of) { return of > 0 && of-- > 0; };
    std::vector<PersonId> plain;  // those without whom everything can go on
    for (auto const p : expert_ids_) {
      if (p == chair_) continue;
      if (!is_trustee(p) && dice_.chance(0.08) && spend(keys_spare)) s_.arrives_ms[p] = dice_.between(5'000, 40'000);
      if (!is_trustee(p) && m_.batches.size() == 2 && dice_.chance(0.1) && spend(spare)) s_.leaves_after[p] = 1;
      if (dice_.chance(0.12) && (m_.rules.recusal_mode != meeting::RecusalMode::kLeave || spend(spare))) {
        auto const q = static_cast<QuestionId>(dice_.between(1, m_.candidates.size()));
        s_.recusals[p].insert(q);
        if ((p + q) % 2 == 0) s_.change_their_mind.insert(p);
      }
      if (!s_.leaves_after.contains(p) && !s_.arrives_ms.contains(p)) plain.push_back(p);
    }
    if (!plain.empty() && dice_.chance(0.15) && spare > 0 && keys_spare > 0) {
      spend(spare);
      spend(keys_spare);
      s_.goes_silent = dice_.pick(plain);
    }
    if (dice_.chance(0.2)) {
      auto const p = static_cast<PersonId>(dice_.between(1, m_.people.size()));
      bool const expert = (m_.people[p - 1].roles & meeting::kExpert) != 0;
      if (p != s_.goes_silent && !s_.arrives_ms.contains(p) && (!expert || spend(keys_spare))) s_.replaced = p;
    }
  }

  /// Which batches the chair holds on paper or voids, and how often experts have an envelope checked.
  void chair_plans() {
    for (meeting::BatchId b = 1; b <= m_.batches.size(); ++b) {
      if (dice_.chance(0.07)) s_.on_paper.insert(b);
      if (dice_.chance(0.2)) {
        static constexpr BatchPhase phases[] = {BatchPhase::kVoting, BatchPhase::kVoting, BatchPhase::kClosing,
                                                BatchPhase::kMixing, BatchPhase::kConfirming};
        s_.voids[b] = {phases[dice_.below(5)], dice_.chance(0.5)};
      }
    }
    s_.checks = m_.rules.checks_allowed && dice_.chance(0.5) ? 0.25 : 0.0;
  }

  /// What goes wrong, and for how long. Some seeds are calm weather: the plain meeting must work too.
  void weather() {
    s_.storm = dice_.chance(short_ ? 0.95 : 0.8);
    s_.storm_ms = short_ ? dice_.between(10'000, 40'000) : dice_.between(15'000, 90'000);
    if (s_.storm) {
      s_.network.breaks = rate(0.012);
      s_.network.repeated = rate(0.2);
      s_.server.crash = rate(0.012);
      s_.server.crash_before_commit = rate(0.02);
      s_.server.crash_after_commit = rate(0.02);
      s_.server.commit_fails = rate(0.02);
      s_.laptop.crash = rate(0.015);
      s_.laptop.disk_fails = rate(0.01);
      s_.laptop.cut = rate(0.03);
    }
    s_.network.delay_ms_max = dice_.between(1, 80);
  }

  ServiceFaults nodes() {
    ServiceFaults f;
    f.trouble_ms_max = 4'000;
    f.kill = rate(0.5);
    f.stop = rate(0.6);
    f.replace = rate(1);
    f.cut_from_database = rate(0.4);
    f.cut_from_laptops = rate(0.3);
    f.hand_over = rate(0.4);
    f.database_away = rate(0.2);
    f.standby_held = rate(0.4);
    f.fail_over = rate(0.2);
    f.database.request_lost = rate(0.05);
    f.database.late = rate(0.1);
    f.database.answer_lost = rate(0.1);
    return f;
  }

  /// Half of all that can go wrong does not in a meeting, so that what does is seen by itself too.
  double rate(double const most) {
    return dice_.chance(0.5) ? 0.0 : most * (0.1 + 0.9e-3 * static_cast<double>(dice_.below(1000)));
  }

  Dice& dice_;
  Scenario s_;
  meeting::Manifest& m_ = s_.manifest;
  std::uint64_t experts_ = 0;
  std::size_t trustees_ = 0, supervisors_ = 0;
  bool chair_votes_ = false, short_ = false;
  PersonId chair_ = 0;
  std::vector<PersonId> expert_ids_, supervisor_ids_;
};

}  // namespace

Scenario Scenario::draw(Dice& dice) { return Drawing(dice).whole(); }
Scenario Scenario::draw_short(Dice& dice) { return Drawing(dice).brief(); }
Scenario Scenario::draw_of_service(Dice& dice) { return Drawing(dice).of_service(); }

// ---------------------------------------------------------------------------------------------------------- World

World::World(std::uint64_t const seed) : World(seed, {}) {}

World::World(std::uint64_t const seed, std::function<void(Scenario&)> const& change, Served const served)
    : seed_(seed),
      randomness_(seed),
      dice(seed),
      network(clock, dice, trace),
      keys(seed),
      server(clock, dice, network, trace, keys) {
  scenario = served == Served::kByNodes            ? Scenario::draw_of_service(dice)
             : seed >= kShortFrom && seed % 5 != 0 ? Scenario::draw_short(dice)
                                                   : Scenario::draw(dice);
  if (change) change(scenario);
  if (scenario.nodes == 0) return;
  service = std::make_unique<ServiceHost>(clock, dice, network, trace, keys, server.keys(), scenario.nodes);
  service->database.left = scenario.left;
}

World::~World() { forget_answers(); }

Laptop& World::give_laptop(Human& human, meeting::SlipCode code) {
  auto const number = static_cast<std::uint32_t>(laptops_.size() + 1);
  laptops_.push_back(std::make_unique<Laptop>(number, code, clock, dice, network, trace, keys));
  auto* const laptop = laptops_.back().get();
  human.laptop = laptop;
  human.to_sign.clear();
  human.ticks.clear();
  laptop->faults = storm() ? scenario.laptop : LaptopFaults{};
  if (service) laptop->idle_ms = 45'000;
  laptop->on_event = [&human](boost::json::object const& event) {
    if (event.at("event").as_string() == "proposal") human.proposals = true;
  };
  laptop->on_sent = [this, &human, laptop](ByteView const frame) { sent(human, *laptop, frame); };
  laptop->on_received = [this, laptop](ByteView const frame) { received(*laptop, frame); };
  laptop->on_crash = [this, &human, laptop] {
    laptop_falls_ms_.push_back(clock.now_ms());
    human.to_sign.clear();
    human.ticks.clear();
    if (human.laptop != laptop || human.silent || human.gone) return;
    clock.after(dice.between(200, 4000), [&human, laptop] {
      if (human.laptop == laptop && !human.silent) laptop->switch_on();
    });
  };
  return *laptop;
}

void World::begin_one_server() {
  server.store().commit(server::write_draft(scenario.manifest).value()).value();
  server.on_crash = [this] {
    server_falls_ms_.push_back(clock.now_ms());
    clock.after(dice.between(100, 3000), [this] {
      server.store().heal();
      server.start().value();
    });
  };
  if (scenario.storm) server.faults = scenario.server;
}

void World::begin_service() {
  service->start(server::write_draft(scenario.manifest).value());
  if (!scenario.storm) return;
  service->faults = scenario.service;
  service->storm_begins();
}

void World::begin() {
  if (begun_) return;
  begun_ = true;
  scenario.manifest.server_key = server.keys().server.public_key();
  scenario.manifest.checkpoint_key = server.keys().checkpoint.public_key();
  scenario.manifest.server_box_key = server.keys().box.public_key();
  auto const certificate = [this](std::uint32_t const client) { return laptops_.at(client - 1)->certificate(); };
  (service ? service->certificate : server.certificate) = certificate;
  service ? begin_service() : begin_one_server();
  network.faults = scenario.storm ? scenario.network : NetworkFaults{};
  network.faults.delay_ms_max = scenario.network.delay_ms_max;
  for (PersonId p = 1; p <= scenario.manifest.people.size(); ++p) {
    auto& human = people_[p];
    human.id = p;
    human.roles = scenario.manifest.people[p - 1].roles;
    auto& laptop = give_laptop(human, new_slip(p).value());
    auto const late = scenario.arrives_ms.find(p);
    clock.after(late == scenario.arrives_ms.end() ? dice.below(500) : late->second, [&laptop] { laptop.switch_on(); });
    later(p);
  }
  if (!service) {
    server.on_commit = [this] { lose_now(); };
    server.start().value();
  }
  if (scenario.storm) clock.after(scenario.storm_ms, [this] { end_storm(); });
}

server::Core* World::core() {
  if (service) return service->core();
  return server.running() ? &server.core() : nullptr;
}

bool World::idle() { return service ? service->idle() : server.idle(); }

store::Contents World::contents() { return service ? service->database.contents() : server.store().contents(); }

std::optional<meeting::SlipCode> World::new_slip(PersonId const person) {
  auto const& meeting_id = scenario.manifest.meeting_id;
  return service ? service->new_slip(person, meeting_id) : server.new_slip(person, meeting_id);
}

void World::end_storm() {
  network.faults = {};
  network.faults.delay_ms_max = scenario.network.delay_ms_max;
  server.faults = {};
  if (service) service->storm_ends();
  for (auto const& laptop : laptops_) {
    laptop->faults = {};
    laptop->wallet().heal();
  }
  calm_ = true;
  last_growth_ms_ = clock.now_ms();
}

void World::later(PersonId const person) {
  clock.after(dice.between(150, 900), [this, person] {
    auto& human = people_.at(person);
    if (!people_frozen) think(human);
    later(person);
  });
}

// ---------------------------------------------------------------------------------------------------------- People

void World::think(Human& human) {
  auto& laptop = *human.laptop;
  if (!laptop.on() || !laptop.session() || laptop.waiting_for_reply() || !laptop.connected()) return;
  auto const& record = laptop.session()->record();

  if (loses_laptop_now(record) && human.id == scenario.replaced && replace_laptop(human)) return;
  if (loses_power_now(human, record)) {
    human.silent = true;
    laptop.crash();
    return;
  }
  if ((human.roles & meeting::kScreen) == 0 && sign_something(human)) return;
  if (record.phase() == MeetingPhase::kBeforeOpen) {
    if ((human.roles & meeting::kClerk) == 0) return;
    // The clerk opens when everybody is enrolled who is not known to be late.
    for (auto const& [id, other] : people_) {
      if (!other.laptop->enrolled() && !scenario.arrives_ms.contains(id)) return;
    }
    return laptop.command("draft");
  }
  if (record.phase() != MeetingPhase::kOpen) return;

  auto const key = record.identity_key(human.id);
  if (key != client::load_profile(laptop.wallet()).value()->identity_key) return;  // KeyChange is not in the log yet
  auto const presence = record.presence(human.id);
  if (!presence.signed_in) {
    if (human.gone) return;
    return laptop.command("sign-in");
  }
  if (auto const leaves = scenario.leaves_after.find(human.id); leaves != scenario.leaves_after.end()) {
    if (record.undecided(leaves->second).empty() && !record.in_progress()) {
      human.gone = true;
      return laptop.command("sign-out");
    }
  }
  if ((human.roles & meeting::kExpert) != 0 && think_expert(human, record)) return;
  if ((human.roles & meeting::kSupervisor) != 0 && think_supervisor(human, record)) return;
  if ((human.roles & meeting::kClerk) != 0 && think_clerk(human, record)) return;
  if (human.id == leader(record)) think_chair(human, record);
}

/// Looks at what waits for signatures now and then, and signs it, one after the other. @return a command was given.
bool World::sign_something(Human& human) {
  auto& laptop = *human.laptop;
  if (!human.ticks.empty()) {
    auto const line = human.ticks.front();
    human.ticks.pop_front();
    laptop.command(line);
    return true;
  }
  if (!human.to_sign.empty()) {
    auto const next = human.to_sign.front();
    human.to_sign.pop_front();
    laptop.command("approve " + next.id + (next.heads > 0 ? " " + std::to_string(next.heads) : ""));
    return true;
  }
  if (!human.proposals && !dice.chance(0.05)) return false;
  human.proposals = false;
  laptop.command("proposals", [this, &human](boost::json::object const& reply) { take_proposals(human, reply); });
  return true;
}

void World::take_proposals(Human& human, boost::json::object const& reply) {
  auto const* const list = reply.if_contains("proposals");
  if (list == nullptr) return;
  human.to_sign.clear();
  bool opens = false;
  for (auto const& value : list->as_array()) {
    auto const& one = value.as_object();
    if (!one.at("yours").as_bool() || one.contains("refused")) continue;
    bool const signed_already = std::ranges::any_of(one.at("signed").as_array(), [&](auto const& signer) {
      return signer.template to_number<PersonId>() == human.id;
    });
    if (signed_already) continue;
    ToSign next{std::string(one.at("id").as_string()), std::string(one.at("type").as_string()), 0};
    if (next.type == "BatchOpen") next.heads = one.at("present").to_number<std::uint64_t>();
    opens |= next.type == "MeetingOpen";
    human.to_sign.push_back(std::move(next));
  }
  // A supervisor ticks the sign-in sheet first.
  if (opens && (human.roles & meeting::kSupervisor) != 0) tick_sheet(human);
}

void World::tick_sheet(Human& human) {
  clock.after(1, [this, &human] {
    auto& laptop = *human.laptop;
    if (!laptop.session() || laptop.waiting_for_reply() || !laptop.connected()) return;
    laptop.command("sheet", [this, &human](boost::json::object const& reply) {
      auto const* const rows = reply.if_contains("rows");
      if (rows == nullptr) return;
      for (auto const& value : rows->as_array()) {
        auto const& row = value.as_object();
        if (row.at("ticked").as_bool() || row.at("device_code").is_null()) continue;
        auto const person = row.at("person").to_number<PersonId>();
        auto const code = std::string(row.at("device_code").as_string());
        // What the person has signed by hand is what stands on the own screen.
        auto const profile = client::load_profile(people_.at(person).laptop->wallet()).value();
        if (!profile || profile->device_code() != code) continue;
        human.ticks.push_back("tick " + std::to_string(person) + " " + code);
      }
    });
  });
}

/// Whether this is a moment at which a laptop may be lost for good: after its owner has signed in.
bool World::loses_laptop_now(Record const& record) {
  if (!scenario.replaced || scenario.lost_in || people_.at(*scenario.replaced).was_replaced) return false;
  return record.phase() == MeetingPhase::kOpen && record.presence(*scenario.replaced).signed_in && dice.chance(0.05);
}

bool World::loses_power_now(Human const& human, Record const& record) {
  return human.id == scenario.goes_silent && !scenario.lost_in && record.in_progress() &&
         record.attempt()->envelopes().contains(human.id) && !record.attempt()->open.paper && dice.chance(0.5);
}

/// The laptop is gone with all that it held; another one enrols with a new slip. @return false: no slip to be had.
bool World::replace_laptop(Human& human) {
  auto const code = new_slip(human.id);
  if (!code) return false;
  human.was_replaced = true;
  auto& old = *human.laptop;
  auto& fresh = give_laptop(human, *code);
  old.crash();
  clock.after(dice.between(500, 5000), [&fresh] { fresh.switch_on(); });
  return true;
}

void World::lose_now() {
  if (lost_ || !scenario.lost_in || !server.running()) return;
  auto const& attempt = server.core().record().attempt();
  if (!attempt || attempt->phase != *scenario.lost_in) return;
  lost_ = true;
  clock.after(0, [this] {
    if (scenario.server_falls && server.running()) server.crash();
    if (scenario.falls_too) people_.at(*scenario.falls_too).laptop->crash();
    if (scenario.replaced) replace_laptop(people_.at(*scenario.replaced));
    if (scenario.goes_silent) {
      auto& human = people_.at(*scenario.goes_silent);
      human.silent = true;
      human.laptop->crash();
    }
  });
}

PersonId World::leader(Record const& record) const {
  for (auto const role : {meeting::kChair, meeting::kSupervisor, meeting::kClerk, meeting::kExpert}) {
    for (auto const& [id, human] : people_) {
      if ((human.roles & role) == 0 || human.silent || human.gone || !record.presence(id).signed_in) continue;
      auto const profile = client::load_profile(human.laptop->wallet()).value();
      if (profile && profile->identity_key == record.identity_key(id)) return id;
    }
  }
  return 0;
}

/// All that this person wants to say of it is said.
bool World::has_recused(PersonId p, QuestionId q, Record const& record) const {
  if (scenario.change_their_mind.contains(p)) return record.recuse_backs(p, q) > 0;
  auto const known = record.recusals().find(p);
  return known != record.recusals().end() && known->second.contains(q);
}

bool World::think_expert(Human& human, Record const& record) {
  auto& laptop = *human.laptop;
  if (auto const plan = scenario.recusals.find(human.id); plan != scenario.recusals.end()) {
    for (auto const q : plan->second) {
      if (has_recused(human.id, q, record)) continue;
      if (record.question(q).declared || record.question(q).attempts > 0) continue;
      bool const stands = record.recusals().contains(human.id) && record.recusals().at(human.id).contains(q);
      laptop.command((stands ? "recuse-back " : "recuse ") + std::to_string(q) +
                     (stands ? " 误登" : " 与申报人有亲属关系"));
      return true;
    }
  }
  if (!record.in_progress() || record.attempt()->open.paper) return false;
  auto const& attempt = *record.attempt();
  if (attempt.phase == BatchPhase::kConfirming) return say_not_voted(human, attempt);
  if (attempt.phase != BatchPhase::kVoting || !attempt.present(human.id)) return false;
  return vote(human, attempt) || have_checked(human, attempt);
}

bool World::vote(Human& human, meeting::Attempt const& attempt) {
  auto& laptop = *human.laptop;
  auto const questions = attempt.questions_of(human.id);
  if (questions.empty()) return false;
  auto const* const voter = attempt.voter(human.id);
  // No tokens yet, or there is an envelope.
  if (voter == nullptr || voter->envelope || voter->issued.size() < attempt.holders.size()) return false;
  // The lost laptop asked for tokens; the new one has not what they were blinded with, and there is no second request.
  if (human.casts_refused[attempt.open_hash] > 6) return false;
  auto& choices = human.choices[{attempt.open_hash, voter->cast}];
  for (auto const q : questions) {
    if (choices.contains(q)) continue;
    Choice choice;
    if (votes) {
      choice = votes(human.id, q);
    } else {
      auto const roll = dice.below(10);
      choice = roll < 6 ? Choice::kAgree : roll < 9 ? Choice::kDisagree : Choice::kAbstain;
      if (choice == Choice::kAbstain && !scenario.manifest.rules.abstain_allowed) choice = Choice::kDisagree;
    }
    choices[q] = choice;
  }
  for (auto const& [q, choice] : choices) {
    laptop.command("vote " + std::to_string(q) + " " + word(choice));
    if (!laptop.session()) return true;
  }
  laptop.command("cast", [&human, open = attempt.open_hash](boost::json::object const& reply) {
    if (!reply.at("ok").as_bool()) ++human.casts_refused[open];
  });
  return true;
}

/// An expert who wants it asks a supervisor to look at the first envelope, and again until the log says so.
bool World::have_checked(Human& human, meeting::Attempt const& attempt) {
  auto const* const voter = attempt.voter(human.id);
  if (voter == nullptr || !voter->envelope || voter->cast > 0) return false;
  auto const [at, fresh] = human.checker.try_emplace(attempt.open_hash, 0);
  if (fresh && dice.chance(scenario.checks)) {
    std::vector<PersonId> supervisors;
    for (auto const& [id, other] : people_) {
      if ((other.roles & meeting::kSupervisor) != 0) supervisors.push_back(id);
    }
    at->second = dice.pick(supervisors);
  }
  if (at->second == 0 || !dice.chance(0.3)) return false;
  human.laptop->command("check " + std::to_string(at->second));
  return true;
}

bool World::check_pending(PersonId const person, meeting::Attempt const& attempt) const {
  auto const& human = people_.at(person);
  auto const at = human.checker.find(attempt.open_hash);
  return at != human.checker.end() && at->second != 0 && attempt.cast_of(person) == 0;
}

/// Who has no envelope in the box says whether that was meant: not, if some laptop of his has sent one, and not the one
/// that he has had opened.
bool World::say_not_voted(Human& human, meeting::Attempt const& attempt) {
  if (!attempt.entitled(human.id) || attempt.counted.contains(human.id) || attempt.said_anything(human.id))
    return false;
  if (!dice.chance(0.3)) return false;
  bool const sent = human.sealed.contains({attempt.open_hash, attempt.cast_of(human.id)});
  human.laptop->command(sent ? "not-voted no" : "not-voted yes");
  return true;
}

/// Countersigns the checks that experts asked for, and says what the experts say of the opened envelopes.
bool World::think_supervisor(Human& human, Record const& record) {
  if (!record.in_progress() || record.attempt()->open.paper) return false;
  auto const& attempt = *record.attempt();
  if (attempt.phase != BatchPhase::kVoting) return false;
  for (auto& [id, other] : people_) {
    auto const* const voter = attempt.voter(id);
    if (voter == nullptr) continue;
    auto const name = std::to_string(id);
    if (voter->envelope && check_pending(id, attempt) && other.checker.at(attempt.open_hash) == human.id &&
        dice.chance(0.5)) {
      human.laptop->command("check-accept " + name);
      return true;
    }
    if (voter->spoils.empty() || voter->spoils.back().verdict || voter->spoils.back().supervisor != human.id) continue;
    if (!dice.chance(0.3)) continue;
    // What was shown agrees, always; what is not shown for long is written so.
    human.laptop->command("verdict " + name + (nothing_came_for(20'000) ? " unopened" : " agrees"));
    return true;
  }
  return false;
}

bool World::think_clerk(Human& human, Record const& record) {
  auto& laptop = *human.laptop;
  for (QuestionId q = 1; q <= record.manifest().candidates.size(); ++q) {
    if (record.manifest().candidates[q - 1].channel != meeting::Channel::kExceptional) continue;
    if (record.question(q).interview) continue;
    laptop.command("interview " + std::to_string(q) + " 面试答辩：回答清楚");
    return true;
  }
  return false;
}

/// Somebody whose laptop is dead is signed out by others, so that the next batch does not wait for him.
bool World::sign_out_dead(Laptop& laptop, Record const& record) {
  for (auto const& [id, other] : people_) {
    if (!other.silent || !record.presence(id).signed_in) continue;
    laptop.command("sign-out " + std::to_string(id) + " 设备失联，已离席");
    return true;
  }
  return false;
}

bool World::think_chair(Human& human, Record const& record) {
  if (record.size() != last_size_) {
    last_size_ = record.size();
    last_growth_ms_ = clock.now_ms();
  }
  return record.in_progress() ? lead_attempt(human, record) : open_next(human, record);
}

/// What the chair does about the attempt that is under way.
bool World::lead_attempt(Human& human, Record const& record) {
  auto& laptop = *human.laptop;
  auto const& attempt = *record.attempt();
  if (void_as_planned(laptop, attempt)) return true;
  bool const lost = trustee_lost(record) && attempt.phase != BatchPhase::kCounted;
  if (lost && nothing_came_for(20'000)) {
    laptop.command("void all 保管人失联");
    return true;
  }
  if (attempt.phase == BatchPhase::kVoting) {
    if (attempt.open.paper) return think_paper(human, record);
    if (!all_have_cast(attempt) && !nothing_came_for(kVotingTime)) return false;
    // Who asked for a check and has not his verdict is waited for as well; the office writes it if nobody else does.
    for (auto const& [person, voter] : attempt.voters) {
      if (voter.spoils.empty() || voter.spoils.back().verdict || voter.spoils.back().supervisor == 0) continue;
      if (nothing_came_for(30'000) && dice.chance(0.5)) {
        laptop.command("verdict " + std::to_string(person) + " unopened");
        return true;
      }
    }
    laptop.command("close");
    return true;
  }
  if (attempt.phase == BatchPhase::kCounted) {
    laptop.command("declare");
    return true;
  }
  if (attempt.phase == BatchPhase::kConfirming && lead_confirming(laptop, record)) return true;
  if (!storm() && nothing_came_for(kPatience) && !lost) {
    note_rescue("nothing moved");
    laptop.command("void all 长时间无进展");
    return true;
  }
  return false;
}

bool World::nothing_came_for(std::uint64_t const ms) const { return clock.now_ms() > last_growth_ms_ + ms; }

bool World::void_as_planned(Laptop& laptop, meeting::Attempt const& attempt) {
  auto const plan = scenario.voids.find(attempt.open.batch);
  if (plan == scenario.voids.end() || attempt.open.attempt != 1 || attempt.open.paper ||
      attempt.phase != plan->second.phase || !attempt.voided.empty() || !dice.chance(0.5)) {
    return false;
  }
  auto const live = attempt.live();
  auto const& given = plan->second.question;
  auto const which = given                       ? std::to_string(*given)
                     : plan->second.one_question ? std::to_string(live[dice.below(live.size())])
                                                 : "all";
  scenario.voids.erase(plan);
  laptop.command("void " + which + " 材料有误，按程序重新投票");
  return true;
}

/// Everybody who still can has an envelope in the log that is not to be checked.
bool World::all_have_cast(meeting::Attempt const& attempt) const {
  auto const envelopes = attempt.envelopes();
  for (auto const p : attempt.open.present) {
    auto const& other = people_.at(p);
    if (other.silent || attempt.questions_of(p).empty()) continue;
    if (envelopes.contains(p) && !check_pending(p, attempt)) continue;
    // A new laptop in the middle of an attempt has none of its tokens.
    if (!other.was_replaced || !nothing_came_for(10'000)) return false;
  }
  return true;
}

bool World::is_lost(PersonId const person, Record const& record) const {
  auto const* const session = people_.at(person).laptop->session();
  if (session != nullptr && session->halted()) return true;  // its screen is red, and its owner says so
  // Who left in the moment of the opening has an attempt to answer for, and is not there to answer.
  bool const left = people_.at(person).gone && !record.presence(person).signed_in;
  return people_.at(person).silent || left || !record.key_as_old_as_attempt(person) ||
         (people_.at(person).was_replaced && nothing_came_for(30'000));
}

/// Too few ballots, or too small a part of those who could vote, are never opened: those questions are voted on again,
/// and on paper where three ballots are not to be had.
bool World::too_few(Laptop& laptop, Record const& record) {
  auto const& attempt = *record.attempt();
  std::vector<QuestionId> few;
  for (auto const q : attempt.live()) {
    if (attempt.box->boxes.at(q).ballots.size() < meeting::kBallotsMin) few.push_back(q);
  }
  if (!few.empty()) {
    too_few_.insert(few.begin(), few.end());
    laptop.command("void " + join(few) + " 票数不足三张，不开箱，改用纸票");
    return true;
  }
  auto const gate = record.gate();
  if (gate || gate.error() != Refusal::kGateTooFew) return false;
  laptop.command("void all 投票人数不足，重新投票");
  return true;
}

/// Void and vote again comes first: nothing was opened yet. Only when that has not helped, people are passed over.
bool World::pass_over(Laptop& laptop, Record const& record, std::vector<PersonId> const& people) {
  auto const& attempt = *record.attempt();
  auto named = attempt.overridden_counted;
  for (auto const p : people) {
    if (attempt.counted.contains(p)) named.insert(p);
  }
  bool const may = named.size() <= record.manifest().rules.max_unconfirmed;
  if (may && attempt.open.attempt >= 2) {
    laptop.command("override " + join(people) + " 设备失联");
  } else {
    laptop.command("void all 有人无法核对，重新投票");
  }
  return true;
}

/// A box that can not be opened as it is: too few ballots, somebody who does not confirm it, or who misses a ballot.
bool World::lead_confirming(Laptop& laptop, Record const& record) {
  auto const& attempt = *record.attempt();
  if (too_few(laptop, record)) return true;
  auto const waited_for = attempt.unconfirmed();
  std::vector<PersonId> stuck;
  for (auto const p : waited_for) {
    if (attempt.said_missing(p) || (is_lost(p, record) && nothing_came_for(20'000))) stuck.push_back(p);
  }
  // Not before everybody else has spoken.
  if (stuck.empty() || stuck.size() != waited_for.size()) return false;
  for (auto const p : stuck) {
    if (!attempt.said_missing(p)) continue;
    // Who has signed a Spoil in the moment of the closing, and finds it nowhere, says MISSING, and must.
    auto const asked = people_.at(p).checker.find(attempt.open_hash);
    bool const unlogged = asked != people_.at(p).checker.end() && asked->second != 0 && attempt.cast_of(p) == 0;
    if (!unlogged) note_rescue("person " + std::to_string(p) + " signed MISSING");
  }
  return pass_over(laptop, record, stuck);
}

/// Between attempts: whoever will not come back gives his slot to somebody who is there.
bool World::replace_trustee(Laptop& laptop, Record const& record) {
  auto const& slots = record.slots();
  for (meeting::TrusteeId t = 1; t < slots.size(); ++t) {
    if (!people_.at(slots[t]).silent) continue;
    for (auto const& [id, other] : people_) {
      bool const can = !other.silent && !other.gone && (other.roles & meeting::kScreen) == 0 &&
                       record.presence(id).signed_in && record.has_first_key(id) && !record.slot_of(id) &&
                       id != scenario.replaced && !scenario.leaves_after.contains(id);
      if (!can) continue;
      laptop.command("change-trustee " + std::to_string(t) + " " + std::to_string(id) + " 电脑损坏");
      return true;
    }
  }
  return false;
}

/// Opens the next batch that has undecided questions, or closes the meeting.
bool World::open_next(Human& human, Record const& record) {
  auto& laptop = *human.laptop;
  if (sign_out_dead(laptop, record)) return true;
  for (meeting::BatchId b = 1; b <= record.manifest().batches.size(); ++b) {
    auto const undecided = record.undecided(b);
    if (undecided.empty()) continue;
    if (!ready_to_open(record)) return false;
    if (replace_trustee(laptop, record)) return true;
    bool paper = scenario.on_paper.contains(b) || record.attempts(b) >= 4;
    for (auto const q : undecided) paper = paper || too_few_.contains(q) || record.question(q).opened;
    laptop.command("open " + std::to_string(b) + (paper ? " paper" : ""), [this, undecided](auto const& reply) {
      if (reply.at("code").as_string() == "WITNESSES") too_few_.insert(undecided.begin(), undecided.end());
    });
    return true;
  }
  laptop.command("close-meeting");
  return true;
}

bool World::ready_to_open(Record const& record) {
  // Late ones are waited for; so are those whose laptop is just being replaced or started again.
  for (auto const& [id, other] : people_) {
    if (other.silent || other.gone || record.presence(id).signed_in) continue;
    if (calm_ || !scenario.storm || !dice.chance(0.02)) return false;
  }
  // Recusals first: afterwards they can not be declared.
  for (auto const& [p, questions] : scenario.recusals) {
    for (auto const q : questions) {
      if (record.question(q).declared || record.question(q).attempts > 0 || people_.at(p).silent) continue;
      if (!has_recused(p, q, record)) return false;
    }
  }
  for (auto const p : record.experts_present()) {
    if (people_.at(p).silent) return false;  // they are signed out by others first
  }
  return true;
}

/// A trustee of this attempt has lost its keys with its laptop: the attempt can not be finished. New keys of a slot
/// holder do not come into the log before the attempt has ended.
bool World::trustee_lost(Record const& record) const {
  auto const& holders = record.attempt()->holders;
  for (meeting::TrusteeId t = 1; t < holders.size(); ++t) {
    auto const& human = people_.at(holders[t]);
    if (human.silent) return true;
    if (!human.was_replaced) continue;
    auto const profile = client::load_profile(human.laptop->wallet()).value();
    if (profile && profile->identity_key != record.identity_key(holders[t])) return true;
  }
  return false;
}

bool World::think_paper(Human& human, Record const& record) {
  auto const& attempt = *record.attempt();
  auto& laptop = *human.laptop;
  for (auto const q : attempt.live()) {
    auto& row = paper_[{attempt.open_hash, q}];
    if (row.issued == 0) {
      for (auto const p : attempt.open.present) row.issued += attempt.recused(p, q) ? 0 : 1;
      row.returned = row.issued > 0 ? row.issued - static_cast<std::uint32_t>(dice.below(2)) : 0;
      for (std::uint32_t i = 0; i < row.returned; ++i) {
        auto const roll = dice.below(10);
        if (roll < 6) {
          ++row.agree;
        } else if (roll < 8) {
          ++row.disagree;
        } else if (roll < 9 && record.manifest().rules.abstain_allowed) {
          ++row.abstain;
        } else {
          ++row.invalid;
        }
      }
      row.valid = row.agree + row.disagree + row.abstain;
    }
    std::ostringstream line;
    line << "paper " << q << ' ' << row.issued << ' ' << row.returned << ' ' << row.valid << ' ' << row.invalid << ' '
         << row.agree << ' ' << row.disagree << ' ' << row.abstain;
    laptop.command(line.str());
    if (!laptop.session()) return true;
  }
  laptop.command("paper-submit");
  return true;
}

void World::note_rescue(std::string const& why) {
  ++rescues_;
  bool const somebody_lost = scenario.goes_silent || scenario.replaced || scenario.lost_in;
  if (rescue_.empty() && !somebody_lost && !fell_together()) rescue_ = why + "\n" + state();
}

bool World::fell_together() const {
  constexpr std::uint64_t together_ms = 10'000;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps;
  if (service) gaps = service->gaps();
  for (auto const ms : server_falls_ms_) gaps.emplace_back(ms, ms);
  return std::ranges::any_of(gaps, [&](auto const& gap) {
    return std::ranges::any_of(
        laptop_falls_ms_, [&](auto const ms) { return ms < gap.second + together_ms && gap.first < ms + together_ms; });
  });
}

// ------------------------------------------------------------------------------------------- What is remembered

void World::sent(Human& human, Laptop& laptop, ByteView const frame) {
  auto const request = server::wire::parse_request(frame);
  if (!request) throw std::runtime_error("a session sent what no server reads");
  auto const* submit = std::get_if<server::wire::Submit>(&request->what);
  submitted_.erase({laptop.number(), request->id});
  if (!submit) return;
  submitted_[{laptop.number(), request->id}] = submit->entry;
  auto const entry = meeting::decode_entry(submit->entry);
  if (!entry) throw std::runtime_error("a session submitted an entry that does not decode");
  if (entry->type() != EntryType::kEnvelopeCast) return;
  auto const& cast = std::get<meeting::EnvelopeCast>(entry->body);
  human.sealed.insert({cast.batch_open, cast.cast});
  auto const choices = human.choices.find({cast.batch_open, cast.cast});
  if (choices == human.choices.end()) throw std::runtime_error("an envelope that nobody asked for");
  meant_[log::leaf_hash(submit->entry)] = choices->second;
}

void World::received(Laptop& laptop, ByteView const frame) {
  auto const message = client::wire::parse(frame);
  if (!message) throw std::runtime_error("the server sent what no client reads");
  if (auto const* accepted = std::get_if<client::wire::Accepted>(&message->what)) {
    auto const found = submitted_.find({laptop.number(), message->id});
    if (found != submitted_.end()) acknowledged_.push_back({laptop.person(), accepted->index, found->second});
  }
}

// ---------------------------------------------------------------------------------------------------------- Run

std::string World::beyond_mending() const {
  if (!service) return {};
  if (!service->wrong().empty()) return service->wrong();
  for (auto const& [id, human] : people_) {
    auto* const session = human.laptop->session();
    if (session != nullptr && session->halted()) {
      return "the laptop of person " + std::to_string(id) +
             " has halted: " + std::string(piaojue::name(*session->halted()));
    }
  }
  return {};
}

bool World::finished() {
  auto* const serving = core();
  if (serving == nullptr || !idle() || serving->record().phase() != MeetingPhase::kClosed) return false;
  auto const root = serving->record().tree().root();
  for (auto const& [id, human] : people_) {
    if (human.silent || human.gone) continue;
    // Who came when all was over was refused at the door.
    if (human.laptop->on() && !human.laptop->enrolled()) continue;
    if (!human.laptop->on()) return false;
    auto const* session = human.laptop->session();
    if (!session || session->record().tree().root() != root) return false;
    // Everybody cosigns the end, but for one whose new keys nobody has signed.
    auto const own = client::load_profile(human.laptop->wallet()).value()->identity_key;
    if (session->record().identity_key(id) == own && (human.roles & meeting::kScreen) == 0 &&
        session->record().presence(id).signed_in &&
        serving->witnesses().who(serving->record().size() - 1, {id}).empty()) {
      return false;
    }
  }
  return true;
}

bool World::run_until(std::function<bool()> const& done, std::uint64_t const limit_ms) {
  begin();
  auto const end_ms = clock.now_ms() + limit_ms;
  while (!done()) {
    if (clock.now_ms() > end_ms || !clock.step()) return false;
  }
  return true;
}

Report World::run() {
  Report report;
  try {
    begin();
    // Everything must be over within this time after the last fault.
    auto const limit = (scenario.storm ? scenario.storm_ms : 0) + 600'000;
    bool const over = run_until([&] { return !beyond_mending().empty() || finished(); }, limit);
    report.failure = beyond_mending();
    if (report.failure.empty()) report.failure = over ? oracle() : "the meeting did not come to its end\n" + state();
    if (report.failure.empty() && !rescue_.empty()) report.failure = "the chair had to void: " + rescue_;
    report.rescues = rescues_;
  } catch (std::exception const& error) {
    report.failure = std::string("exception: ") + error.what() + "\n" + state();
  }
  report.ok = report.failure.empty();
  report.trace = trace.hash();
  report.frames = network.frames();
  report.server_crashes = server.crashes();
  for (auto const& laptop : laptops_) report.laptop_crashes += laptop->crashes();
  report.virtual_ms = clock.now_ms();
  report.lost = lost_;
  auto const durable = contents();
  for (auto const& [key, bytes] : durable[store::Table::kEntry]) ++report.types[meeting::decode_entry(bytes)->type()];
  if (auto* const serving = core()) {
    report.entries = serving->record().size();
    report.attempts = serving->record().past_attempts().size() + (serving->record().attempt() ? 1 : 0);
  }
  if (service) report.service = service->counts;
  return report;
}

std::string World::state() {
  std::ostringstream out;
  auto const describe = [&](Record const& record) {
    out << "size " << record.size() << ", meeting phase " << static_cast<int>(record.phase());
    if (auto const& attempt = record.attempt()) {
      out << ", batch " << attempt->open.batch << " attempt " << attempt->open.attempt << " phase "
          << static_cast<int>(attempt->phase) << (attempt->open.paper ? " paper" : "") << ", present "
          << attempt->open.present.size() << " voters " << attempt->voters.size() << " envelopes "
          << attempt->envelopes().size() << " closed " << attempt->issuance_closed.size() << " mixes "
          << attempt->mixes.size() << " of " << attempt->holders.size() << " confirms " << attempt->confirms.size()
          << " of " << attempt->entitled().size() << " shares " << attempt->shares.size();
    }
    out << "\n";
  };
  out << "at " << clock.now_ms() << " ms (storm until " << (scenario.storm ? scenario.storm_ms : 0) << ")\nserver: ";
  if (auto* const serving = core()) {
    describe(serving->record());
    out << "  trustee 0: " << trustee::name(serving->trustee_status().state) << "\n";
  } else {
    out << "not running\n";
  }
  if (service) out << service->state();
  for (auto const& [id, human] : people_) {
    out << "person " << id << " roles " << human.roles << (human.silent ? " silent" : "")
        << (human.was_replaced ? " replaced" : "") << (human.gone ? " gone" : "") << ": ";
    if (auto* session = human.laptop->session()) {
      if (session->halted()) out << "HALTED " << piaojue::name(*session->halted()) << " ";
      if (session->fatal()) out << "FATAL " << *session->fatal() << " ";
      out << (human.laptop->connected() ? "connected " : "offline ")
          << (human.laptop->waiting_for_reply() ? "waits for " + human.laptop->waiting_for() + " " : "");
      describe(session->record());
    } else {
      out << (human.laptop->on() ? "no session\n" : "off\n");
    }
    auto const& events = human.laptop->last_events();
    for (std::size_t i = events.size() > 6 ? events.size() - 6 : 0; i < events.size(); ++i) {
      out << "    " << events[i].substr(0, 300) << "\n";
    }
  }
  return out.str();
}

// ---------------------------------------------------------------------------------------------------------- Oracle

namespace {

void count(Choice const choice, meeting::PaperRow& row) {
  ++(choice == Choice::kAgree ? row.agree : choice == Choice::kDisagree ? row.disagree : row.abstain);
}

/// @return empty if the declared row has the votes that were meant.
std::string differs(QuestionId const q, meeting::Row const& row, meeting::PaperRow const& meant) {
  if (row.agree == meant.agree && row.disagree == meant.disagree && row.abstain == meant.abstain &&
      row.invalid == meant.invalid) {
    return {};
  }
  auto const votes = [](auto const& of) {
    return std::to_string(of.agree) + "/" + std::to_string(of.disagree) + "/" + std::to_string(of.abstain) + "/" +
           std::to_string(of.invalid);
  };
  return "question " + std::to_string(q) + ": declared " + votes(row) + ", meant " + votes(meant);
}

}  // namespace

std::string World::oracle() {
  auto const durable = contents();
  std::vector<Bytes> log;
  for (auto const& [key, bytes] : durable[store::Table::kEntry]) log.push_back(bytes);
  if (log.size() != core()->record().size()) return "the store holds another number of entries than the record";
  auto wrong = lost_entry(log);
  if (wrong.empty()) wrong = false_result(log);
  if (wrong.empty()) wrong = other_log();
  if (wrong.empty()) wrong = false_record(durable);
  if (wrong.empty() && service) wrong = service->differs();
  if (!wrong.empty()) return wrong;
  // Nothing that could join names and ballots is kept after the end.
  for (auto const table :
       {store::Table::kTokenPayload, store::Table::kIssuedPayload, store::Table::kEnvelope, store::Table::kMixOutput}) {
    if (!durable[table].empty()) return "the server still holds what it should have destroyed";
  }
  return {};
}

/// Nothing that was acknowledged is lost.
std::string World::lost_entry(std::vector<Bytes> const& log) const {
  for (auto const& ack : acknowledged_) {
    if (ack.index >= log.size()) return "acknowledged at index " + std::to_string(ack.index) + ", which is not there";
    auto const submitted = meeting::decode_entry(ack.entry);
    auto const logged = meeting::decode_entry(log[ack.index]);
    if (submitted->type() != logged->type() || submitted->body_bytes != logged->body_bytes) {
      return "another entry than the acknowledged one stands at index " + std::to_string(ack.index);
    }
    if (logged->signatures.size() == 1 && log[ack.index] != ack.entry) {
      return "other bytes than the acknowledged ones stand at index " + std::to_string(ack.index);
    }
  }
  return {};
}

/// Every question is decided, and its row is what people meant.
std::string World::false_result(std::vector<Bytes> const& log) {
  Record record;
  std::map<std::pair<crypto::Hash, QuestionId>, meeting::PaperRow> expected;
  std::set<QuestionId> decided;
  for (auto const& bytes : log) {
    auto const entry = meeting::decode_entry(bytes);
    if (auto const* close = std::get_if<meeting::BatchClose>(&entry->body)) {
      for (auto const& [person, leaf] : close->envelopes) {
        auto const found = meant_.find(leaf);
        if (found == meant_.end())
          return "an envelope counts that no session of person " + std::to_string(person) + " sent";
        for (auto const& [q, choice] : found->second) count(choice, expected[{close->batch_open, q}]);
      }
    }
    if (auto const* declared = std::get_if<meeting::Declaration>(&entry->body)) {
      auto const& attempt = *record.attempt();
      for (auto const& [q, row] : declared->rows) {
        if (decided.contains(q)) return "question " + std::to_string(q) + " was decided twice";
        // What hangs on ballots that nobody confirmed decides nothing.
        if (!row.contested) decided.insert(q);
        if (row.contested && attempt.overridden.empty()) {
          return "question " + std::to_string(q) + " is contested though everybody has spoken";
        }
        std::pair const key{attempt.open_hash, q};
        auto const wrong = differs(q, row, attempt.open.paper ? paper_.at(key) : expected[key]);
        if (!wrong.empty()) return wrong;
      }
    }
    if (!record.apply(bytes)) return "the log does not apply from scratch";
  }
  for (QuestionId q = 1; q <= core()->record().manifest().candidates.size(); ++q) {
    if (!decided.contains(q)) return "question " + std::to_string(q) + " was never decided";
  }
  return {};
}

/// Everybody who stayed has the same log; who left has a beginning of it.
std::string World::other_log() {
  auto const& final = core()->record();
  for (auto const& laptop : laptops_) {
    if (!laptop->session()) continue;
    auto const& own = laptop->session()->record();
    if (laptop->session()->halted()) return "laptop " + std::to_string(laptop->number()) + " has halted";
    if (own.size() > final.size() || final.tree().root(own.size()) != own.tree().root()) {
      return "laptop " + std::to_string(laptop->number()) + " has another log";
    }
  }
  return {};
}

/// The server's record and a laptop's, for an auditor who has nothing but the head hash on paper.
std::string World::false_record(store::Contents const& contents) {
  auto const& final = core()->record();
  auto const head = final.tree().root();
  if (auto const wrong = audit_record(export_store(contents), head, true); !wrong.empty())
    return "the server's record: " + wrong;
  if (seed_ % 4 != 0) return {};
  for (auto const& [id, human] : people_) {
    auto const* session = human.laptop->session();
    if (session == nullptr || session->record().size() != final.size()) continue;
    // Cosignatures that came and were overtaken while it was away it has never seen.
    auto const wrong = audit_record(human.laptop->session()->export_record(), head, false);
    if (!wrong.empty()) return "the record of person " + std::to_string(id) + ": " + wrong;
    if (dice.chance(0.5)) break;
  }
  return {};
}

// ---------------------------------------------------------------------------------------------------------- Records

Bytes export_store(store::Contents const& contents) {
  std::ostringstream out;
  server::export_record(contents, out).value();
  return to_bytes(as_bytes(out.str()));
}

std::string audit_record(ByteView const file, crypto::Hash const& anchor, bool const was_there) {
  std::istringstream in{std::string(as_text(file))};
  auto const audit = verifier::audit(in, anchor, {});
  if (audit.unusable) return "unusable: " + audit.unusable->what.in(Lang::kEn);
  for (verifier::CheckId const id : verifier::kAllChecks) {
    auto const& check = audit.check(id);
    if (check.outcome == verifier::Outcome::kHolds || (id == verifier::CheckId::kWitnesses && !was_there)) continue;
    return "check " + std::to_string(verifier::number(id)) + ": " +
           (check.failures.empty() ? "not reached" : check.failures[0].what.in(Lang::kEn));
  }
  return {};
}

}  // namespace piaojue::simulation

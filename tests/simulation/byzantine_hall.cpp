// SPDX-License-Identifier: Apache-2.0
#include "byzantine_hall.h"

#include "crypto/box.h"

namespace piaojue::simulation::byzantine {

namespace wire = server::wire;
using meeting::kServer;
using meeting::Record;

// ---- Who is who ---------------------------------------------------------------------------------------------------

namespace {

test::MeetingOptions draw_options(Dice& dice) {
  test::MeetingOptions out;
  out.experts = 7;
  out.committee_size = 7;
  out.supervisors = dice.chance(0.8) ? 1 : 2;
  auto const batches = dice.chance(0.2) ? 2 : 1;
  out.batches.clear();
  for (int i = 0; i < batches; ++i) out.batches.push_back(dice.chance(0.75) ? 1 : 2);
  auto& rules = out.rules;
  rules.pass_numerator = dice.chance(0.6) ? 2 : 1;
  rules.pass_denominator = rules.pass_numerator + 1;
  rules.pass_strict = dice.chance(0.5);
  rules.recusal_mode = static_cast<meeting::RecusalMode>(dice.between(1, 3));
  rules.abstain_allowed = dice.chance(0.5);
  rules.quorum_numerator = 1;
  rules.quorum_denominator = 2;
  rules.max_unconfirmed = static_cast<std::uint32_t>(dice.between(1, 2));
  rules.checks_allowed = dice.chance(0.8);
  rules.protest_s = 5;
  return out;
}

}  // namespace

Hall::Hall(Setup const& setup) : dice(setup.seed), deviations(dice, setup.calm), meeting(draw_options(dice)) {
  meeting.witnessed = false;
  draw();
  meeting.begin();
  logs.push_back(std::make_unique<Log>());
  auto& log = *logs.back();
  active_ = &log;
  log.milestone = meeting.record.size();
  for (PersonId p = 1; p < meeting.screen(); ++p) {
    if (corrupt.contains(p)) continue;
    auto const roles = meeting.manifest.people[p - 1].roles;
    auto laptop = std::make_unique<HonestLaptop>(p, roles, meeting.manifest.meeting_id, meeting.keys_of(p), dice);
    laptop->log = &log;
    laptop->never_votes = !setup.calm && dice.chance(0.07);
    laptop->leaves = !setup.calm && dice.chance(0.1) ? 0.04 : 0.0;
    laptop->careless = setup.calm ? 1.0 : dice.chance(0.3) ? 0.0 : dice.chance(0.5) ? 0.5 : 1.0;
    laptop->supervisors = meeting.supervisors();
    laptop->asks_for_check = dice.chance(0.3) ? 0.4 : 0.0;
    laptop->may_hold_a_slot = [this](PersonId person) { return !corrupt.contains(person); };
    laptops.emplace(p, std::move(laptop));
  }
}

/// Who belongs to the adversary: the server always, up to a third of the experts, any of the office; and all trustees
/// but one at the most.
void Hall::draw() {
  corrupt.insert(kServer);
  for (std::uint64_t n = dice.below(meeting.options.experts / 3 + 1); n > 0; --n) {
    corrupt.insert(static_cast<PersonId>(dice.between(1, meeting.options.experts)));
  }
  bool const office = dice.chance(0.6);
  std::vector<PersonId> officers = meeting.supervisors();
  officers.push_back(meeting.chair());
  officers.push_back(meeting.clerk());
  for (auto const p : officers) {
    if (office || dice.chance(0.4)) corrupt.insert(p);
  }
  auto& trustees = meeting.manifest.trustees;
  trustees = {kServer};
  std::vector<PersonId> seats = officers;
  for (PersonId p = 1; p <= meeting.options.experts; ++p) seats.push_back(p);
  dice.shuffle(seats);
  auto const k = dice.chance(0.65) ? 2U : 3U;
  for (std::size_t i = 0; trustees.size() < k; ++i) trustees.push_back(seats[i]);
  bool const any_honest = std::ranges::any_of(trustees, [&](PersonId p) { return !corrupt.contains(p); });
  if (!any_honest) corrupt.erase(trustees[dice.between(1, k - 1)]);
}

// ---- Logs ---------------------------------------------------------------------------------------------------------

void Hall::enter(Log& log) {
  if (active_ == &log) return;
  for (auto* one : {active_, &log}) {
    std::swap(meeting.record, one->record);
    std::swap(meeting.entries, one->entries);
    std::swap(meeting.experts, one->experts);
    std::swap(meeting.items, one->items);
    std::swap(meeting.salt, one->salt);
    std::swap(meeting.seen, one->seen);
    for (auto& [person, keys] : one->taken) std::swap(meeting.people.at(person), keys);
  }
  active_ = &log;
}

Log& Hall::fork(Log& log) {
  enter(log);
  auto other = std::make_unique<Log>();
  other->record = meeting.record;
  other->entries = meeting.entries;
  other->items = meeting.items;
  other->salt = meeting.salt;
  other->seen = meeting.seen;
  // Whose tokens his own people have asked for in one log they can not use in both.
  for (auto const& [person, state] : meeting.experts) {
    auto& copied = other->experts[person];
    copied.onions = state.onions;
    copied.ballots = state.ballots;
  }
  // What was taken before the halls part is taken in both.
  for (auto const& [person, keys] : log.taken) other->taken.emplace(person, copy(meeting.people.at(person)));
  other->cosigned = log.cosigned;
  other->milestone = log.milestone;
  other->blinded = log.blinded;
  other->deliveries = log.deliveries;
  other->forked_at = log.forked_at = meeting.entries.size();
  logs.push_back(std::move(other));
  return *logs.back();
}

std::vector<HonestLaptop*> Hall::shown(Log const& log) {
  std::vector<HonestLaptop*> out;
  for (auto const& [person, laptop] : laptops) {
    if (laptop->log == &log) out.push_back(laptop.get());
  }
  return out;
}

std::string Hall::note(Log const& log) const {
  auto const& record = &log == active_ ? meeting.record : log.record;
  return log::sign_checkpoint({meeting.manifest.origin(), record.size(), record.tree().root()},
                              meeting.people.at(kServer).witness);
}

Result<void> Hall::append(Log& log, meeting::Body const& body, std::vector<PersonId> const& signers,
                          ByteView const payload) {
  enter(log);
  return append(log, meeting.signed_by(body, signers), payload);
}

Result<void> Hall::append(Log& log, Bytes const& entry, ByteView const payload) {
  enter(log);
  if (auto const taken = meeting.submit_bytes(entry); !taken) return taken;
  log.quiet = 0;
  if (!payload.empty()) payloads_[log::leaf_hash(entry)] = to_bytes(payload);
  auto const known = payloads_.find(log::leaf_hash(entry));
  took_in(log, entry, known == payloads_.end() ? ByteView() : ByteView(known->second));
  return {};
}

/// Hands on what belongs to an entry.
void Hall::took_in(Log& log, Bytes const& bytes, ByteView const payload) {
  auto const entry = meeting::decode_entry(bytes).value();
  auto const index = meeting.entries.size() - 1;
  if (meeting::is_milestone(entry.body)) log.milestone = index + 1;
  auto const deliver_to = [&](PersonId person, Bytes frame) {
    log.deliveries.push_back({person, frame});
    for (auto* laptop : shown(log)) {
      if (laptop->person() == person) send(*laptop, std::move(frame));
    }
  };
  if (std::holds_alternative<meeting::BatchOpen>(entry.body)) {
    log.blinded.clear();
    log.deliveries.clear();
    meeting.experts.clear();
    meeting.items.clear();
  }
  if (auto const* request = std::get_if<meeting::TokenRequest>(&entry.body)) {
    if (payload.empty()) return;
    log.blinded[request->person] = meeting::parse_token_payload(payload).value();
    for (auto const holder : meeting.record.slots()) deliver_to(holder, wire::token_work(index, payload));
  }
  if (auto const* issued = std::get_if<meeting::TokensIssued>(&entry.body)) {
    if (payload.empty()) return;
    if (is_corrupt(log, issued->person)) {
      meeting.experts[issued->person].issued[issued->trustee] = meeting::parse_issued_payload(payload).value();
    }
    deliver_to(issued->person, wire::issued_push(index, payload));
  }
  if (auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry.body); cast != nullptr && !payload.empty()) {
    meeting.experts[cast->person].onions = meeting::parse_envelope_payload(payload).value();
  }
  if (std::holds_alternative<meeting::MixStep>(entry.body) && !payload.empty()) {
    auto mixed = meeting::parse_mix_payload(payload).value();
    meeting.items = std::move(mixed.items);
    meeting.salt = std::move(mixed.salt);
  }
}

Bytes Hall::signed_by_corrupt(meeting::Body const& body, PersonId const in_the_name_of) const {
  auto const type = meeting::type_of(body);
  auto const bytes = meeting::encode_body(body);
  return meeting::encode_entry(type, bytes,
                               {meeting::sign_body(type, bytes, in_the_name_of, meeting.people.at(kServer).identity)});
}

// ---- What several people sign -------------------------------------------------------------------------------------

bool Hall::waits(Log const& log, EntryType const type) const {
  return std::ranges::any_of(log.proposals, [&](auto const& one) { return one.second.type == type; });
}

bool Hall::propose(Log& log, meeting::Body const& body) {
  enter(log);
  auto const made = meeting::made(body);
  if (!meeting.record.check(made.entry, Record::Signatures::kPartial)) return false;
  auto const ways = meeting.record.ways_to_sign(made.entry);
  if (ways.empty()) return false;
  auto const id = meeting::proposal_id(made.entry.type(), made.entry.body_bytes);
  if (log.proposals.contains(id)) return true;
  auto const signs = [&](PersonId p) { return is_corrupt(log, p); };
  // A way in which his own people are enough, or else any.
  auto const* chosen = &ways[dice.below(ways.size())];
  for (auto const& way : ways) {
    bool const enough = std::ranges::all_of(way.each, signs) && std::ranges::all_of(way.groups, [&](auto const& group) {
                          return static_cast<std::size_t>(std::ranges::count_if(group.members, signs)) >= group.min &&
                                 std::ranges::all_of(group.must, signs);
                        });
    if (enough) chosen = &way;
  }
  Proposal next{body, made.entry.type(), made.entry.body_bytes, {}, {}, 0};
  auto const sign = [&](PersonId p) {
    next.signatures[p] = meeting::sign_body(next.type, next.body_bytes, p, meeting.people.at(p).identity).signature;
  };
  for (auto const p : chosen->each) {
    if (signs(p)) sign(p);
  }
  for (auto const& group : chosen->groups) {
    std::size_t given = 0;
    for (auto const p : group.members) {
      bool const room = given < std::max(group.min, group.must.size());
      if (signs(p) && room) {
        sign(p);
        ++given;
      }
    }
  }
  log.proposals.emplace(id, std::move(next));
  complete(log, id);
  return true;
}

/// Into the log, if its signatures are enough.
bool Hall::complete(Log& log, Hash const& id) {
  enter(log);
  auto const at = log.proposals.find(id);
  std::vector<meeting::EntrySignature> signatures;
  for (auto const& [person, signature] : at->second.signatures) signatures.push_back({person, signature});
  auto const bytes = meeting::encode_entry(at->second.type, at->second.body_bytes, std::move(signatures));
  auto const entry = meeting::decode_entry(bytes).value();
  if (!meeting.record.check(entry)) return false;
  log.proposals.erase(at);
  if (!append(log, bytes)) return false;
  for (auto* laptop : shown(log)) send(*laptop, wire::proposal_closed(id, std::nullopt));
  return true;
}

/// What can not come into the log any more is waited for no longer.
void Hall::tidy_proposals(Log& log) {
  enter(log);
  for (auto it = log.proposals.begin(); it != log.proposals.end();) {
    auto const made = meeting::made(it->second.body);
    auto const allowed = meeting.record.check(made.entry, Record::Signatures::kPartial);
    if (allowed && ++it->second.age < 12) {
      ++it;
      continue;
    }
    auto const why = allowed ? Refusal::kConflict : allowed.error();
    for (auto* laptop : shown(log)) send(*laptop, wire::proposal_closed(it->first, why));
    it = log.proposals.erase(it);
  }
}

// ---- What leaves the server ---------------------------------------------------------------------------------------

/// His own people witness what he shows, in each of his logs.
void Hall::cosign_own(Log& log) {
  enter(log);
  auto const size = meeting.record.size();
  if (log.milestone == 0 || log.cosigned.contains(size)) return;
  if (!log.cosigned.empty() && log.cosigned.rbegin()->first >= log.milestone) return;
  log::Checkpoint const checkpoint{meeting.manifest.origin(), size, meeting.record.tree().root()};
  auto& here = log.cosigned[size];
  for (auto const p : meeting.record.signed_in()) {
    if (!is_corrupt(log, p) || deviations.now(Deviation::kWithholdCosigning)) continue;
    auto const cosignature = log::cosign(checkpoint, p, 1'700'000'000 + now_ms / 1000, meeting.people.at(p).witness);
    if (meeting.seen.add(meeting.record, cosignature)) here.emplace(p, cosignature);
  }
}

void Hall::flush() {
  for (auto const& log : logs) {
    tidy_proposals(*log);
    cosign_own(*log);
  }
  for (auto const& [person, laptop] : laptops) {
    if (laptop->connected()) flush_to(*laptop);
  }
}

void Hall::flush_to(HonestLaptop& laptop) {
  auto& log = *laptop.log;
  enter(log);
  if (laptop.known < meeting.entries.size()) {
    std::vector<wire::EntryBytes> list;
    for (auto i = laptop.known; i < meeting.entries.size(); ++i) {
      list.push_back(std::make_shared<Bytes const>(meeting.entries[i]));
    }
    auto signed_note = note(log);
    if (deviations.now(Deviation::kBadCheckpoint)) {
      signed_note = log::sign_checkpoint({meeting.manifest.origin(), meeting.record.size(), crypto::sha256({*list[0]})},
                                         meeting.people.at(kServer).witness);
    }
    send(laptop, wire::log_push(laptop.known, list, signed_note));
    laptop.known = meeting.entries.size();
  }
  std::vector<log::Cosignature> fresh;
  for (auto const& [size, by_person] : log.cosigned) {
    for (auto const& [person, cosignature] : by_person) {
      if (person == laptop.person() || laptop.cosignatures_known.contains({size, person})) continue;
      if (deviations.now(Deviation::kHideCosignatures)) continue;
      laptop.cosignatures_known.insert({size, person});
      fresh.push_back(cosignature);
    }
  }
  if (!fresh.empty()) send(laptop, wire::cosignature_push(fresh));
  push_proposals(laptop);
}

void Hall::push_proposals(HonestLaptop& laptop) {
  for (auto& [id, proposal] : laptop.log->proposals) {
    auto const [at, first] = proposal.shown.try_emplace(laptop.person(), 0);
    if (!first && at->second == proposal.signatures.size()) continue;
    at->second = proposal.signatures.size();
    std::vector<meeting::EntrySignature> signatures;
    for (auto const& [person, signature] : proposal.signatures) signatures.push_back({person, signature});
    send(laptop,
         wire::proposal_push(id, meeting::encode_entry(proposal.type, proposal.body_bytes, std::move(signatures))));
  }
}

void Hall::deliver() {
  for (auto const& [person, laptop] : laptops) {
    auto& down = laptop->down;
    if (down.size() > 1 && deviations.now(Deviation::kReorder))
      std::swap(down[0], down[1 + dice.below(down.size() - 1)]);
    if (!laptop->old_frames.empty() && laptop->connected() && deviations.now(Deviation::kRepeatPush)) {
      down.push_front(dice.pick(laptop->old_frames));
    }
    while (!down.empty()) {
      auto const frame = std::move(down.front());
      down.pop_front();
      if (deviations.now(Deviation::kDropPush)) continue;
      if (deviations.allowed(Deviation::kRepeatPush) && dice.chance(0.2)) laptop->old_frames.push_back(frame);
      laptop->receive(frame);
      if (dice.chance(0.02)) break;  // the rest is on its way
    }
  }
}

}  // namespace piaojue::simulation::byzantine

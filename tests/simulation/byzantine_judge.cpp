// SPDX-License-Identifier: Apache-2.0
#include "byzantine_judge.h"

#include <sstream>

#include "protocol/meeting/digest.h"
#include "protocol/meeting/payload.h"
#include "simulation/world.h"
#include "verifier/audit.h"

namespace piaojue::simulation::byzantine {

namespace wire = server::wire;
using meeting::ConfirmVerdict;

// ---- Stories ------------------------------------------------------------------------------------------------------

bool Story::recused(PersonId person, QuestionId q) const {
  return std::ranges::any_of(open.recusals, [&](auto const& one) { return one.person == person && one.question == q; });
}

std::vector<QuestionId> Story::live() const {
  std::vector<QuestionId> out;
  std::ranges::copy_if(open.questions, std::back_inserter(out), [&](QuestionId q) { return !voided.contains(q); });
  return out;
}

bool Story::entitled(PersonId person, QuestionId q) const {
  return std::ranges::find(open.present, person) != open.present.end() && !recused(person, q);
}

std::optional<ConfirmVerdict> Story::said(PersonId person, QuestionId q) const {
  if (auto const at = confirms.find(person); at != confirms.end()) {
    auto const row = at->second.find(q);
    return row == at->second.end() ? std::nullopt : std::optional(row->second);
  }
  auto const left = signed_out.find(person);
  if (left != signed_out.end() && left->second && !counted.contains(person)) return ConfirmVerdict::kNotCast;
  return std::nullopt;
}

namespace {

/// Takes in one entry after the other.
class Reader {
 public:
  std::vector<Story> stories;

  void take(Bytes const& bytes, std::uint64_t index) {
    auto const entry = meeting::decode_entry(bytes);
    if (!entry) return;
    index_ = index;
    leaf_ = log::leaf_hash(bytes);
    std::visit([&](auto const& body) { take(body); }, entry->body);
  }

 private:
  template <class E>
  void take(E const&) {}
  void take(meeting::Manifest const& e) { manifest_ = e; }
  void take(meeting::SignIn const& e) { present_.insert(e.person); }
  void take(meeting::SignOut const& e) {
    present_.erase(e.person);
    if (stories.empty() || !e.reason.empty()) return;
    auto& story = stories.back();
    story.leavers.insert(e.person);
    if (e.batch_open == story.open_hash) story.signed_out[e.person] = e.not_cast;
  }
  void take(meeting::KeyChange const& e) { rekeyed_.insert(e.person); }
  void take(meeting::BatchOpen const& e) {
    Story story;
    story.open = e;
    story.open_hash = leaf_;
    story.open_index = index_;
    story.rekeyed = rekeyed_;
    for (auto const p : present_) {
      if ((manifest_.people.at(p - 1).roles & meeting::kScreen) == 0) story.witnesses.insert(p);
    }
    stories.push_back(std::move(story));
  }
  void take(meeting::EnvelopeSpoil const& e) { ++stories.back().casts[e.person]; }
  void take(meeting::BatchClose const& e) {
    for (auto const& [person, leaf] : e.envelopes) stories.back().counted.insert(person);
  }
  void take(meeting::BallotBox const& e) {
    stories.back().box = e;
    stories.back().box_hash = leaf_;
    stories.back().box_index = index_;
  }
  void take(meeting::Confirm const& e) { stories.back().confirms[e.person] = e.rows; }
  void take(meeting::Override const& e) {
    for (auto const& [person, missing] : e.people) stories.back().overridden[person] = missing;
  }
  void take(meeting::Void const& e) {
    auto& story = stories.back();
    if (e.questions.empty()) story.voided.insert(story.open.questions.begin(), story.open.questions.end());
    story.voided.insert(e.questions.begin(), e.questions.end());
  }
  void take(meeting::TallyShare const& e) { stories.back().shares.insert(e.trustee); }
  void take(meeting::Declaration const& e) { stories.back().declared = e; }

  meeting::Manifest manifest_;
  std::set<PersonId> present_, rekeyed_;
  std::uint64_t index_ = 0;
  Hash leaf_;
};

}  // namespace

std::vector<Story> read_stories(std::vector<Bytes> const& entries, std::uint64_t const size) {
  Reader reader;
  for (std::uint64_t i = 0; i < size; ++i) reader.take(entries[i], i);
  return std::move(reader.stories);
}

// ---- What honest programs send ------------------------------------------------------------------------------------

Judge::Judge(Hall& hall) : hall_(hall) {
  hall_.wrong = [this](std::string what) { say(std::move(what)); };
  for (auto const& [person, laptop] : hall_.laptops) {
    laptop->on_request = [this, laptop = laptop.get()](Request const& request) { watch(*laptop, request); };
  }
}

void Judge::once(std::string const& what, Hash const& digest) {
  auto const [at, fresh] = once_.try_emplace(what, digest);
  if (!fresh && at->second != digest) say("signed twice: " + what);
}

void Judge::watch(HonestLaptop const& laptop, Request const& request) {
  auto const* submit = std::get_if<wire::Submit>(&request.what);
  if (submit == nullptr) return;
  auto const entry = meeting::decode_entry(submit->entry);
  if (!entry) return say("an honest program submitted what does not decode");
  auto const who = "person " + std::to_string(laptop.person()) + ", ";
  auto const in = [](Hash const& open, std::uint32_t cast) { return to_hex(open.view()) + "/" + std::to_string(cast); };
  if (auto const* e = std::get_if<meeting::TokenRequest>(&entry->body)) {
    token_request(laptop, *e);
  } else if (auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry->body)) {
    once(who + "EnvelopeCast " + in(cast->batch_open, cast->cast), cast->digest);
  } else if (auto const* issued = std::get_if<meeting::TokensIssued>(&entry->body)) {
    once(who + "TokensIssued to " + std::to_string(issued->person) + " " + in(issued->batch_open, issued->cast),
         issued->digest);
  } else if (auto const* mixed = std::get_if<meeting::MixStep>(&entry->body)) {
    mix_step(laptop, *mixed, submit->payload);
  } else if (auto const* given = std::get_if<meeting::TallyShare>(&entry->body)) {
    share(laptop, *given);
  } else if (auto const* left = std::get_if<meeting::SignOut>(&entry->body); left != nullptr && left->not_cast) {
    own_word(laptop, *left->batch_open);
  } else if (auto const* confirm = std::get_if<meeting::Confirm>(&entry->body)) {
    bool const not_cast =
        std::ranges::any_of(confirm->rows, [](auto const& one) { return one.second == ConfirmVerdict::kNotCast; });
    if (not_cast) own_word(laptop, confirm->batch_open);
  }
}

/// By question: with a question voided meanwhile the same mix is handed out once more without it.
void Judge::mix_step(HonestLaptop const& laptop, meeting::MixStep const& mixed, ByteView payload) {
  auto const output = meeting::parse_mix_payload(payload);
  if (!output) return say("an honest program handed out a mix that does not decode");
  auto const who = "person " + std::to_string(laptop.person()) + ", MixStep " + to_hex(mixed.batch_open.view()) + "/" +
                   std::to_string(mixed.trustee) + ", question ";
  for (auto const& [q, items] : output->items) {
    once(who + std::to_string(q),
         meeting::mix_output_hash(mixed.batch_open, mixed.trustee, output->salt, {{q, items}}));
  }
}

/// A laptop that has lost what it kept, and whose half nobody gives back, asks anew as long as its log holds no
/// request: of two that it has signed only one fits into a log. With one in the log there is no second.
void Judge::token_request(HonestLaptop const& laptop, meeting::TokenRequest const& asked) {
  auto const& attempt = laptop.record().attempt();
  if (!attempt || attempt->open_hash != asked.batch_open) return;
  auto const* const voter = attempt->voter(laptop.person());
  if (voter != nullptr && voter->request && voter->request->cast == asked.cast &&
      voter->request->digest != asked.digest) {
    say("person " + std::to_string(laptop.person()) + " asked twice for tokens");
  }
}

void Judge::own_word(HonestLaptop const& laptop, Hash const& open) {
  bool const sent = std::ranges::any_of(laptop.sent, [&](auto const& cast) { return cast.first == open; });
  if (sent || !laptop.declined.contains(open)) {
    say("NOT_CAST in the name of person " + std::to_string(laptop.person()) + ", who never said so");
  }
}

void Judge::share(HonestLaptop const& laptop, meeting::TallyShare const& given) {
  ++shares;
  auto const who = "share of person " + std::to_string(laptop.person());
  auto& log = *laptop.log;
  // Its own log, which must be a beginning of one of those that there are; the requests are read while it is active or
  // not.
  std::vector<Bytes> const& entries = hall_.entries_of(log);
  auto const size = laptop.record().size();
  if (size > entries.size()) return say(who + ": a log that nobody has");
  auto const stories = read_stories(entries, size);
  if (stories.empty() || stories.back().open_hash != given.batch_open) return say(who + ": no such attempt");
  auto const& story = stories.back();
  if (!story.box || story.box_hash != given.box) return say(who + ": another box");
  if (given.trustee != 0 && !story.shares.contains(0)) say(who + ": before trustee 0's");
  std::map<PersonId, bool> missing;
  for (auto const p : story.open.present) {
    for (auto const q : story.live()) {
      missing[p] |= story.entitled(p, q) && story.said(p, q) == ConfirmVerdict::kMissing;
    }
  }
  for (auto const q : story.live()) {
    auto const name = who + ", question " + std::to_string(q);
    if (!given.shares.contains(q)) continue;
    auto const [at, fresh] = opened_.try_emplace({laptop.person(), q}, given.box);
    if (!fresh && at->second != given.box) say(name + ": a second box");
    if (story.box->boxes.at(q).ballots.size() < meeting::kBallotsMin) say(name + ": too few ballots");
    for (auto const p : story.open.present) {
      if (!story.entitled(p, q)) continue;
      auto const word = story.said(p, q);
      bool const spoken = word == ConfirmVerdict::kOk || word == ConfirmVerdict::kNotCast;
      auto const named = story.overridden.find(p);
      bool const covered = named != story.overridden.end() && named->second == missing[p];
      if (!spoken && !covered) say(name + ": without the word of person " + std::to_string(p));
    }
  }
  witnessed(laptop, story);
}

/// The least that must be true: were everybody of the adversary's a witness of this box, and everybody gone who has
/// signed himself out without having cosigned it, the honest ones who have, in this very log, make up two thirds with
/// them.
void Judge::witnessed(HonestLaptop const& laptop, Story const& story) {
  auto const& log = *laptop.log;
  std::size_t all = 0, have = 0, experts = 0, have_experts = 0;
  for (auto const p : story.witnesses) {
    bool const expert = (hall_.meeting.manifest.people.at(p - 1).roles & meeting::kExpert) != 0;
    bool seen = hall_.is_corrupt(log, p);
    if (auto const at = hall_.laptops.find(p); at != hall_.laptops.end()) {
      for (auto const& [size, root] : at->second->cosigned) {
        seen |= size > story.box_index && size <= laptop.record().size() && root == laptop.record().tree().root(size);
      }
    }
    if (!seen && story.leavers.contains(p)) continue;
    ++all;
    have += seen ? 1 : 0;
    experts += expert ? 1 : 0;
    have_experts += expert && seen ? 1 : 0;
  }
  if (have < 2 * all / 3 + 1 || have_experts < 2 * experts / 3 + 1) {
    say("share of person " + std::to_string(laptop.person()) + ": the box is not witnessed");
  }
}

// ---- Records ------------------------------------------------------------------------------------------------------

bool Judge::honest(Log const& log, Story const& story, PersonId person) const {
  bool const taken = story.rekeyed.contains(person) && log.taken.contains(person);
  return hall_.laptops.contains(person) && !taken;
}

void Judge::records(bool const must_verify) {
  for (auto const& log : hall_.logs) record(*log, must_verify);
  for (auto const& [person, laptop] : hall_.laptops) {
    if (!laptop->fatal.empty()) say("person " + std::to_string(person) + ": " + laptop->fatal);
    if (must_verify && laptop->session().halted()) say("person " + std::to_string(person) + " has stopped");
  }
}

void Judge::record(Log& log, bool const must_verify) {
  hall_.enter(log);
  std::vector<meeting::RecordItem> items;
  for (std::size_t i = 0; i < hall_.meeting.entries.size(); ++i) {
    items.emplace_back(hall_.meeting.entries[i]);
    auto const at = log.cosigned.find(i + 1);
    bool const last = i + 1 == hall_.meeting.entries.size();
    if (at == log.cosigned.end() && !last) continue;
    items.emplace_back(
        log::sign_checkpoint({hall_.meeting.manifest.origin(), i + 1, hall_.meeting.record.tree().root(i + 1)},
                             hall_.meeting.people.at(meeting::kServer).witness));
    if (at == log.cosigned.end()) continue;
    for (auto const& [person, cosignature] : at->second) items.emplace_back(cosignature);
  }
  auto const file = test::write_items(items);
  auto const head = hall_.meeting.record.tree().root();
  std::istringstream in(file);
  auto const audit = verifier::audit(in, head, {});
  if (!audit.verified()) {
    if (must_verify) say("a calm meeting does not verify: " + audit_record(as_bytes(file), head, true));
    return;
  }
  ++verified;
  auto const stories = read_stories(hall_.meeting.entries, hall_.meeting.entries.size());
  std::size_t declared = 0;
  for (auto const& story : stories) {
    if (!story.declared || story.open.paper) continue;
    for (auto const& [q, one] : story.declared->rows) {
      row(log, story, q, one);
      ++declared;
    }
  }
  // A gate may be kept shut each time by somebody who did not vote and says that he did not mean that, and by somebody
  // whose request for a check came too late for the log: whoever has it could spoil the envelope still.
  bool kept_shut = false;
  for (auto const& story : stories) {
    for (auto const& [person, words] : story.confirms) {
      bool const missing =
          std::ranges::any_of(words, [](auto const& row) { return row.second == ConfirmVerdict::kMissing; });
      if (!missing) continue;
      if (!story.counted.contains(person) || handed_too_late(story, person)) {
        kept_shut = true;
      } else if (must_verify && hall_.laptops.contains(person)) {
        say("person " + std::to_string(person) + " says MISSING in a calm meeting");
      }
    }
  }
  bool const is_closed = hall_.meeting.record.phase() == meeting::MeetingPhase::kClosed;
  if (must_verify && ((declared == 0 && !kept_shut) || !is_closed)) {
    say("a calm meeting came to no result");
  }
  if (hall_.deviations.now(Deviation::kTamperedRecord)) tamper(file, head);
}

/// A Spoil of the envelope that counts has left this person's program.
bool Judge::handed_too_late(Story const& story, PersonId const person) const {
  auto const laptop = hall_.laptops.find(person);
  return laptop != hall_.laptops.end() && laptop->second->handed.contains(current(story, person));
}

HonestLaptop::Cast Judge::current(Story const& story, PersonId const person) {
  auto const casts = story.casts.find(person);
  return {story.open_hash, casts == story.casts.end() ? 0 : casts->second};
}

/// Of this person's current ballot; nothing: his program has sent none.
std::optional<Choice> Judge::meant(Story const& story, PersonId const person, QuestionId const q) const {
  auto const which = current(story, person);
  auto const& laptop = *hall_.laptops.at(person);
  if (!laptop.sent.contains(which)) return std::nullopt;
  return laptop.meant().at(which).at(q);
}

void Judge::row(Log const& log, Story const& story, QuestionId const q, meeting::Row const& one) {
  ++rows;
  contested += one.contested ? 1 : 0;
  auto const name = "question " + std::to_string(q);
  // Two of them say the same.
  auto const [at, fresh] = declared_.try_emplace(q, story.box_hash, one);
  if (!fresh && at->second.first != story.box_hash && !at->second.second.contested && !one.contested) {
    say(name + ": two records verify and open two boxes");
  }
  for (auto const p : story.open.present) {
    if (!story.entitled(p, q) || !honest(log, story, p)) continue;
    auto const who = name + ": person " + std::to_string(p);
    auto const word = story.said(p, q);
    bool const named = story.overridden.contains(p);
    auto const& laptop = *hall_.laptops.at(p);
    bool const sent = std::ranges::any_of(laptop.sent, [&](auto const& c) { return c.first == story.open_hash; });
    if (word == ConfirmVerdict::kNotCast) {
      if (sent) say(who + " has sent an envelope, and the record says NOT_CAST");
      continue;
    }
    if (word == ConfirmVerdict::kOk) {
      ++counted;
      if (!laptop.acknowledged.contains(current(story, p)))
        say(who + " said OK of an envelope that his log never held");
      continue;
    }
    ++marked;
    if (!named) say(who + " is not counted, and the record does not say so");
  }
  sums(log, story, q, one);
  if (!one.contested) decision(log, story, q, one);
}

/// The adversary's own ballots taken away, what is left are honest ones: those who said OK, and at most as many others.
void Judge::sums(Log const& log, Story const& story, QuestionId const q, meeting::Row const& one) {
  auto const& ballots = story.box->boxes.at(q).ballots;
  std::size_t agree = 0, disagree = 0, others = 0, ok = 0, ok_agree = 0, ok_disagree = 0;
  for (auto const& ballot : ballots) {
    auto const own = hall_.ballots.find(ballot);
    if (own == hall_.ballots.end()) {
      ++others;
    } else {
      agree += own->second == Choice::kAgree ? 1 : 0;
      disagree += own->second == Choice::kDisagree ? 1 : 0;
    }
  }
  for (auto const p : story.open.present) {
    if (!story.entitled(p, q) || !honest(log, story, p) || story.said(p, q) != ConfirmVerdict::kOk) continue;
    auto const choice = meant(story, p, q);
    if (!choice) return say("question " + std::to_string(q) + ": OK of an envelope that was never sent");
    ++ok;
    ok_agree += *choice == Choice::kAgree ? 1 : 0;
    ok_disagree += *choice == Choice::kDisagree ? 1 : 0;
  }
  auto const name = "question " + std::to_string(q);
  if (others < ok) return say(name + ": fewer ballots than people who found theirs");
  auto const extra = others - ok;
  auto const fits = [&](std::size_t declared, std::size_t own, std::size_t meant_by_ok) {
    return declared >= own + meant_by_ok && declared <= own + meant_by_ok + extra;
  };
  if (!fits(one.agree, agree, ok_agree) || !fits(one.disagree, disagree, ok_disagree)) {
    say(name + ": counted otherwise than meant: " + std::to_string(one.agree) + "/" + std::to_string(one.disagree) +
        ", of honest people " + std::to_string(ok_agree) + "/" + std::to_string(ok_disagree) + ", of others " +
        std::to_string(agree) + "/" + std::to_string(disagree) + ", unconfirmed " + std::to_string(extra));
  }
}

/// Some votes of the dishonest, and of those who never came to vote, must lead to what was declared.
void Judge::decision(Log const& log, Story const& story, QuestionId const q, meeting::Row const& one) {
  std::uint32_t least = 0, free = 0;
  for (auto const p : story.open.present) {
    if (!story.entitled(p, q) || story.said(p, q) == ConfirmVerdict::kNotCast) continue;
    auto const choice = honest(log, story, p) ? meant(story, p, q) : std::nullopt;
    if (!choice) {
      ++free;
    } else if (*choice == Choice::kAgree) {
      ++least;
    }
  }
  bool const can_pass = least + free >= one.needed, can_fail = least < one.needed;
  if (one.passed ? !can_pass : !can_fail) {
    say("question " + std::to_string(q) + ": declared " + (one.passed ? "passed" : "not passed") + " with " +
        std::to_string(one.agree) + ", but honest people meant " + std::to_string(least) + " and " +
        std::to_string(free) + " are open, needed " + std::to_string(one.needed) + ", and it is not contested");
  }
}

/// One byte of the file is another one: under the same head nothing of it verifies.
void Judge::tamper(std::string const& file, Hash const& anchor) {
  auto changed = file;
  auto const at = hall_.dice.below(changed.size());
  changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << hall_.dice.below(8)));
  std::istringstream in(changed);
  if (verifier::audit(in, anchor, {}).verified())
    say("a record with another byte at " + std::to_string(at) + " verifies");
}

}  // namespace piaojue::simulation::byzantine

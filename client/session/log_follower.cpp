// SPDX-License-Identifier: Apache-2.0
#include "client/session/log_follower.h"

#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

constexpr std::string_view kSplitName = "evidence/split";

}  // namespace

LogFollower::LogFollower(Profile const& profile, Keys const& keys, SessionLimits const& limits, Clock const& clock,
                         Keeper& keeper, Requests& requests, Events& events, LogListener& listener)
    : profile_(profile),
      me_(profile.person),
      keys_(keys),
      limits_(limits),
      clock_(clock),
      keeper_(keeper),
      requests_(requests),
      events_(events),
      listener_(listener) {
  requests_.check_by(
      [this](std::uint64_t index, Requests::Expected const& expected) { return is_logged(index, expected); });
}

bool LogFollower::current() const {
  return opened() && record().identity_key(me_) == keys_.identity.public_key() &&
         record().witness_key(me_) == keys_.witness.public_key() && record().box_key(me_) == keys_.box.public_key();
}

// ==================================================================================================== At the start

Result<void> LogFollower::replay(std::vector<JournalRecord> const& journal) {
  if (auto const loaded = log_.load(journal); !loaded) return loaded.error();
  requests_.logged(record().size());
  for (std::uint64_t i = 0; i < record().size(); ++i) {
    auto const entry = meeting::decode_entry(log_.entries[i]);
    if (!entry) return Refusal::kLogInconsistent;
    took_in(*entry, i, true);
  }
  // KeyChange of this person in the middle of the journal resets what is owed, so this comes after.
  for (auto const& [size, by_person] : log_.cosignatures) {
    auto const own = by_person.find(me_);
    if (own != by_person.end() && current()) cosigned_size_ = size;
  }
  return {};
}

Result<void> LogFollower::load_evidence() {
  auto const evidence = keeper_.load(std::string(kSplitName));
  if (!evidence) return Refusal::kStorage;
  if (!*evidence) return {};
  halted_ = Refusal::kLogInconsistent;
  boost::system::error_code error;
  auto const parsed = boost::json::parse(as_text(**evidence), error);
  auto out = facts::event("split");
  if (!error && parsed.is_object()) {
    facts::add(out, parsed.get_object());
    auto const* const code = out.if_contains("code");
    if (code && code->is_string() && std::string_view(code->get_string()) == piaojue::name(Refusal::kLogSplit)) {
      halted_ = Refusal::kLogSplit;
    }
  }
  out["message"] = events_.say(*halted_);
  out["evidence"] = kSplitName;
  events_.emit(out);
  requests_.close(*halted_);
  return {};
}

// ==================================================================================================== Contradictions

void LogFollower::halt(Refusal code, Sentence const& detail, std::string const& theirs, std::string const& ours) {
  if (halted_) return;
  halted_ = code;
  facts::object evidence;
  evidence["code"] = piaojue::name(code);
  evidence["detail"] = events_.say(detail);
  evidence["size"] = record().size();
  if (opened()) evidence["root"] = to_hex(record().tree().root().view());
  evidence["server_says"] = theirs;
  evidence["held_before"] = ours;
  keeper_.flush();
  // Kept for the auditor, and so that a restart does not begin to trust again.
  keeper_.save(std::string(kSplitName), as_bytes(boost::json::serialize(evidence)));
  auto out = facts::event("split");
  facts::add(out, std::move(evidence));
  out["message"] = events_.say(code);
  out["evidence"] = kSplitName;
  events_.emit(out);
  requests_.close(code);
  listener_.halted();
}

void LogFollower::take_welcome(wire::Welcome const& welcome) {
  if (welcome.meeting_id != profile_.meeting_id || welcome.person != me_) return requests_.give_up();
  if (welcome.size < record().size()) {
    return halt(Refusal::kLogInconsistent,
                {text::kSplitServerShorter, {{"theirs", welcome.size}, {"ours", record().size()}}});
  }
  suggested_ = welcome.suggested;
  announced_title_ = welcome.title;
  announced_date_ = welcome.date;
  if (!requests_.take_welcome(welcome.size)) return;
  auto out = facts::event("connected");
  out["person"] = me_;
  out["name"] = profile_.name;
  out["roles"] = welcome.roles;
  events_.emit(out);
}

void LogFollower::take_hello_refused(Refusal code) {
  if (code == Refusal::kLogInconsistent) return halt(code, text::kSplitHelloRefused);
  requests_.give_up();
}

// ==================================================================================================== Entries

void LogFollower::take_log(wire::Log const& push) {
  // Something is missing between: ask again from what is known.
  if (push.first_index > record().size()) return say_hello();
  for (std::size_t i = 0; i < push.entries.size(); ++i) {
    auto const index = push.first_index + i;
    if (index < record().size()) {
      if (push.entries[i] == log_.entries[index]) continue;
      return halt(Refusal::kLogInconsistent, {text::kSplitOtherEntry, {{"index", index}}}, push.checkpoint,
                  newest_note());
    }
    if (!take_entry(push.entries[i])) return;
  }
  if (!push.checkpoint.empty()) take_note(push.checkpoint);
}

bool LogFollower::take_entry(Bytes const& bytes) {
  auto const index = record().size();
  auto const entry = meeting::decode_entry(bytes);
  Result<void> taken;
  if (!entry) {
    taken = entry.error();
  } else if (auto const* opening = std::get_if<meeting::Manifest>(&entry->body);
             index == 0 && opening != nullptr && opening->meeting_id != profile_.meeting_id) {
    taken = Refusal::kUnknown;
  } else {
    taken = log_.append(*entry, bytes);
  }
  if (!taken) {
    halt(Refusal::kLogInconsistent,
         {text::kSplitEntryRefused, {{"index", index}, {"refusal", piaojue::name(taken.error())}}},
         entry ? std::string(meeting::name(entry->type())) : std::string());
    return false;
  }
  keeper_.append({JournalRecord::Kind::kEntry, bytes});
  took_in(*entry, index, false);
  return !halted_;
}

void LogFollower::took_in(meeting::Entry const& entry, std::uint64_t index, bool again) {
  ++heard_;
  if (meeting::is_milestone(entry.body)) milestone_size_ = index + 1;
  // A laptop that has just become this person's owes the cosignature that the old one can not give any more.
  auto const* change = std::get_if<meeting::KeyChange>(&entry.body);
  if (change != nullptr && change->person == me_ && current()) cosigned_size_ = 0;
  listener_.took_in(entry, index, again);
  if (!again) requests_.logged(index + 1);
}

/// A server that says "accepted" and points at something else would have this person believe that his vote, or his
/// MISSING, is there.
bool LogFollower::is_logged(std::uint64_t index, Requests::Expected const& expected) {
  auto const entry = meeting::decode_entry(log_.entries.at(index));
  bool const same = entry && meeting::proposal_id(entry->type(), entry->body_bytes) == expected.proposal;
  bool const mine = same && std::ranges::count(entry->signatures, me_, &meeting::EntrySignature::signer) != 0;
  if (same && (mine || !expected.signed_here)) return true;
  halt(Refusal::kLogInconsistent, {text::kSplitAcceptedOther, {{"index", index}}},
       entry ? std::string(meeting::name(entry->type())) : std::string());
  return false;
}

// ==================================================================================================== Checkpoints

void LogFollower::take_note(std::string const& note) {
  if (!opened()) return requests_.give_up();
  auto const& manifest = record().manifest();
  auto const opened_note = log::open_checkpoint(note, manifest.origin(), manifest.checkpoint_key);
  if (!opened_note) {
    // Proves nothing against anybody; whoever is at the other end is not our server in order.
    facts::object more;
    more["code"] = piaojue::name(opened_note.error());
    events_.warn("bad-checkpoint", std::move(more));
    bad_checkpoint_ = opened_note.error();
    return requests_.give_up();
  }
  bad_checkpoint_.reset();
  auto const size = opened_note->size;
  // Entries were kept back; the next Hello asks for them.
  if (size > record().size()) return requests_.give_up();
  if (opened_note->root != record().tree().root(size)) {
    if (auto const same = log_.notes.find(size); same != log_.notes.end()) {
      return halt(Refusal::kLogSplit, {text::kSplitTwoCheckpoints, {{"size", size}}}, note, same->second);
    }
    return halt(Refusal::kLogInconsistent, {text::kSplitOtherTree, {{"size", size}}}, note, newest_note());
  }
  if (size < record().size()) {
    return halt(Refusal::kLogInconsistent, {text::kSplitGoneBack, {{"size", size}, {"ours", record().size()}}}, note,
                newest_note());
  }
  if (log_.notes.emplace(size, note).second) {
    keeper_.append({JournalRecord::Kind::kCheckpoint, to_bytes(as_bytes(note))});
  }
}

// ==================================================================================================== Cosignatures

void LogFollower::take_cosignatures(std::vector<log::Cosignature> const& list) {
  for (auto const& cosignature : list) {
    if (halted_) return;
    if (cosignature.tree_size > record().size()) {
      if (early_cosignatures_.size() >= limits_.held_pushes_max) early_cosignatures_.pop_front();
      early_cosignatures_.push_back(cosignature);
      continue;
    }
    take_cosignature(cosignature);
  }
}

bool LogFollower::take_cosignature(log::Cosignature const& cosignature) {
  auto const known = log_.cosignatures.find(cosignature.tree_size);
  if (known != log_.cosignatures.end() && known->second.contains(cosignature.person)) return true;
  auto const added = log_.add(cosignature);
  if (added) {
    ++heard_;
    keeper_.append({JournalRecord::Kind::kCosignature, meeting::encode_cosignature(cosignature)});
    return true;
  }
  // Signed by a witness of this meeting, over another tree: somebody in this hall is shown another log.
  if (added.error() == Refusal::kLogInconsistent) {
    halt(Refusal::kLogSplit,
         {text::kSplitCosignedOther, {{"person", cosignature.person}, {"size", cosignature.tree_size}}},
         to_hex(meeting::encode_cosignature(cosignature)), newest_note());
  }
  return false;
}

void LogFollower::cosign() {
  bool const screen = opened() && record().has_role(me_, meeting::kScreen);
  if (halted_ || keeper_.failed() || !current() || screen || milestone_size_ == 0) return;
  // Before a larger one takes its place, and it needs no clock: this program acts on it as others do on theirs.
  send_own();
  if (clock_.posix_s == 0 || cosigned_size_ >= milestone_size_) return;
  auto const size = log_.noted_size();
  if (size < milestone_size_) return;  // its checkpoint has not come yet
  log::Checkpoint const checkpoint{record().manifest().origin(), size, record().tree().root(size)};
  if (!take_cosignature(log::cosign(checkpoint, me_, clock_.posix_s, keys_.witness))) return;
  cosigned_size_ = size;
  cosign_sent_ = false;
  send_own();
}

/// After a restart the one in the journal is sent again: it may never have arrived.
void LogFollower::send_own() {
  if (cosign_sent_ || cosigned_size_ == 0) return;
  auto const& own = log_.cosignatures.at(cosigned_size_).at(me_);
  cosign_sent_ = requests_.ask([&](std::uint64_t id) { return wire::cosign(id, own); }, {});
}

void LogFollower::act() {
  if (!early_cosignatures_.empty()) {
    auto const waiting = std::exchange(early_cosignatures_, {});
    take_cosignatures({waiting.begin(), waiting.end()});
  }
  cosign();
}

}  // namespace piaojue::client

// SPDX-License-Identifier: Apache-2.0
#include "client/session/facts.h"

#include "base/bilingual.h"
#include "protocol/meeting/enrolment.h"
#include "strings/audit.h"
#include "strings/client.h"
#include "strings/server.h"

namespace piaojue::client::facts {

using meeting::MeetingPhase;
namespace words = strings::client;

object event(std::string_view name) {
  object out;
  out["event"] = name;
  return out;
}

void add(object& out, object more) {
  for (auto& member : more) out[member.key()] = std::move(member.value());
}

std::string members(object const& from) {
  auto text = boost::json::serialize(from);
  return text.substr(1, text.size() - 2);
}

boost::json::value online_or_null(Online::Is is) {
  if (is == Online::Is::kUnknown) return nullptr;
  return is == Online::Is::kHere;
}

boost::json::value code_or_null(std::optional<Refusal> const& code) {
  if (!code) return nullptr;
  return boost::json::string(piaojue::name(*code));
}

std::string comma_list(std::vector<std::uint32_t> const& numbers) {
  std::string out;
  for (auto const number : numbers) out += (out.empty() ? "" : ",") + std::to_string(number);
  return out;
}

array said(meeting::Confirm const& confirm, meeting::ConfirmVerdict verdict) {
  array out;
  for (auto const& [q, word] : confirm.rows) {
    if (word == verdict) out.emplace_back(q);
  }
  return out;
}

array overridden(std::map<PersonId, bool> const& people) {
  array out;
  for (auto const& [p, missing] : people) {
    object one;
    one["person"] = p;
    one["missing"] = missing;
    out.push_back(std::move(one));
  }
  return out;
}

boost::json::value verdict_or_null(std::optional<meeting::CheckVerdict> const& verdict) {
  if (!verdict) return nullptr;
  switch (*verdict) {
    case meeting::CheckVerdict::kAgrees:
      return "agrees";
    case meeting::CheckVerdict::kDiffers:
      return "differs";
    case meeting::CheckVerdict::kUnopened:
      break;
  }
  return "unopened";
}

std::optional<std::string> device_code(meeting::Manifest const& manifest, PersonId person) {
  if (person == meeting::kServer || person > manifest.people.size()) return std::nullopt;
  auto const& from = manifest.people[person - 1];
  if (!from.identity_key || !from.witness_key || !from.box_key) return std::nullopt;
  return meeting::device_code(manifest.meeting_id, person, {*from.identity_key, *from.witness_key, *from.box_key});
}

std::string name_of(Record const& record, PersonId id) {
  if (id == meeting::kServer) return "server";
  if (record.phase() == MeetingPhase::kBeforeOpen) return {};
  auto const& list = record.manifest().people;
  return id <= list.size() ? list[id - 1].name : std::string();
}

object person(Record const& record, PersonId id) {
  object out;
  out["person"] = id;
  out["name"] = name_of(record, id);
  return out;
}

array people(Record const& record, std::vector<PersonId> const& ids) {
  array out;
  for (PersonId const id : ids) out.push_back(person(record, id));
  return out;
}

std::string row_text(meeting::Row const& row, Lang lang) {
  namespace text = strings::audit;
  auto const& outcome = row.contested ? text::kContested : row.passed ? text::kPassed : text::kNotPassed;
  return Sentence(text::kSummary,
                  {{"present", row.present}, {"needed", row.needed}, {"agree", row.agree}, {"outcome", outcome}})
      .in(lang);
}

object row(Record const& record, QuestionId q, meeting::Row const& row, Lang lang) {
  object out;
  out["question"] = q;
  auto const& candidates = record.manifest().candidates;
  out["name"] = q >= 1 && q <= candidates.size() ? candidates[q - 1].name : std::string();
  out["present"] = row.present;
  out["agree"] = row.agree;
  out["disagree"] = row.disagree;
  out["abstain"] = row.abstain;
  out["invalid"] = row.invalid;
  out["not_cast"] = row.not_cast;
  out["recused"] = row.recused;
  out["needed"] = row.needed;
  out["passed"] = row.passed;
  out["contested"] = row.contested;
  out["mode_sensitive"] = row.mode_sensitive;
  out["text"] = row_text(row, lang);
  return out;
}

object rules(meeting::Rules const& rules) {
  object rule;
  rule["pass"] = std::to_string(rules.pass_numerator) + "/" + std::to_string(rules.pass_denominator);
  rule["strict"] = rules.pass_strict;
  rule["quorum"] = std::to_string(rules.quorum_numerator) + "/" + std::to_string(rules.quorum_denominator);
  rule["recusal_mode"] = rules.recusal_mode == meeting::RecusalMode::kInclude   ? "include"
                         : rules.recusal_mode == meeting::RecusalMode::kExclude ? "exclude"
                                                                                : "leave";
  rule["abstain_allowed"] = rules.abstain_allowed;
  rule["modulus_bits"] = rules.modulus_bits;
  rule["max_unconfirmed"] = rules.max_unconfirmed;
  rule["checks_allowed"] = rules.checks_allowed;
  rule["protest_s"] = rules.protest_s;
  return rule;
}

array batches(meeting::Manifest const& manifest) {
  array out;
  for (meeting::BatchId b = 1; b <= manifest.batches.size(); ++b) {
    object one;
    one["batch"] = b;
    one["title"] = manifest.batches[b - 1].title;
    one["questions"] = numbers(manifest.batches[b - 1].candidates);
    out.push_back(std::move(one));
  }
  return out;
}

std::optional<std::vector<PersonId>> unconfirmed(Record const& record) {
  if (!record.in_progress() || record.attempt()->phase != meeting::BatchPhase::kConfirming) return std::nullopt;
  return record.attempt()->unconfirmed();
}

std::vector<object> row_warnings(Record const& record) {
  std::vector<object> out;
  for (auto const& [q, row] : record.attempt()->rows) {
    auto const add_one = [&, question = q](std::string_view kind) {
      object warning;
      warning["kind"] = kind;
      warning["question"] = question;
      warning["name"] = record.manifest().candidates[question - 1].name;
      out.push_back(std::move(warning));
    };
    auto const votes = row.agree + row.disagree + row.abstain;
    if (votes > 0 && (row.agree == votes || row.disagree == votes || row.abstain == votes)) add_one("unanimous");
    if (votes <= meeting::kBallotsMin) add_one("tiny");
    if (row.mode_sensitive) add_one("mode-sensitive");
    if (row.contested) add_one("contested");
  }
  return out;
}

namespace {

/// One overload an entry type with something to say.
struct Teller {
  object& out;
  Record const& record;
  Lang lang;

  void batch() {
    if (!record.attempt()) return;
    out["batch"] = record.attempt()->open.batch;
    out["attempt"] = record.attempt()->open.attempt;
  }
  void who(PersonId id) {
    out["person"] = id;
    out["name"] = name_of(record, id);
  }
  /// Entries of the log, of these leaf hashes.
  array entries(std::vector<crypto::Hash> const& leaves) {
    array all;
    for (std::uint64_t i = 0; i < record.size() && !leaves.empty(); ++i) {
      if (std::ranges::binary_search(leaves, record.tree().leaf(i))) all.emplace_back(i);
    }
    return all;
  }
  array rows(std::map<QuestionId, meeting::Row> const& list) {
    array all;
    for (auto const& [q, one] : list) all.push_back(row(record, q, one, lang));
    return all;
  }

  void operator()(meeting::Manifest const& in) {
    out["title"] = in.title;
    out["date"] = in.date;
    out["rehearsal"] = in.rehearsal;
    out["committee_size"] = in.committee_size;
    out["rules"] = rules(in.rules);
    array members;
    for (PersonId p = 1; p <= in.people.size(); ++p) {
      auto const& from = in.people[p - 1];
      object member;
      member["person"] = p;
      member["name"] = from.name;
      member["roles"] = from.roles;
      member["enrolled"] = from.identity_key.has_value();
      members.push_back(std::move(member));
    }
    out["people"] = std::move(members);
    out["trustees"] = numbers(in.trustees);
    array candidates;
    for (QuestionId q = 1; q <= in.candidates.size(); ++q) {
      auto const& from = in.candidates[q - 1];
      object candidate;
      candidate["question"] = q;
      candidate["name"] = from.name;
      candidate["employer"] = from.employer;
      candidate["level"] = from.level;
      candidate["exceptional"] = from.channel == meeting::Channel::kExceptional;
      candidates.push_back(std::move(candidate));
    }
    out["candidates"] = std::move(candidates);
    array batches;
    for (auto const& from : in.batches) {
      object one;
      one["title"] = from.title;
      one["questions"] = numbers(from.candidates);
      batches.push_back(std::move(one));
    }
    out["batches"] = std::move(batches);
  }
  void operator()(meeting::SignIn const& in) {
    who(in.person);
    out["experts_present"] = record.experts_present().size();
  }
  void operator()(meeting::SignOut const& in) {
    who(in.person);
    if (!in.reason.empty()) out["reason"] = in.reason;
    out["experts_present"] = record.experts_present().size();
  }
  void operator()(meeting::Recuse const& in) {
    who(in.person);
    out["question"] = in.question;
    out["reason"] = in.reason;
  }
  void operator()(meeting::RecuseBack const& in) {
    who(in.person);
    out["question"] = in.question;
    out["reason"] = in.reason;
  }
  void operator()(meeting::KeyChange const& in) {
    who(in.person);
    // The server writes its own reason in both languages; a page shows the reader's.
    Text const& renewed = strings::server::kKeyChangeReason;
    out["reason"] = in.reason == in_both(renewed) ? std::string(renewed.in(lang)) : in.reason;
    out["device_code"] =
        meeting::device_code(record.manifest().meeting_id, in.person, {in.identity_key, in.witness_key, in.box_key});
  }
  void operator()(meeting::TrusteeChange const& in) {
    who(in.person);
    out["trustee"] = in.trustee;
    out["reason"] = in.reason;
    // Once it is in the log, the slot is the new one's.
    auto const& slots = record.slots();
    if (in.trustee < slots.size() && slots[in.trustee] != in.person) out["from"] = slots[in.trustee];
  }
  void operator()(meeting::Interview const& in) {
    out["question"] = in.question;
    out["summary"] = in.summary;
  }
  void operator()(meeting::BatchKeys const& in) {
    out["batch"] = in.batch;
    out["attempt"] = in.attempt;
    out["trustee"] = in.trustee;
    array questions;
    for (auto const& [q, key] : in.token_keys) questions.emplace_back(q);
    out["questions"] = std::move(questions);
  }
  void operator()(meeting::BatchOpen const& in) {
    out["batch"] = in.batch;
    out["attempt"] = in.attempt;
    out["questions"] = numbers(in.questions);
    out["present"] = in.present.size();
    out["people"] = people(record, in.present);
    array recusals;
    for (auto const& recusal : in.recusals) {
      object one = person(record, recusal.person);
      one["question"] = recusal.question;
      recusals.push_back(std::move(one));
    }
    out["recusals"] = std::move(recusals);
    out["trustees"] = in.keys.size();
    out["paper"] = in.paper;
    auto const& manifest = record.manifest();
    out["quorum_min"] = meeting::quorum(manifest);
    out["unwitnessed"] = entries(in.unwitnessed);
  }
  void operator()(meeting::TokenRequest const& in) {
    batch();
    who(in.person);
    out["cast"] = in.cast;
  }
  void operator()(meeting::TokensIssued const& in) {
    batch();
    out["trustee"] = in.trustee;
    who(in.person);
    out["cast"] = in.cast;
  }
  void operator()(meeting::EnvelopeCast const& in) {
    batch();
    who(in.person);
    out["cast"] = in.cast;
    if (!record.attempt()) return;
    out["voted"] = record.attempt()->envelopes().size();
    out["present"] = record.attempt()->open.present.size();
  }
  void operator()(meeting::EnvelopeSpoil const& in) {
    batch();
    who(in.person);
    out["cast"] = in.cast;
    out["supervisor"] = in.supervisor;
  }
  void operator()(meeting::CheckResult const& in) {
    batch();
    who(in.person);
    out["cast"] = in.cast;
    out["verdict"] = verdict_or_null(in.verdict);
  }
  void operator()(meeting::BatchClose const& in) {
    batch();
    out["envelopes"] = in.envelopes.size();
    out["without"] = numbers(in.without);
  }
  void operator()(meeting::IssuanceClosed const& in) {
    batch();
    out["trustee"] = in.trustee;
  }
  void operator()(meeting::MixStep const& in) {
    batch();
    out["trustee"] = in.trustee;
    std::uint32_t lost = 0;
    for (auto const& [q, count] : in.counts) lost += count.in - std::min(count.in, count.out);
    out["lost"] = lost;
    if (!record.attempt()) return;
    out["done"] = record.attempt()->mixes.size();
    out["of"] = record.attempt()->holders.size();
  }
  void operator()(meeting::BallotBox const& in) {
    batch();
    array boxes;
    for (auto const& [q, box] : in.boxes) {
      object one;
      one["question"] = q;
      one["ballots"] = box.ballots.size();
      object refused;
      for (auto const& [code, count] : box.refused) refused[piaojue::name(static_cast<Refusal>(code))] = count;
      one["refused"] = std::move(refused);
      boxes.push_back(std::move(one));
    }
    out["boxes"] = std::move(boxes);
  }
  void operator()(meeting::Confirm const& in) {
    batch();
    who(in.person);
    auto lost = said(in, meeting::ConfirmVerdict::kMissing);
    out["ok"] = lost.empty();
    out["missing"] = std::move(lost);
    out["not_cast"] = said(in, meeting::ConfirmVerdict::kNotCast);
    if (!record.attempt()) return;
    out["confirmed"] = record.attempt()->confirms.size();
    out["entitled"] = record.attempt()->entitled().size();
  }
  void operator()(meeting::Override const& in) {
    batch();
    auto named = overridden(in.people);
    for (auto& one : named) {
      one.as_object()["name"] = name_of(record, one.at("person").to_number<PersonId>());
    }
    out["people"] = std::move(named);
    out["reason"] = in.reason;
  }
  void operator()(meeting::TallyShare const& in) {
    batch();
    out["trustee"] = in.trustee;
    if (!record.attempt()) return;
    out["done"] = record.attempt()->shares.size();
    out["of"] = record.attempt()->holders.size();
  }
  void operator()(meeting::Declaration const& in) {
    batch();
    out["rows"] = rows(in.rows);
  }
  void operator()(meeting::Erased const& in) { out["trustee"] = in.trustee; }
  void operator()(meeting::Void const& in) {
    batch();
    out["questions"] = numbers(in.questions);
    out["reason"] = in.reason;
  }
  void operator()(meeting::PaperTally const& in) {
    batch();
    array papers;
    for (auto const& [q, from] : in.rows) {
      object one;
      one["question"] = q;
      one["issued"] = from.issued;
      one["returned"] = from.returned;
      one["valid"] = from.valid;
      one["invalid"] = from.invalid;
      one["agree"] = from.agree;
      one["disagree"] = from.disagree;
      one["abstain"] = from.abstain;
      papers.push_back(std::move(one));
    }
    out["papers"] = std::move(papers);
  }
  void operator()(meeting::Incident const& in) {
    batch();
    who(in.person);
    out["code"] = piaojue::name(static_cast<Refusal>(in.code));
  }
  void operator()(meeting::MeetingClose const& in) {
    out["size"] = in.size;
    auto const& attempt = record.attempt();
    bool const opening = attempt && attempt->phase == meeting::BatchPhase::kOpening;
    out["undecided"] = opening ? numbers(attempt->live()) : array();
    out["unwitnessed"] = entries(in.unwitnessed);
  }
};

/// One overload an entry type that several people sign.
struct Voucher {
  Record const& record;

  std::string name(PersonId id) const { return name_of(record, id); }

  std::optional<Sentence> operator()(meeting::Manifest const&) const { return Sentence(words::kVouchMeetingOpen); }
  std::optional<Sentence> operator()(meeting::SignOut const& in) const {
    return Sentence(words::kVouchSignOut, {{"name", name(in.person)}});
  }
  std::optional<Sentence> operator()(meeting::Recuse const& in) const {
    return Sentence(words::kVouchRecuse, {{"name", name(in.person)}});
  }
  std::optional<Sentence> operator()(meeting::RecuseBack const& in) const {
    return Sentence(words::kVouchRecuseBack, {{"name", name(in.person)}});
  }
  std::optional<Sentence> operator()(meeting::KeyChange const& in) const {
    auto const code =
        meeting::device_code(record.manifest().meeting_id, in.person, {in.identity_key, in.witness_key, in.box_key});
    return Sentence(words::kVouchKeyChange, {{"name", name(in.person)}, {"code", code}});
  }
  std::optional<Sentence> operator()(meeting::TrusteeChange const& in) const {
    return Sentence(words::kVouchTrusteeChange, {{"name", name(in.person)}, {"trustee", in.trustee}});
  }
  std::optional<Sentence> operator()(meeting::BatchOpen const& in) const {
    return Sentence(words::kVouchBatchOpen, {{"n", std::uint64_t{in.present.size()}}});
  }
  std::optional<Sentence> operator()(meeting::BatchClose const& in) const {
    return Sentence(words::kVouchBatchClose, {{"n", std::uint64_t{in.without.size()}}});
  }
  std::optional<Sentence> operator()(meeting::EnvelopeSpoil const& in) const {
    return Sentence(words::kVouchEnvelopeSpoil, {{"name", name(in.person)}});
  }
  std::optional<Sentence> operator()(meeting::Override const&) const { return Sentence(words::kVouchOverride); }
  std::optional<Sentence> operator()(meeting::Void const&) const { return Sentence(words::kVouchVoid); }
  std::optional<Sentence> operator()(meeting::Declaration const&) const { return Sentence(words::kVouchDeclaration); }
  std::optional<Sentence> operator()(meeting::PaperTally const&) const { return Sentence(words::kVouchPaperTally); }
  std::optional<Sentence> operator()(meeting::MeetingClose const&) const { return Sentence(words::kVouchMeetingClose); }
  template <class Other>
  std::optional<Sentence> operator()(Other const&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<Sentence> vouch(Record const& record, meeting::Entry const& entry) {
  return std::visit(Voucher{record}, entry.body);
}

void add_entry(object& out, Record const& record, meeting::Entry const& entry, Lang lang) {
  std::visit(Teller{out, record, lang}, entry.body);
}

}  // namespace piaojue::client::facts

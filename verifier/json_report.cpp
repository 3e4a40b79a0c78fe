// SPDX-License-Identifier: Apache-2.0
// The report as one JSON object: fields and their order are those of the specification §13.1.
#include <concepts>

#include "verifier/report.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;

std::string json_string(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20 || byte == 0x7F)
      ((out += "\\u00") += kDigits[byte >> 4]) += kDigits[byte & 15];
    else
      out += c;
  }
  return out + '"';
}

/// Objects and arrays with their commas; nothing else is wanted of JSON here.
class Json {
 public:
  void open(char bracket, std::string_view key = {}) {
    begin(key);
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void put(std::string_view key, std::string_view text) { raw(key, json_string(text)); }
  void put(std::string_view key, char const* text) { put(key, std::string_view(text)); }
  void put(std::string_view key, std::string const& text) { put(key, std::string_view(text)); }
  void put(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  template <class T>
  requires std::unsigned_integral<T>
  void put(std::string_view key, T value) { raw(key, std::to_string(value)); }
  template <class T>
  void put(std::string_view key, std::optional<T> const& value) {
    if (value)
      put(key, *value);
    else
      raw(key, "null");
  }
  std::string take() { return std::move(out_); }

 private:
  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    if (!key.empty()) (out_ += json_string(key)) += ':';
  }
  void raw(std::string_view key, std::string_view value) {
    begin(key);
    out_ += value;
  }
  std::string out_;
  bool first_ = true;
};

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHolds:
      return "holds";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kNotReached:
      break;
  }
  return "not_reached";
}

/// In both languages, whoever reads it.
void put_both(Json& j, Sentence const& sentence) {
  j.put("zh", sentence.in(Lang::kZh));
  j.put("en", sentence.in(Lang::kEn));
}

template <class Range>
void put_list(Json& j, std::string_view key, Range const& values) {
  j.open('[', key);
  for (auto const& value : values) j.put({}, value);
  j.close(']');
}

void put_outcome(Json& j, Audit const& audit) {
  j.put("verified", audit.verified());
  j.put("exit_code", static_cast<std::uint32_t>(audit.exit_code()));
  j.put("checks_holding", audit.holding());
  j.put("entries", audit.entries);
  j.put("ballots", audit.ballots);
  j.put("head", to_hex(audit.head.view()));
  j.put("anchor", to_hex(audit.anchor.view()));
  if (audit.unusable) {
    j.open('{', "unusable");
    j.put("offset", audit.unusable->offset);
    put_both(j, audit.unusable->what);
    return j.close('}');
  }
  if (auto const first = audit.first_failure()) {
    j.put("failed_check", number(first->check));
    j.put("failed_entry", first->failure->entry);
  }
}

void put_failure(Json& j, Failure const& failure) {
  j.open('{');
  j.put("entry", failure.entry);
  j.put("offset", failure.offset);
  j.put("type", failure.type ? std::optional(std::string(name(*failure.type))) : std::nullopt);
  j.put("refusal", failure.refusal ? std::optional(std::string(name(*failure.refusal))) : std::nullopt);
  put_both(j, failure.what);
  j.close('}');
}

void put_checks(Json& j, Audit const& audit) {
  j.open('[', "checks");
  for (CheckId const id : kAllChecks) {
    Check const& c = audit.check(id);
    j.open('{');
    j.put("number", number(id));
    j.put("outcome", word(c.outcome));
    put_both(j, title(id));
    j.put("failures_total", c.failures_total);
    j.open('[', "failures");
    for (Failure const& failure : c.failures) put_failure(j, failure);
    j.close(']');
    j.close('}');
  }
  j.close(']');
}

void put_meeting(Json& j, Manifest const& m) {
  j.open('{', "meeting");
  j.put("id", to_hex(m.meeting_id));
  j.put("title", m.title);
  j.put("date", m.date);
  j.put("rehearsal", m.rehearsal);
  j.put("committee_size", m.committee_size);
  j.put("quorum", quorum(m));
  j.put("trustees", m.trustees.size());
  j.close('}');
}

// ---- Changes of guards: the fields of each kind --------------------------------------------------------------------

void put_what(Json& j, KeysChanged const& e) {
  j.put("person", e.person);
  j.put("first", e.first);
  j.put("reason", e.reason);
}
void put_what(Json& j, TrusteeChanged const& e) {
  j.put("trustee", e.trustee);
  j.put("from", e.from);
  j.put("person", e.person);
  j.put("reason", e.reason);
}
void put_what(Json& j, SignedOut const& e) {
  j.put("person", e.person);
  j.put("reason", e.reason);
}
void put_what(Json& j, Recused const& e) {
  j.put("person", e.person);
  j.put("question", e.question);
  j.put("reason", e.reason);
}
void put_what(Json& j, RecusalTakenBack const& e) {
  j.put("person", e.person);
  j.put("question", e.question);
  j.put("reason", e.reason);
}
void put_what(Json& j, Checked const& e) {
  j.put("person", e.person);
  j.put("cast", e.cast);
  j.put("supervisor", e.supervisor);
  j.put("verdict", name_of(e.verdict));
  j.put("result", e.result);
}
void put_what(Json& j, Overridden const& e) {
  j.open('[', "people");
  for (auto const& [person, missing] : e.people) {
    j.open('{');
    j.put("person", person);
    j.put("missing", missing);
    j.close('}');
  }
  j.close(']');
  j.put("reason", e.reason);
}
void put_what(Json& j, Contested const& e) {
  j.put("question", e.question);
  j.put("low", e.low);
  j.put("high", e.high);
}
void put_what(Json& j, CountedOnPaper const& e) { put_list(j, "questions", e.questions); }
void put_what(Json&, ClosedByTwo const&) {}
void put_what(Json& j, AcceptedUnwitnessed const& e) {
  j.put("declared", e.declared);
  j.put("have", e.have);
  j.put("need", e.need);
  j.put("have_experts", e.have_experts);
  j.put("need_experts", e.need_experts);
}
void put_what(Json& j, LeftUndecided const& e) { j.put("question", e.question); }
void put_what(Json&, ClosedUnwitnessed const&) {}

void put_changes(Json& j, Audit const& audit) {
  j.open('[', "changes");
  for (Change const& change : audit.changes) {
    j.open('{');
    j.put("entry", change.entry);
    j.put("kind", kind(change));
    j.put("by", change.by ? std::optional(std::string(name_of(*change.by))) : std::nullopt);
    put_list(j, "signers", change.signers);
    std::visit([&](auto const& what) { put_what(j, what); }, change.what);
    j.put("zh", told(change, *audit.manifest, Lang::kZh));
    j.put("en", told(change, *audit.manifest, Lang::kEn));
    j.close('}');
  }
  j.close(']');
}

// ---- People and results --------------------------------------------------------------------------------------------

void put_attendance(Json& j, Audit const& audit) {
  Manifest const& m = *audit.manifest;
  j.open('[', "attendance");
  for (Attendance const& a : audit.attendance) {
    Person const& p = m.people[a.person - 1];
    j.open('{');
    j.put("person", a.person);
    j.put("name", p.name);
    j.put("employer", p.employer);
    j.put("roles", p.roles);
    j.put("first_sign_in", a.first_sign_in);
    j.put("last_sign_out", a.last_sign_out);
    j.put("signed_in", a.signed_in);
    j.open('[', "recusals");
    for (auto const& [q, reason] : a.recusals) {
      j.open('{');
      j.put("question", q);
      j.put("reason", reason);
      j.close('}');
    }
    j.close(']');
    j.close('}');
  }
  j.close(']');
}

void put_figures(Json& j, AttemptResult const& attempt, QuestionResult const& q) {
  j.put("present", q.row.present);
  j.put("needed", q.row.needed);
  j.put("agree", q.row.agree);
  j.put("disagree", q.row.disagree);
  j.put("abstain", q.row.abstain);
  j.put("invalid", q.row.invalid);
  j.put("not_cast", q.row.not_cast);
  j.put("recused", q.row.recused);
  j.put("passed", q.row.passed);
  j.put("contested", q.row.contested);
  j.put("mode_sensitive", q.row.mode_sensitive);
  if (attempt.paper) {
    j.put("issued", q.issued);
    return j.put("returned", q.returned);
  }
  j.put("envelopes", q.envelopes);
  j.put("ballots", q.ballots);
  j.put("ok", q.ok);
  j.put("said_not_cast", q.said_not_cast);
  j.put("unconfirmed", q.unconfirmed);
  j.put("low", q.low);
  j.put("high", q.high);
}

void put_question(Json& j, Candidate const& c, AttemptResult const& attempt, QuestionResult const& q) {
  j.open('{');
  j.put("question", q.question);
  j.put("name", c.name);
  j.put("employer", c.employer);
  j.put("level", c.level);
  j.put("exceptional", c.channel == Channel::kExceptional);
  j.put("opened_before", c.opened_before);
  j.put("voided", q.voided);
  if (q.voided) {
    j.put("void_reason", q.void_reason);
  } else {
    put_figures(j, attempt, q);
  }
  j.close('}');
}

void put_attempt(Json& j, Manifest const& m, AttemptResult const& attempt) {
  j.open('{');
  j.put("batch", attempt.batch);
  j.put("title", m.batches[attempt.batch - 1].title);
  j.put("attempt", attempt.attempt);
  j.put("entry", attempt.entry);
  j.put("paper", attempt.paper);
  j.put("counted_by", attempt.counted_by ? std::optional(std::string(name_of(*attempt.counted_by))) : std::nullopt);
  j.put("declared", attempt.declared);
  j.put("present", attempt.present);
  j.put("trustees", attempt.trustees);
  put_list(j, "overridden", attempt.overridden);
  j.open('[', "questions");
  for (QuestionResult const& q : attempt.questions) put_question(j, m.candidates[q.question - 1], attempt, q);
  j.close(']');
  j.close('}');
}

}  // namespace

std::string json_report(Audit const& audit) {
  Json j;
  j.open('{');
  put_outcome(j, audit);
  put_checks(j, audit);
  if (audit.manifest && !audit.unusable) {
    put_meeting(j, *audit.manifest);
    put_changes(j, audit);
    put_attendance(j, audit);
    j.open('[', "attempts");
    for (AttemptResult const& attempt : audit.attempts) put_attempt(j, *audit.manifest, attempt);
    j.close(']');
  }
  j.close('}');
  return j.take() + "\n";
}

}  // namespace piaojue::verifier

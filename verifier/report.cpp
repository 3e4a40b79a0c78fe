// SPDX-License-Identifier: Apache-2.0
#include "verifier/report.h"

#include <algorithm>

#include "strings/audit.h"
#include "strings/verifier.h"
#include "verifier/shown.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace words = strings::verifier;

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

class Report {
 public:
  Report(Audit const& audit, Lang lang, bool colour) : a_(audit), lang_(lang), colour_(colour) {}

  std::string run() {
    head();
    if (!a_.unusable || a_.entries > 0) checks();
    if (a_.manifest) {
      if (!a_.verified()) line(paint(kRed, say(words::kReportUnverified)));
      attendance();
      results();
    }
    end();
    return std::move(out_);
  }

 private:
  enum Colour : int { kRed = 31, kGreen = 32, kYellow = 33 };

  std::string say(Sentence const& sentence) const { return sentence.in(lang_); }
  static std::string n(std::uint64_t number) { return std::to_string(number); }
  void line(std::string_view text = {}) { (out_ += text) += '\n'; }
  std::string paint(Colour colour, std::string const& text) const {
    return colour_ ? "\033[" + std::to_string(colour) + "m" + text + "\033[0m" : text;
  }

  void head() {
    line("piaojue-verify");
    if (!a_.manifest) return;
    Manifest const& m = *a_.manifest;
    line(shown(m.title) + "  " + shown(m.date));
    if (m.rehearsal) line(paint(kYellow, say(words::kReportRehearsal)));
    if (m.rules.trustees_min < 2) line(paint(kYellow, say(words::kReportOneTrustee)));
    line(say({words::kReportCounts, {{"entries", a_.entries}, {"ballots", a_.ballots}}}));
    line();
  }

  void checks() {
    for (CheckId const id : kAllChecks) {
      Check const& c = a_.check(id);
      std::string const mark = c.outcome == Outcome::kHolds    ? paint(kGreen, say(words::kMarkHolds))
                               : c.outcome == Outcome::kFailed ? paint(kRed, say(words::kMarkFailed))
                                                               : say(words::kMarkNotReached);
      line(mark + "  " + (number(id) < 10 ? " " : "") + n(number(id)) + "  " + say(title(id)));
      for (Failure const& failure : c.failures) line("            " + describe(failure, lang_));
      if (c.failures_total > c.failures.size())
        line("            " + say({words::kReportMore, {{"count", c.failures_total}}}));
    }
    line();
  }

  static std::string describe(Failure const& failure, Lang lang) {
    std::string out;
    if (failure.entry) out += Sentence(words::kPlaceEntry, {{"entry", *failure.entry}}).in(lang);
    if (failure.type) out += std::string(out.empty() ? "" : " ") + "(" + std::string(name(*failure.type)) + ")";
    if (failure.offset) out += Sentence(words::kPlaceOffset, {{"offset", *failure.offset}}).in(lang);
    if (!out.empty()) out += words::kPlaceEnd.in(lang);
    if (failure.refusal) out += std::string(name(*failure.refusal)) + " ";
    return out + failure.what.in(lang);
  }

  std::string person(PersonId p) const {
    return p == 0 || p > a_.manifest->people.size() ? say(words::kRoleServer) : shown(a_.manifest->people[p - 1].name);
  }

  std::string roles(std::uint32_t roles) const {
    std::string out;
    for (auto const& [role, text] :
         std::initializer_list<std::pair<Role, Text const*>>{{kExpert, &words::kRoleExpert},
                                                             {kChair, &words::kRoleChair},
                                                             {kClerk, &words::kRoleClerk},
                                                             {kSupervisor, &words::kRoleSupervisor},
                                                             {kScreen, &words::kRoleScreen}}) {
      if ((roles & role) != 0) out += (out.empty() ? std::string() : say(words::kReportAnd)) + say(*text);
    }
    return out;
  }

  void attendance() {
    std::uint64_t experts = 0, came = 0;
    for (Attendance const& a : a_.attendance) {
      if ((a_.manifest->people[a.person - 1].roles & kExpert) == 0) continue;
      ++experts;
      came += a.first_sign_in.has_value();
    }
    line(say(
        {words::kAttendanceHead, {{"committee", a_.manifest->committee_size}, {"experts", experts}, {"came", came}}}));
    for (Attendance const& a : a_.attendance) {
      if (a_.manifest->people[a.person - 1].roles != kScreen) line(attendance_of(a));
    }
    line();
  }

  std::string attendance_of(Attendance const& a) const {
    Person const& p = a_.manifest->people[a.person - 1];
    std::string text = "  " + n(a.person) + "  " + shown(p.name);
    if (!p.employer.empty()) text += say({words::kAttendanceEmployer, {{"employer", shown(p.employer)}}});
    text += "  " + roles(p.roles) + "  ";
    text +=
        a.first_sign_in ? say({words::kAttendanceIn, {{"entry", *a.first_sign_in}}}) : say(words::kAttendanceAbsent);
    if (a.last_sign_out) text += say({words::kAttendanceOut, {{"entry", *a.last_sign_out}}});
    if (a.last_sign_out && a.signed_in) text += say(words::kAttendanceAgain);
    for (auto const& [q, reason] : a.recusals)
      text += say({words::kAttendanceRecused, {{"question", std::uint32_t{q}}, {"reason", shown(reason)}}});
    return text;
  }

  void results() {
    for (AttemptResult const& attempt : a_.attempts) {
      std::string text = say({words::kAttemptHead,
                              {{"title", shown(a_.manifest->batches[attempt.batch - 1].title)},
                               {"attempt", attempt.attempt},
                               {"entry", attempt.entry},
                               {"present", attempt.present}}});
      text +=
          attempt.paper ? say(words::kAttemptPaper) : say({words::kAttemptTrustees, {{"trustees", attempt.trustees}}});
      if (!attempt.overridden.empty()) {
        std::string names;
        for (PersonId const p : attempt.overridden)
          names += (names.empty() ? std::string() : say(words::kReportAnd)) + person(p);
        text += say({words::kAttemptOverridden, {{"names", names}}});
      }
      line(text);
      for (QuestionResult const& q : attempt.questions) question(attempt, q);
      line();
    }
  }

  void question(AttemptResult const& attempt, QuestionResult const& q) {
    Candidate const& c = a_.manifest->candidates[q.question - 1];
    std::string const who =
        "  " + n(q.question) + "  " +
        say({words::kResultCandidate,
             {{"name", shown(c.name)},
              {"employer", shown(c.employer)},
              {"level", shown(c.level)},
              {"channel", c.channel == Channel::kExceptional ? words::kResultExceptional : words::kResultNormal}}});
    if (q.voided) {
      return line(who + (q.void_reason.empty() ? say(words::kResultTooManyPapers)
                                               : say({words::kResultVoid, {{"reason", shown(q.void_reason)}}})));
    }
    line(who + figures(q.row));
    line("     " + arithmetic(q.row) + (attempt.paper ? "" : box_figures(q)));
    if (q.row.contested) {
      line("     " + say({words::kResultContestedWhy,
                          {{"unconfirmed", q.unconfirmed},
                           {"fewest", q.row.agree - std::min(q.row.agree, q.unconfirmed)},
                           {"most", std::uint64_t{q.row.agree} + q.unconfirmed},
                           {"needed", q.row.needed}}}));
    }
    if (q.row.mode_sensitive) line("     " + say(words::kResultModeSensitive));
  }

  std::string figures(Row const& r) const {
    std::string const outcome = r.contested ? paint(kYellow, say(words::kResultContested))
                                : r.passed  ? paint(kGreen, say(words::kResultPassed))
                                            : paint(kRed, say(words::kResultNotPassed));
    return say({words::kResultFigures,
                {{"present", r.present},
                 {"needed", r.needed},
                 {"agree", r.agree},
                 {"disagree", r.disagree},
                 {"abstain", r.abstain},
                 {"invalid", r.invalid},
                 {"not_cast", r.not_cast},
                 {"recused", r.recused},
                 {"outcome", outcome}}});
  }

  /// "3×4 = 12 > 10 = 2×5 (must be more); 4+1+0+0+0+0 = 5": the rule, and that the row balances.
  std::string arithmetic(Row const& r) const {
    Rules const& rules = a_.manifest->rules;
    std::uint64_t const have = std::uint64_t{rules.pass_denominator} * r.agree;
    std::uint64_t const want = std::uint64_t{rules.pass_numerator} * r.present;
    std::string_view const sign = have > want ? " > " : have == want ? " = " : " < ";
    return n(rules.pass_denominator) + "×" + n(r.agree) + " = " + n(have) + std::string(sign) + n(want) + " = " +
           n(rules.pass_numerator) + "×" + n(r.present) +
           say(rules.pass_strict ? words::kResultMustBeMore : words::kResultOrEqual) + say(words::kResultThen) +
           n(r.agree) + "+" + n(r.disagree) + "+" + n(r.abstain) + "+" + n(r.invalid) + "+" + n(r.not_cast) + "+" +
           n(r.recused) + " = " + n(r.present);
  }

  std::string box_figures(QuestionResult const& q) const {
    return say(words::kResultThen) +
           say({strings::audit::kBoxFacts,
                {{"envelopes", q.cast}, {"ballots", q.ballots}, {"unconfirmed", q.unconfirmed}}});
  }

  /// The last line is for scripts: English in both languages.
  void end() {
    if (a_.entries > 0) {
      line(say({words::kReportHead, {{"hash", grouped(a_.head)}}}));
      line(say({words::kReportPaper, {{"hash", grouped(a_.anchor)}}}));
    }
    if (a_.unusable) {
      line(say(a_.unusable->what));
      return line(paint(kRed, "UNUSABLE offset " + n(a_.unusable->offset) + ": " + a_.unusable->what.in(Lang::kEn)));
    }
    if (a_.verified()) return line(paint(kGreen, "VERIFIED 25/25"));
    auto const first = a_.first_failure();
    line(paint(kRed, first ? "FAILED check " + n(number(first->check)) + ": " + describe(*first->failure, Lang::kEn)
                           : "FAILED: " + std::string(words::kReportNotReached.in(Lang::kEn))));
  }

  Audit const& a_;
  Lang lang_;
  bool colour_;
  std::string out_;
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
    j.close('}');
  }
  if (auto const first = audit.first_failure()) {
    j.put("failed_check", number(first->check));
    j.put("failed_entry", first->failure->entry);
  }
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
    for (Failure const& failure : c.failures) {
      j.open('{');
      j.put("entry", failure.entry);
      j.put("offset", failure.offset);
      j.put("type", failure.type ? std::optional(std::string(name(*failure.type))) : std::nullopt);
      j.put("refusal", failure.refusal ? std::optional(std::string(name(*failure.refusal))) : std::nullopt);
      put_both(j, failure.what);
      j.close('}');
    }
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
  j.close('}');
}

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

void put_question(Json& j, Candidate const& c, QuestionResult const& q) {
  j.open('{');
  j.put("question", q.question);
  j.put("name", c.name);
  j.put("employer", c.employer);
  j.put("level", c.level);
  j.put("exceptional", c.channel == Channel::kExceptional);
  j.put("voided", q.voided);
  if (q.voided) {
    j.put("void_reason", q.void_reason);
  } else {
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
    j.put("envelopes", q.cast);
    j.put("ballots", q.ballots);
    j.put("unconfirmed", q.unconfirmed);
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
  j.put("declared", attempt.declared);
  j.put("present", attempt.present);
  j.put("trustees", attempt.trustees);
  j.open('[', "overridden");
  for (PersonId const p : attempt.overridden) j.put({}, p);
  j.close(']');
  j.open('[', "questions");
  for (QuestionResult const& q : attempt.questions) put_question(j, m.candidates[q.question - 1], q);
  j.close(']');
  j.close('}');
}

}  // namespace

std::string grouped(Hash const& hash) {
  std::string const hex = to_hex(hash.view());
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 4) (out += i == 0 ? "" : " ") += hex.substr(i, 4);
  return out;
}

std::optional<Hash> parse_anchor(std::string_view text) {
  std::string digits;
  for (char const c : text)
    if (std::string_view(" \t\r\n-").find(c) == std::string_view::npos) digits += c;
  auto const bytes = from_hex(digits);
  return bytes ? Hash::from(*bytes) : std::nullopt;
}

std::string text_report(Audit const& audit, Lang lang, bool colour) { return Report(audit, lang, colour).run(); }

std::string json_report(Audit const& audit) {
  Json j;
  j.open('{');
  put_outcome(j, audit);
  put_checks(j, audit);
  if (audit.manifest) {
    put_meeting(j, *audit.manifest);
    put_attendance(j, audit);
    j.open('[', "attempts");
    for (AttemptResult const& attempt : audit.attempts) put_attempt(j, *audit.manifest, attempt);
    j.close(']');
  }
  j.close('}');
  return j.take() + "\n";
}

}  // namespace piaojue::verifier

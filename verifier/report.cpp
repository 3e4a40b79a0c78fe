// SPDX-License-Identifier: Apache-2.0
#include "verifier/report.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "strings/audit.h"
#include "strings/verifier.h"
#include "verifier/shown.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace words = strings::verifier;

constexpr std::size_t kGroup = 4;

/// Groups of digits, from 0, in which two hashes differ.
std::vector<std::size_t> differing_groups(Hash const& a, Hash const& b) {
  std::string const ours = to_hex(a.view()), theirs = to_hex(b.view());
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < ours.size(); i += kGroup)
    if (ours.compare(i, kGroup, theirs, i, kGroup) != 0) out.push_back(i / kGroup);
  return out;
}

/// In groups; those named here stand in brackets.
std::string marked(Hash const& hash, std::vector<std::size_t> const& groups) {
  std::string const hex = to_hex(hash.view());
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += kGroup) {
    bool const here = std::ranges::find(groups, i / kGroup) != groups.end();
    out += i == 0 ? "" : " ";
    out += here ? "[" + hex.substr(i, kGroup) + "]" : hex.substr(i, kGroup);
  }
  return out;
}

/// The text report.
class Report {
 public:
  Report(Audit const& audit, Lang lang, bool colour) : a_(audit), lang_(lang), colour_(colour) {}

  std::string run() {
    head();
    if (!a_.unusable || a_.entries > 0) checks();
    if (a_.manifest) {
      if (!a_.verified()) line(paint(kRed, say(words::kReportUnverified)));
      attendance();
      changes();
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
    if (m.trustees.size() < 2) line(paint(kYellow, say(words::kReportOneTrustee)));
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

  void changes() {
    line(say(words::kChangesHead));
    if (a_.changes.empty()) line("  " + say(strings::audit::kChangeNone));
    for (Change const& change : a_.changes) {
      line("  " + say({words::kPlaceEntry, {{"entry", change.entry}}}) + say(words::kPlaceEnd) +
           paint(kYellow, told(change, *a_.manifest, lang_)));
      if (change.by) line("       " + told_signers(change, *a_.manifest, lang_));
    }
    line();
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
    line("     " + arithmetic(q.row) + (attempt.paper ? paper_figures(q) : box_figures(q)));
    if (attempt.paper) line("     " + paint(kYellow, say(paper_mark(attempt))));
    if (q.row.contested) {
      line("     " + say({words::kResultContestedWhy, {{"low", q.low}, {"high", q.high}, {"needed", q.row.needed}}}));
    }
    if (q.row.mode_sensitive) line("     " + say(words::kResultModeSensitive));
  }

  std::string figures(Row const& r) const {
    std::string const outcome = r.contested ? paint(kYellow, say(strings::audit::kContested))
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
    return say(words::kResultThen) + say({strings::audit::kBoxFacts,
                                          {{"envelopes", q.envelopes},
                                           {"ballots", q.ballots},
                                           {"ok", q.ok},
                                           {"said_not_cast", q.said_not_cast},
                                           {"unconfirmed", q.unconfirmed}}});
  }
  std::string paper_figures(QuestionResult const& q) const {
    return say(words::kResultThen) + say({words::kResultPapers, {{"issued", q.issued}, {"returned", q.returned}}});
  }
  /// Wherever figures of paper stand, it stands beside them who counted them.
  static Text const& paper_mark(AttemptResult const& attempt) {
    return attempt.counted_by == By::kCommittee ? strings::audit::kPaperCommittee : strings::audit::kPaperOffice;
  }

  /// The record's head hash below that from paper; a digit that was mistyped is found by the group that differs.
  void hashes() {
    auto const differing = differing_groups(a_.head, a_.anchor);
    line(say({words::kReportHead, {{"hash", marked(a_.head, differing)}}}));
    line(say({words::kReportPaper, {{"hash", marked(a_.anchor, differing)}}}));
    if (differing.empty()) return;
    std::string list;
    for (std::size_t const group : differing)
      list += (list.empty() ? std::string() : say(words::kReportAnd)) + n(group + 1);
    line(paint(kRed, say({words::kReportDiffers, {{"groups", list}}})));
  }

  /// The last line is for scripts: English in both languages. The one above it says the same to people.
  void end() {
    if (a_.entries > 0) hashes();
    if (a_.unusable) {
      line(say({words::kReportUnusable, {{"why", a_.unusable->what}}}));
      return line(paint(kRed, "UNUSABLE offset " + n(a_.unusable->offset) + ": " + a_.unusable->what.in(Lang::kEn)));
    }
    if (a_.verified()) {
      line(paint(kGreen, say(words::kReportVerified)));
      return line(paint(kGreen, "VERIFIED 27/27"));
    }
    auto const first = a_.first_failure();
    if (!first) {
      line(paint(kRed, say({words::kReportUnfinished, {{"why", words::kReportNotReached}}})));
      return line(paint(kRed, "FAILED: " + std::string(words::kReportNotReached.in(Lang::kEn))));
    }
    line(paint(kRed, say({words::kReportFailed, {{"check", number(first->check)}, {"what", title(first->check)}}})));
    line(paint(kRed, "FAILED check " + n(number(first->check)) + ": " + describe(*first->failure, Lang::kEn)));
  }

  Audit const& a_;
  Lang lang_;
  bool colour_;
  std::string out_;
};

}  // namespace

std::string grouped(Hash const& hash) { return marked(hash, {}); }

namespace {

/// White space and hyphens of any kind, between and around the digits of a hash that somebody types.
bool is_dropped(char32_t c) {
  static constexpr std::array kDropped = std::to_array<std::pair<char32_t, char32_t>>({{0x09, 0x0D},
                                                                                       {0x20, 0x20},
                                                                                       {0x2D, 0x2D},
                                                                                       {0x85, 0x85},
                                                                                       {0xA0, 0xA0},
                                                                                       {0xAD, 0xAD},
                                                                                       {0x1680, 0x1680},
                                                                                       {0x2000, 0x200A},
                                                                                       {0x2010, 0x2015},
                                                                                       {0x2028, 0x2029},
                                                                                       {0x202F, 0x202F},
                                                                                       {0x205F, 0x205F},
                                                                                       {0x2212, 0x2212},
                                                                                       {0x3000, 0x3000},
                                                                                       {0xFE58, 0xFE58},
                                                                                       {0xFE63, 0xFE63},
                                                                                       {0xFEFF, 0xFEFF},
                                                                                       {0xFF0D, 0xFF0D}});
  return std::ranges::any_of(kDropped, [c](auto const& range) { return range.first <= c && c <= range.second; });
}

/// Full-width letters and digits are their narrow forms.
char32_t narrow(char32_t c) {
  bool const wide = (0xFF10 <= c && c <= 0xFF19) || (0xFF21 <= c && c <= 0xFF3A) || (0xFF41 <= c && c <= 0xFF5A);
  return wide ? c - 0xFEE0 : c;
}

}  // namespace

std::optional<Hash> parse_anchor(std::string_view text) {
  std::string digits;
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_character(text, at);
    if (!c) return std::nullopt;
    if (is_dropped(*c)) continue;
    append_character(digits, narrow(*c));
  }
  auto const bytes = from_hex(digits);
  return bytes ? Hash::from(*bytes) : std::nullopt;
}

std::string text_report(Audit const& audit, Lang lang, bool colour) { return Report(audit, lang, colour).run(); }

}  // namespace piaojue::verifier

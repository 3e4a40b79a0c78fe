// SPDX-License-Identifier: Apache-2.0
#include "verifier/report.h"

#include <algorithm>

#include "verifier/shown.h"

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

class Text {
 public:
  Text(Audit const& audit, std::string_view lang, bool colour) : a_(audit), zh_(lang == "zh"), colour_(colour) {}

  std::string run() {
    head();
    if (!a_.unusable || a_.entries > 0) checks();
    if (a_.manifest) {
      if (!a_.verified())
        line(paint(31, t("以下内容出自未通过核验的记录，不能作为结果：",
                         "What follows is from a record that was NOT verified and proves nothing:")));
      attendance();
      results();
    }
    end();
    return std::move(out_);
  }

 private:
  std::string t(std::string_view zh, std::string_view en) const { return std::string(zh_ ? zh : en); }
  static std::string n(std::uint64_t number) { return std::to_string(number); }
  void line(std::string_view text = {}) { (out_ += text) += '\n'; }
  std::string paint(int code, std::string const& text) const {
    return colour_ ? "\033[" + std::to_string(code) + "m" + text + "\033[0m" : text;
  }

  void head() {
    line("piaojue-verify");
    if (!a_.manifest) return;
    Manifest const& m = *a_.manifest;
    line(shown(m.title) + "  " + shown(m.date));
    if (m.rehearsal) line(paint(33, t("【演练】不是正式会议", "REHEARSAL: not a real meeting")));
    if (m.rules.trustees_min < 2)
      line(paint(33, t("允许只有一方受托：选票秘密可能只靠服务器保守",
                       "one trustee is allowed: secrecy may rest on the server alone")));
    line(t("条目 ", "entries ") + n(a_.entries) + t("，选票 ", ", ballots ") + n(a_.ballots));
    line();
  }

  void checks() {
    for (std::size_t i = 1; i <= kChecks; ++i) {
      Check const& c = a_.check(i);
      std::string const mark = c.outcome == Outcome::kHolds    ? paint(32, t("✓ 通过", "✓ ok         "))
                               : c.outcome == Outcome::kFailed ? paint(31, t("✗ 失败", "✗ FAILED     "))
                                                               : t("— 未及", "— not reached");
      line(mark + "  " + (i < 10 ? " " : "") + n(i) + "  " + std::string(title(i, zh_ ? "zh" : "en")));
      for (Failure const& failure : c.failures) line("            " + describe(failure, zh_));
      if (c.failures_total > c.failures.size())
        line("            " + t("……共 ", "… in all ") + n(c.failures_total) + t(" 处", ""));
    }
    line();
  }

 public:
  static std::string describe(Failure const& failure, bool zh) {
    std::string out;
    if (failure.entry) out += (zh ? "第 " : "entry ") + n(*failure.entry) + (zh ? " 条" : "");
    if (failure.type) out += std::string(out.empty() ? "" : " ") + "(" + std::string(name(*failure.type)) + ")";
    if (failure.offset) out += (zh ? "，文件偏移 " : ", byte ") + n(*failure.offset);
    if (!out.empty()) out += zh ? "：" : ": ";
    if (failure.refusal) out += std::string(name(*failure.refusal)) + " ";
    return out + (zh ? failure.zh : failure.en);
  }

 private:
  std::string person(PersonId p) const {
    return p == 0 || p > a_.manifest->people.size() ? t("服务器", "server") : shown(a_.manifest->people[p - 1].name);
  }

  std::string roles(std::uint32_t roles) const {
    std::string out;
    auto const add = [&](Role role, std::string_view zh, std::string_view en) {
      if ((roles & role) != 0) (out += out.empty() ? "" : t("、", ", ")) += t(zh, en);
    };
    add(kExpert, "专家", "expert");
    add(kChair, "主任委员", "chair");
    add(kClerk, "工作人员", "clerk");
    add(kSupervisor, "监督人员", "supervisor");
    add(kScreen, "大屏", "screen");
    return out;
  }

  void attendance() {
    std::size_t experts = 0, came = 0;
    for (Attendance const& a : a_.attendance) {
      if ((a_.manifest->people[a.person - 1].roles & kExpert) == 0) continue;
      ++experts;
      came += a.first_sign_in.has_value();
    }
    line(t("签到：应到 ", "Attendance: committee of ") + n(a_.manifest->committee_size) + t("，专家 ", ", experts ") +
         n(experts) + t("，签到 ", ", signed in ") + n(came));
    for (Attendance const& a : a_.attendance) {
      Person const& p = a_.manifest->people[a.person - 1];
      if (p.roles == kScreen) continue;
      std::string text = "  " + n(a.person) + "  " + shown(p.name);
      if (!p.employer.empty()) text += t("（", " (") + shown(p.employer) + t("）", ")");
      text += "  " + roles(p.roles) + "  ";
      text += a.first_sign_in ? t("签到于第 ", "signed in at entry ") + n(*a.first_sign_in) + t(" 条", "")
                              : t("未签到", "absent");
      if (a.last_sign_out) text += t("，签退于第 ", ", out at entry ") + n(*a.last_sign_out) + t(" 条", "");
      if (a.last_sign_out && a.signed_in) text += t("，后又签到", ", and in again");
      for (auto const& [q, reason] : a.recusals)
        text += t("，回避第 ", ", recused from question ") + n(q) + t(" 题：", ": ") + shown(reason);
      line(text);
    }
    line();
  }

  void results() {
    for (AttemptResult const& attempt : a_.attempts) {
      std::string text = shown(a_.manifest->batches[attempt.batch - 1].title) + t("  第 ", "  attempt ") +
                         n(attempt.attempt) + t(" 次", "") + t("，第 ", ", entry ") + n(attempt.entry) + t(" 条", "") +
                         t("，出席 ", ", present ") + n(attempt.present);
      text += attempt.paper ? t("，纸质投票", ", on paper") : t("，保管方 ", ", trustees ") + n(attempt.trustees);
      if (!attempt.overridden.empty()) {
        text += t("，未确认而放行：", ", overridden: ");
        for (PersonId const p : attempt.overridden)
          text += (p == attempt.overridden.front() ? "" : t("、", ", ")) + person(p);
      }
      line(text);
      for (QuestionResult const& q : attempt.questions) question(attempt, q);
      line();
    }
  }

  void question(AttemptResult const& attempt, QuestionResult const& q) {
    Candidate const& c = a_.manifest->candidates[q.question - 1];
    std::string text = "  " + n(q.question) + "  " + shown(c.name) + t("（", " (") + shown(c.employer) + t("，", ", ") +
                       shown(c.level) + t("，", ", ") +
                       (c.channel == Channel::kExceptional ? t("破格", "exceptional") : t("正常", "normal")) +
                       t("）", ")") + t("：", ": ");
    if (q.voided) {
      text += t("作废", "void") + (q.void_reason.empty() ? t("（收回多于发出）", " (more papers returned than issued)")
                                                         : t("，", ", ") + shown(q.void_reason));
      return line(text);
    }
    Row const& r = q.row;
    Rules const& rules = a_.manifest->rules;
    text += t("出席 ", "present ") + n(r.present) + t("，需 ", ", needed ") + n(r.needed) + t("，同意 ", ", agree ") +
            n(r.agree) + t("，不同意 ", ", disagree ") + n(r.disagree) + t("，弃权 ", ", abstain ") + n(r.abstain) +
            t("，无效 ", ", invalid ") + n(r.invalid) + t("，未投 ", ", not cast ") + n(r.not_cast) +
            t("，回避 ", ", recused ") + n(r.recused) + t("，", ", ");
    text += r.contested ? paint(33, t("有争议，不通过", "CONTESTED, not passed"))
            : r.passed  ? paint(32, t("通过", "passed"))
                        : paint(31, t("未通过", "not passed"));
    line(text);
    std::uint64_t const have = std::uint64_t{rules.pass_denominator} * r.agree;
    std::uint64_t const want = std::uint64_t{rules.pass_numerator} * r.present;
    std::string sum = "     " + n(rules.pass_denominator) + "×" + n(r.agree) + " = " + n(have) +
                      (have > want    ? " > "
                       : have == want ? " = "
                                      : " < ") +
                      n(want) + " = " + n(rules.pass_numerator) + "×" + n(r.present) +
                      (rules.pass_strict ? t("（须大于）", " (must be more)") : t("（不小于即可）", " (or equal)"));
    sum += t("；", "; ") + n(r.agree) + "+" + n(r.disagree) + "+" + n(r.abstain) + "+" + n(r.invalid) + "+" +
           n(r.not_cast) + "+" + n(r.recused) + " = " + n(r.present);
    if (!attempt.paper)
      sum += t("；信封 ", "; envelopes ") + n(q.cast) + t("，箱中 ", ", in the box ") + n(q.ballots) +
             t("，未确认 ", ", unconfirmed ") + n(q.unconfirmed);
    line(sum);
    if (r.contested)
      line("     " + t("未确认的 ", "with ") + n(q.unconfirmed) +
           t(" 张选票足以改变结果：同意 ", " unconfirmed ballots the outcome could be the other: agree ") +
           n(r.agree - std::min(r.agree, q.unconfirmed)) + "…" + n(std::uint64_t{r.agree} + q.unconfirmed) +
           t("，需 ", ", needed ") + n(r.needed));
    if (r.mode_sensitive)
      line("     " + t("注意：回避人数若以另一方式计入，结果会不同",
                       "note: with recusals counted in the other way the outcome would differ"));
  }

  void end() {
    if (a_.entries > 0) {
      line(t("记录指纹 ", "head ") + grouped(a_.head));
      line(t("纸上的   ", "paper ") + grouped(a_.anchor));
    }
    if (a_.unusable) {
      line((zh_ ? a_.unusable->zh : a_.unusable->en));
      return line(paint(31, "UNUSABLE offset " + n(a_.unusable->offset) + ": " + a_.unusable->en));
    }
    if (a_.verified()) return line(paint(32, "VERIFIED 25/25"));
    auto const first = a_.first_failure();
    line(paint(31, first ? "FAILED check " + n(first->check) + ": " + describe(*first->failure, false)
                         : "FAILED: not all checks were reached"));
  }

  Audit const& a_;
  bool zh_, colour_;
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

std::string text_report(Audit const& audit, std::string_view lang, bool colour) {
  return Text(audit, lang, colour).run();
}

std::string json_report(Audit const& audit) {
  Json j;
  j.open('{');
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
    j.put("zh", audit.unusable->zh);
    j.put("en", audit.unusable->en);
    j.close('}');
  }
  if (auto const first = audit.first_failure()) {
    j.put("failed_check", first->check);
    j.put("failed_entry", first->failure->entry);
  }
  j.open('[', "checks");
  for (std::size_t i = 1; i <= kChecks; ++i) {
    Check const& c = audit.check(i);
    j.open('{');
    j.put("number", i);
    j.put("outcome", word(c.outcome));
    j.put("zh", title(i, "zh"));
    j.put("en", title(i, "en"));
    j.put("failures_total", c.failures_total);
    j.open('[', "failures");
    for (Failure const& failure : c.failures) {
      j.open('{');
      j.put("entry", failure.entry);
      j.put("offset", failure.offset);
      j.put("type", failure.type ? std::optional(std::string(name(*failure.type))) : std::nullopt);
      j.put("refusal", failure.refusal ? std::optional(std::string(name(*failure.refusal))) : std::nullopt);
      j.put("zh", failure.zh);
      j.put("en", failure.en);
      j.close('}');
    }
    j.close(']');
    j.close('}');
  }
  j.close(']');
  if (audit.manifest) {
    Manifest const& m = *audit.manifest;
    j.open('{', "meeting");
    j.put("id", to_hex(m.meeting_id));
    j.put("title", m.title);
    j.put("date", m.date);
    j.put("rehearsal", m.rehearsal);
    j.put("committee_size", m.committee_size);
    j.close('}');
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
    j.open('[', "attempts");
    for (AttemptResult const& attempt : audit.attempts) {
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
      for (QuestionResult const& q : attempt.questions) {
        Candidate const& c = m.candidates[q.question - 1];
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
      j.close(']');
      j.close('}');
    }
    j.close(']');
  }
  j.close('}');
  return j.take() + "\n";
}

}  // namespace piaojue::verifier

// SPDX-License-Identifier: Apache-2.0
#include "office/rules/studies.h"

#include <algorithm>
#include <array>
#include <string>

#include "sheets/vocabulary.h"

namespace piaojue::office {

using sheets::meaning_of;
using sheets::Word;
using Says = StudyWord::Says;

namespace {

// ---- Words

/// How somebody studied: it makes no difference (第十五条).
constexpr auto kModes = std::to_array<std::string_view>(
    {"全日制",   "非全日制", "普通全日制", "普通高等教育", "高等教育", "统招",     "普通",     "成人高等教育",
     "成人教育", "成人",     "自学考试",   "自考",         "函授",     "网络教育", "远程教育", "开放教育",
     "夜大",     "电大",     "在职",       "业余",         "脱产",     "国民教育"});
constexpr auto kTails = std::to_array<std::string_view>({"学历", "毕业", "教育"});

bool is_mode(std::string_view code) { return std::ranges::find(kModes, code) != kModes.end(); }

std::optional<StudyWord> schooling_itself(std::string_view code) {
  using enum Degree;
  static constexpr auto kWords = std::to_array<Word<StudyWord>>({
      {"博士研究生", {kDoctor, false, Says::kGraduateCourse}},
      {"硕士研究生", {kMaster, false, Says::kGraduateCourse}},
      {"研究生", {kMaster, false, Says::kAnyCourse}},
      {"本科", {kBachelor}},
      {"大学本科", {kBachelor}},
      {"大学", {kBachelor}},
      {"大专", {kCollege}},
      {"专科", {kCollege}},
      {"大学专科", {kCollege}},
      {"高职", {kCollege}},
      {"高职高专", {kCollege}},
      {"高职专科", {kCollege}},
      {"高等职业学校", {kCollege}},
      {"中专", {kSecondary}},
      {"中等专科", {kSecondary}},
      {"中等专业学校", {kSecondary}},
      {"中等职业学校", {kSecondary}},
      {"中等职业", {kSecondary}},
      {"中职", {kSecondary}},
      {"职业高中", {kSecondary}},
      {"职高", {kSecondary}},
      {"高中", {kBelow}},
      {"初中", {kBelow}},
      {"小学", {kBelow}},
      {"中级工班", {kSecondary, true}},
      {"高级工班", {kCollege, true}},
      {"预备技师班", {kBachelor, true}},
      {"技师班", {kBachelor, true}},
  });
  return meaning_of(kWords, code);
}

/// Without how somebody studied before it, and 学历 or 毕业 behind it.
std::optional<StudyWord> schooling_at_heart(std::string_view code) {
  for (bool changed = true; changed;) {
    if (auto const out = schooling_itself(code)) return out;
    changed = false;
    for (std::string_view const mode : kModes)
      if (!changed && code.starts_with(mode)) code.remove_prefix(mode.size()), changed = true;
    for (std::string_view const tail : kTails)
      if (!changed && code.ends_with(tail)) code.remove_suffix(tail.size()), changed = true;
  }
  return std::nullopt;
}

/// Of a bachelor, master or doctor: whether the field before it makes it a professional degree in engineering. The
/// first are the academic 门类; new names of professional degrees (电子信息 …) are left to the column 学位类型.
struct DegreeField {
  std::optional<bool> engineering_professional;
};
std::optional<DegreeField> degree_field(std::string_view code) {
  static constexpr auto kFields = std::to_array<Word<DegreeField>>({
      {"", {std::nullopt}},
      {"哲学", {false}},
      {"经济学", {false}},
      {"法学", {false}},
      {"教育学", {false}},
      {"文学", {false}},
      {"历史学", {false}},
      {"理学", {false}},
      {"工学", {false}},
      {"农学", {false}},
      {"医学", {false}},
      {"军事学", {false}},
      {"管理学", {false}},
      {"艺术学", {false}},
      {"学术", {false}},
      {"学术型", {false}},
      {"工商管理", {false}},
      {"公共管理", {false}},
      {"会计", {false}},
      {"法律", {false}},
      {"教育", {false}},
      {"金融", {false}},
      {"应用统计", {false}},
      {"农业", {false}},
      {"工程", {true}},
      {"工程管理", {std::nullopt}},
      {"电子信息", {std::nullopt}},
      {"机械", {std::nullopt}},
      {"材料与化工", {std::nullopt}},
      {"资源与环境", {std::nullopt}},
      {"能源动力", {std::nullopt}},
      {"土木水利", {std::nullopt}},
      {"生物与医药", {std::nullopt}},
      {"交通运输", {std::nullopt}},
      {"专业", {std::nullopt}},
      {"专业型", {std::nullopt}},
  });
  return meaning_of(kFields, code);
}

/// 工学硕士, 硕士学位, 工程硕士专业学位, 学士; `says` is kDegree.
std::optional<StudyWord> degree_itself(std::string_view code) {
  using enum Degree;
  if (code == "第二学士" || code == "第二学士学位") return StudyWord{kSecondBachelor, false, Says::kDegree};
  if (code == "双学士" || code == "双学位" || code == "双学士学位")
    return StudyWord{kSecondBachelor, false, Says::kUnsure};
  for (std::string_view const tail : {"专业学位", "学术学位", "学位"})
    if (code.ends_with(tail)) {
      code.remove_suffix(tail.size());
      break;
    }
  for (auto const& [tail, degree] :
       {std::pair{std::string_view("学士"), kBachelor}, {"硕士", kMaster}, {"博士", kDoctor}}) {
    if (!code.ends_with(tail)) continue;
    auto const field = degree_field(code.substr(0, code.size() - tail.size()));
    if (!field) return std::nullopt;
    bool const graduate = degree >= kMaster;
    return StudyWord{degree, false, Says::kDegree, graduate ? field->engineering_professional : std::nullopt};
  }
  return std::nullopt;
}

/// Without brackets that say how somebody studied, or the same once more: 本科（函授）, 专科（高职）.
/// @return nothing: they say something else.
std::optional<std::string> without_modes(std::string_view code) {
  auto words = sheets::with_brackets(code);
  auto const whole = schooling_at_heart(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].empty() || is_mode(words[i]) || std::ranges::find(kTails, words[i]) != kTails.end()) continue;
    auto const inner = schooling_at_heart(words[i]);
    if (!whole || !inner || whole->degree != inner->degree || whole->says != inner->says) return std::nullopt;
  }
  return words.front();
}

}  // namespace

std::optional<StudyWord> schooling_word(std::string_view code) {
  auto const plain = without_modes(code);
  if (!plain) return std::nullopt;
  if (auto const out = schooling_at_heart(*plain)) return out;
  auto out = degree_itself(*plain);
  if (!out || out->says == Says::kUnsure || plain->ends_with("学位")) return out;
  // 学士 is enough by itself; 硕士 in this column is how people write 硕士研究生.
  if (out->degree >= Degree::kMaster) out->says = Says::kGraduateCourse;
  if (out->degree == Degree::kBachelor) out->says = Says::kSchooling;
  return out;
}

std::optional<StudyWord> degree_word_of(std::string_view code) {
  auto const plain = without_modes(code);
  if (!plain) return std::nullopt;
  if (auto const out = degree_itself(*plain)) return out;
  return schooling_at_heart(*plain);
}

namespace {

/// What is held comes together here, each once.
class Held {
 public:
  explicit Held(Studies const& said) : said_(said) {}

  std::vector<Study> take() {
    for (auto const* words : {&said_.schooling, &said_.degrees})
      for (StudyWord const& word : *words) take_word(word);
    // A course is at least what comes before it.
    bool const certain = std::ranges::any_of(
        out_, [](Study const& s) { return s.degree >= Degree::kBachelor && !s.graduate_without_degree; });
    if (course_ && !certain) add({Degree::kBachelor, false, true});
    return std::move(out_);
  }

 private:
  void take_word(StudyWord const& word) {
    switch (word.says) {
      case Says::kSchooling:
      case Says::kDegree:
        return add({word.degree, word.technician_school, false});
      case Says::kUnsure:
        course_ = true;
        return add({word.degree, false, true});
      case Says::kGraduateCourse:
        course_ = true;
        if (!named(word.degree) && open()) add({word.degree, false, true});
        return;
      case Says::kAnyCourse:
        course_ = true;
        if (named(Degree::kMaster) || named(Degree::kDoctor) || !open()) return;
        add({Degree::kMaster, false, true});
        add({Degree::kDoctor, false, true});
    }
  }
  bool named(Degree degree) const {
    auto const names = [&](StudyWord const& w) { return w.says == Says::kDegree && w.degree == degree; };
    return std::ranges::any_of(said_.degrees, names) || std::ranges::any_of(said_.schooling, names);
  }
  /// Whether the degree of a course may be held all the same: nothing is written of degrees, or what is written may
  /// belong to another of several courses.
  bool open() const {
    auto const course = [](StudyWord const& w) {
      return w.says == Says::kGraduateCourse || w.says == Says::kAnyCourse;
    };
    return !said_.degree_written || said_.schooling.size() > 1 || std::ranges::any_of(said_.degrees, course);
  }
  void add(Study study) {
    if (std::ranges::find(out_, study) == out_.end()) out_.push_back(study);
  }

  Studies const& said_;
  bool course_ = false;
  std::vector<Study> out_;
};

}  // namespace

std::vector<Study> held_studies(Studies const& said) { return Held(said).take(); }

bool is_degree_beyond_schooling(Studies const& said) {
  auto const higher = [](StudyWord const& word) { return word.degree >= Degree::kBachelor; };
  return !said.schooling.empty() && std::ranges::none_of(said.schooling, higher) &&
         std::ranges::any_of(said.degrees, higher);
}

std::optional<bool> engineering_professional(Studies const& said) {
  std::optional<bool> out;
  for (auto const* words : {&said.schooling, &said.degrees})
    for (StudyWord const& word : *words) {
      if (!word.engineering_professional) continue;
      if (out && out != word.engineering_professional) return std::nullopt;
      out = word.engineering_professional;
    }
  return out;
}

}  // namespace piaojue::office

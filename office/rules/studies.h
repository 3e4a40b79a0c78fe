// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 学历 and 学位 of one form to what is held. 第五条 asks for degrees; a course is not one: 博士研究生 beside the
/// degree of a master is a master, and beside nothing it is a question.
#include <optional>
#include <string_view>
#include <vector>

#include "office/rules/facts.h"

namespace piaojue::office {

/// One word of 学历 or 学位.
struct StudyWord {
  Degree degree = Degree::kSecondary;
  bool technician_school = false;
  enum class Says : std::uint8_t {
    kSchooling,       ///< 本科: counts by itself
    kDegree,          ///< 硕士学位
    kGraduateCourse,  ///< 博士研究生: the degree would be `degree`
    kAnyCourse,       ///< 研究生: of a master or of a doctor
    kUnsure,          ///< 双学士: may be `degree`
  } says = Says::kSchooling;
  std::optional<bool> engineering_professional = {};
};

/// By the column's heading: in 学历, 硕士 names a course; in 学位, a degree. @return nothing: not known.
std::optional<StudyWord> schooling_word(std::string_view code);
std::optional<StudyWord> degree_word_of(std::string_view code);

struct Studies {
  std::vector<StudyWord> schooling, degrees;
  bool degree_written = false;  ///< something stands in 学位, if only 无
};
std::vector<Study> held_studies(Studies const& said);
/// A degree for which one must have been through more schooling than is written.
bool is_degree_beyond_schooling(Studies const& said);
/// Of the degrees named; nothing where it is not said, or not the same of all.
std::optional<bool> engineering_professional(Studies const& said);

}  // namespace piaojue::office

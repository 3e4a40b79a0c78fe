// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Sheets to be filled in: the headings by which the import knows its columns, words to choose from where it takes only
/// these, and a first row marked 示例, which the import passes over. Every cell keeps what is typed as a text, so that
/// no date loses a month and no identity number a digit.
#include <array>
#include <string_view>

#include "base/explained.h"
#include "crypto/types.h"

namespace piaojue::office {

enum class Template : std::uint8_t { kMembers, kApplicants, kAppraisals };
inline constexpr std::array kTemplates{Template::kMembers, Template::kApplicants, Template::kAppraisals};

/// The name of its file without an ending: members, candidates, appraisals.
std::string_view template_name(Template which);
/// XLSX.
Explained<Bytes> write_template(Template which);

}  // namespace piaojue::office

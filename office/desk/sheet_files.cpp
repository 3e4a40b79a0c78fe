// SPDX-License-Identifier: Apache-2.0
#include "office/desk/sheet_files.h"

#include "office/desk/checked_sheets.h"
#include "office/desk/new_files.h"
#include "office/rules/templates.h"
#include "sheets/marked_copy.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

namespace {

constexpr std::string_view kProblems = "-problems", kEnding = ".xlsx";

/// What the names of templates and the codes of uploads have in common.
std::optional<office::Template> template_of(std::string_view name) {
  auto const at = std::ranges::find(office::kTemplates, name, office::template_name);
  return at == office::kTemplates.end() ? std::nullopt : std::optional(*at);
}

/// @return nothing where the sheet has no faults, or none that could be written beside a row.
std::optional<Bytes> marked(CheckedSheets const& checked, Upload kind, ByteView file) {
  auto const errors = checked.errors(kind);
  if (errors.empty()) return std::nullopt;
  auto out = sheets::marked_copy(file, checked.reading(kind), errors);
  return out ? std::optional(std::move(*out)) : std::nullopt;
}

void say_line(std::ostream& to, Sentence const& sentence, Lang lang) { to << sentence.in(lang) << "\n"; }

local::Asset workbook(ByteView bytes) {
  return {.type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
          .bytes = std::string(as_text(bytes)),
          .policy = ""};
}

}  // namespace

Explained<void> write_templates(fs::path const& folder, std::ostream& say, Lang lang) {
  NewFiles files(folder);
  for (office::Template const which : office::kTemplates) {
    auto bytes = office::write_template(which);
    if (!bytes) return bytes.error();
    files.add(std::string(office::template_name(which)) + std::string(kEnding), std::move(*bytes));
  }
  if (auto const put = files.write(); !put) return put.error();
  say_line(say, {words::kTemplatesWritten, {{"folder", folder.string()}}}, lang);
  return {};
}

Explained<bool> check_sheets(CheckSheets const& request, std::ostream& say, Lang lang) {
  std::array<Bytes, kSheetUploads.size()> files;
  std::array<std::optional<fs::path>, kSheetUploads.size()> const paths{request.members, request.candidates,
                                                                        request.appraisals};
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!paths[i]) continue;
    auto bytes = read_file(*paths[i], sheets::kSheetBytesMax);
    if (!bytes) return bytes.error();
    files[i] = std::move(*bytes);
  }
  CheckedSheets const checked(files[0], files[1], files[2], {});
  for (Sentence const& sentence : checked.readings()) say_line(say, sentence, lang);
  if (checked.ok()) {
    for (Sentence const& sentence : checked.remarks()) say_line(say, sentence, lang);
    for (auto const& recusal : checked.proposed_recusals()) say_line(say, recusal.sentence(), lang);
    say_line(say, words::kSheetsRight, lang);
    return true;
  }
  NewFiles copies(request.problems.value_or(fs::path{}));
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto const errors = checked.errors(kSheetUploads[i]);
    if (!errors.empty()) say << sheets::explained(errors).in(lang) << "\n";
    if (!request.problems) continue;
    if (auto copy = marked(checked, kSheetUploads[i], files[i]))
      copies.add(std::string(upload_code(kSheetUploads[i])) + std::string(kProblems) + std::string(kEnding),
                 std::move(*copy));
  }
  if (copies.marks().empty()) return false;
  if (auto const put = copies.write(); !put) return put.error();
  say_line(say, {words::kProblemsWritten, {{"folder", request.problems->string()}}}, lang);
  return false;
}

std::optional<local::Asset> sheet_asset(std::string_view path, Uploads const& uploads) {
  if (!path.ends_with(kEnding)) return std::nullopt;
  path.remove_suffix(kEnding.size());
  if (auto const which = template_of(path)) {
    auto const bytes = office::write_template(*which);
    return bytes ? std::optional(workbook(*bytes)) : std::nullopt;
  }
  if (!path.ends_with(kProblems)) return std::nullopt;
  path.remove_suffix(kProblems.size());
  auto const kind = upload_of(path);
  if (!kind || std::ranges::find(kSheetUploads, *kind) == kSheetUploads.end()) return std::nullopt;
  auto const sent = [&](Upload one) {
    auto bytes = read_file(uploads.path(one), sheets::kSheetBytesMax);
    return bytes ? std::move(*bytes) : Bytes{};
  };
  Bytes const members = sent(Upload::kMembers);
  Bytes const candidates = sent(Upload::kCandidates);
  Bytes const appraisals = uploads.has(Upload::kAppraisals) ? sent(Upload::kAppraisals) : Bytes{};
  CheckedSheets const checked(members, candidates, appraisals, {});
  auto const& file = *kind == Upload::kMembers ? members : *kind == Upload::kCandidates ? candidates : appraisals;
  auto const copy = marked(checked, *kind, file);
  return copy ? std::optional(workbook(*copy)) : std::nullopt;
}

}  // namespace piaojue::desk

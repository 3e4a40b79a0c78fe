// SPDX-License-Identifier: Apache-2.0
#include "office/desk/desk.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>

#include "base/platform/machine.h"
#include "sheets/sheet.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

Day day_of_clock() {
  auto const local = platform::local_time(std::time(nullptr));
  return std::chrono::year_month_day(std::chrono::year(local.tm_year + 1900),
                                     std::chrono::month(static_cast<unsigned>(local.tm_mon + 1)),
                                     std::chrono::day(static_cast<unsigned>(local.tm_mday)));
}

Day Setting::today() const { return day ? *day : day_of_clock(); }

std::optional<Sentence> odd_date(Day day, office::Ledger const& last) {
  if (day > day_of_clock()) return Sentence(words::kDateAhead, {{"date", sheets::day_text(day)}});
  if (last.entries().empty() || day >= last.entries().back().action.date) return std::nullopt;
  return Sentence(words::kDateBack,
                  {{"date", sheets::day_text(day)}, {"last", sheets::day_text(last.entries().back().action.date)}});
}

Explained<std::optional<Day>> parse_day_option(std::string const& text) {
  if (text.empty()) return std::optional<Day>();
  auto const day = sheets::parse_day(text);
  if (!day) return Explanation(Sentence(words::kDayWanted, {{"text", text}}));
  return std::optional(*day);
}

namespace {
constexpr std::array<std::string_view, 8> kUploads{"members", "candidates", "appraisals", "record",
                                                   "paper",   "evidence",   "material",   "slip"};
}  // namespace

std::string_view upload_code(Upload kind) { return kUploads.at(static_cast<std::size_t>(kind)); }
std::optional<Upload> upload_of(std::string_view code) {
  auto const* const at = std::ranges::find(kUploads, code);
  return at == kUploads.end() ? std::nullopt : std::optional(static_cast<Upload>(at - kUploads.begin()));
}

Explained<void> make_folder(fs::path const& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Explanation(Sentence(words::kLedgerNoFolder, {{"folder", folder.string()}}));
  return {};
}

Explained<Desk> Desk::open(Setting setting, Hand hand, std::ostream& say, IfMissing missing) {
  auto file = office::LedgerFile::open(setting.office, missing == IfMissing::kCreate);
  if (!file) return file.error();
  if (file->torn() > 0) {
    Sentence const torn(words::kTorn, {{"bytes", std::uint64_t{file->torn()}}});
    std::cerr << Sentence(words::kProgramSays, {{"what", torn}}).in(setting.lang) << "\n";
  }
  return Desk(std::move(setting), std::move(hand), say, std::move(*file));
}

// ---- What follows from the ledger -----------------------------------------------------------------------------------

Explained<fs::path> Desk::tables() const {
  std::error_code none;
  if (!fs::is_directory(setting_.tables, none))
    return Explanation(Sentence(words::kNoTables, {{"folder", setting_.tables.string()}}));
  return setting_.tables;
}

Explained<office::WorkCalendar> Desk::calendar() const {
  auto const folder = tables();
  if (!folder) return folder.error();
  office::WorkCalendar out;
  std::error_code none;
  for (auto const& at : fs::directory_iterator(*folder, none)) {
    if (!at.path().filename().string().starts_with("holidays-")) continue;
    auto const toml = read_file(at.path(), office::kHolidayTableBytesMax);
    if (!toml) return toml.error();
    auto const table = office::parse_holidays(as_text(*toml));
    if (!table) return table.error();
    if (auto const added = out.add(*table); !added) return added.error();
  }
  return out;
}

SheetsOf Desk::sheets() const {
  return [this](Casework::Import const& import) -> Explained<ImportedSheets> {
    auto candidates = sheet(import, Upload::kCandidates);
    if (!candidates) return candidates.error();
    auto appraisals = sheet(import, Upload::kAppraisals);
    if (!appraisals) return appraisals.error();
    return ImportedSheets{std::move(*candidates), std::move(*appraisals)};
  };
}

Explained<office::Review> Desk::review(Casework const& cases,
                                       std::map<std::uint32_t, entry::Amend> const& further) const {
  auto list = read_list(cases, sheets(), further);
  if (!list) return list.error();
  auto const folder = tables();
  if (!folder) return folder.error();
  auto const toml = read_file(*folder / "standard-2023-13.toml", office::kStandardBytesMax);
  if (!toml) return toml.error();
  auto standard = office::parse_standard(as_text(*toml));
  if (!standard) return standard.error();
  std::error_code none;
  for (auto const& at : fs::directory_iterator(*folder, none)) {
    if (!at.path().filename().string().starts_with("licences-")) continue;
    auto const bytes = read_file(at.path(), office::kLicencesBytesMax);
    if (!bytes) return bytes.error();
    auto licences = office::parse_licences(as_text(*bytes));
    if (!licences) return licences.error();
    standard->licences.push_back(std::move(*licences));
  }
  auto const days = calendar();
  if (!days) return days.error();
  return office::Review(std::move(list->people), *standard, cases.import()->said.extension, *days, list->as_imported);
}

Explained<Casework> Desk::casework(Follow follow) const {
  auto bare = Casework::replay(ledger(), {});
  if (!bare || follow == Follow::kLedger) return bare;
  Casework::Basis basis;
  if (follow != Follow::kDays) {
    if (!bare->import()) return Explanation(words::kCaseNoImport);
    auto judged = review(*bare);
    if (!judged) return judged.error();
    basis.review = std::move(*judged);
  }
  if (follow != Follow::kVerdicts) {
    auto days = calendar();
    if (!days) return days.error();
    basis.calendar = std::move(*days);
  }
  return Casework::replay(ledger(), std::move(basis));
}

Explained<Bytes> Desk::sheet(Casework::Import const& import, Upload kind) const {
  for (FileMark const& mark : import.files) {
    if (mark.name != upload_code(kind)) continue;
    auto bytes = read_file(setting_.office / kImportsFolder / to_hex(mark.hash.view()), sheets::kSheetBytesMax);
    if (bytes && crypto::sha256({*bytes}) != mark.hash)
      return Explanation(Sentence(words::kSheetAltered, {{"kind", mark.name}}));
    return bytes;
  }
  return Bytes{};
}

Explained<Draft> Desk::draft(Casework const& before, entry::Body const& body, std::vector<Subject> subjects,
                             std::vector<FileMark> files, Draft const* behind) {
  if (hand_.person < 1 || hand_.person > ledger().people().size()) return Explanation(words::kLedgerPersonUnknown);
  office::Action action{entry::deed_of(body), today(), std::move(subjects), entry::encode_texts(body),
                        std::move(files)};
  office::Ledger then = behind != nullptr ? behind->ledger : ledger();
  if (auto odd = odd_date(today(), then)) {
    if (setting_.date_reason.empty()) return Explanation(std::move(*odd));
    action.texts[entry::kDateReasonKey] = setting_.date_reason;
  }
  auto after = before.with(action, ledger().people()[hand_.person - 1].name);
  if (!after) return after.error();
  auto const key = hand_.key(file_);
  if (!key) return key.error();
  office::Signer const signer{hand_.person, *key};
  auto const signed_entry = then.sign(action, {signer});
  if (!signed_entry) return signed_entry.error();
  if (auto const taken = then.apply(*signed_entry); !taken) return taken.error();
  return Draft{std::move(action), signer, std::move(*after), std::move(then)};
}

Explained<void> Desk::write(Draft const& draft) {
  auto const index = file_.append(draft.action, {draft.signer});
  if (!index) return index.error();
  say({words::kWritten, {{"entry", *index}, {"deed", deed_text(draft.action.deed)}}});
  return {};
}

Explained<Casework> Desk::write(Casework const& before, entry::Body const& body, std::vector<Subject> subjects,
                                std::vector<FileMark> files) {
  auto checked = draft(before, body, std::move(subjects), std::move(files));
  if (!checked) return checked.error();
  if (auto const written = write(*checked); !written) return written.error();
  return std::move(checked->after);
}

}  // namespace piaojue::desk

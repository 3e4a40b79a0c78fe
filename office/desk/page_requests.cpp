// SPDX-License-Identifier: Apache-2.0
#include "office/desk/page_requests.h"

#include <sstream>

#include "local/wiped_json.h"
#include "office/desk/page_values.h"
#include "office/desk/page_views.h"
#include "strings/desk.h"
#include "verifier/report.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;
using local::WipedJson;

namespace {

constexpr std::string_view kPapersFolder = "papers", kIncomingFolder = "incoming";

std::string title_at(json::object const& in, Lang lang) {
  auto title = text_at(in, "title");
  return title.empty() ? std::string(words::kTitle.in(lang)) : title;
}

}  // namespace

PageRequests::PageRequests(Setting setting, fs::path const& programs)
    : setting_(std::move(setting)),
      date_reason_(setting_.date_reason),
      uploads_(setting_.office / kIncomingFolder),
      papers_(setting_.office / kPapersFolder),
      materials_(setting_.office),
      meetings_(setting_, programs, [this](auto const& deed) { return done(deed); }),
      service_(setting_, programs, meetings_, uploads_, [this](auto const& deed) { return done(deed); }) {}

std::span<PageRequests::Verb const> PageRequests::verbs() {
  static constexpr std::array kVerbs = std::to_array<Verb>({
      {"state", &PageRequests::state, true},
      {"unlock", &PageRequests::unlock, true},
      {"enlist", &PageRequests::enlist_by, true},
      {"upload", &PageRequests::upload},
      {"preview", &PageRequests::preview_sheets},
      {"verdicts", &PageRequests::verdicts},
      {"verdict", &PageRequests::verdict},
      {"cells", &PageRequests::cells},
      {"recusals", &PageRequests::recusals},
      {"deadline", &PageRequests::deadline},
      {"trail", &PageRequests::trail_of},
      {"check-paper", &PageRequests::check_paper},
      {"materials", &PageRequests::materials_of},
      {"material-add", &PageRequests::add_material},
      {"material-remove", &PageRequests::remove_material},
      {"import", &PageRequests::import_sheets},
      {"verdict-paper", &PageRequests::verdict_paper},
      {"decide", &PageRequests::decide_some},
      {"amend", &PageRequests::amend_one},
      {"withdraw", &PageRequests::withdraw_some},
      {"notice", &PageRequests::notify},
      {"answer", &PageRequests::answer_notice},
      {"roster", &PageRequests::make_roster},
      {"ballots", &PageRequests::make_ballots},  // no deed
      {"papers", &PageRequests::make_papers},
      {"publish", &PageRequests::publish_at},
      {"object", &PageRequests::object_to},
      {"resolve", &PageRequests::resolve_one},
      {"file", &PageRequests::file_all},
      {"announce", &PageRequests::announce_all},
      {"certificates", &PageRequests::hand_off_all},
  });
  return kVerbs;
}

PageRequests::Reply PageRequests::answer(std::string_view verb, In in) {
  auto const all = verbs();
  auto const at = std::ranges::find(all, verb, &Verb::name);
  if (!key_ && (at == all.end() || !at->open)) return Explanation(words::kPageSignOn);
  bool const of_service = service_.knows(verb);
  if (at == all.end() && !of_service && !meetings_.knows(verb)) return Explanation(words::kPageUnknownVerb);
  auto reason = text_at(in, "date_reason");
  setting_.date_reason = reason.empty() ? date_reason_ : std::move(reason);
  if (of_service) return service_.answer(verb, in);
  return at == all.end() ? meetings_.answer(verb, in, name_) : (this->*at->answer)(in);
}

bool PageRequests::exists() const {
  std::error_code none;
  return fs::exists(setting_.office / "ledger", none);
}

Hand PageRequests::hand() const {
  return {person_, [key = key_](office::LedgerFile const&) -> Explained<crypto::SigningKey const*> {
            if (!key) return Explanation(words::kPageSignOn);
            return key.get();
          }};
}

PageRequests::Reply PageRequests::done(std::function<Explained<void>(Desk&)> const& deed) {
  std::ostringstream said;
  auto desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  if (auto const did = deed(*desk); !did) return did.error();
  return json::object{{"said", said.str()}};
}

Explained<Evidence> PageRequests::evidence(In in) const {
  auto const meeting = text_at(in, "meeting");
  if (meeting.empty()) return Evidence{uploads_.path(Upload::kRecord), text_at(in, "anchor")};
  auto record = meetings_.record(meeting);
  if (!record) return record.error();
  return Evidence{std::move(*record), text_at(in, "anchor")};
}

Explained<Bytes> PageRequests::uploaded(Upload kind) const {
  return office::read_file(uploads_.path(kind), sheets::kSheetBytesMax);
}

// ---- Whoever is at the page ----------------------------------------------------------------------------------------

PageRequests::Reply PageRequests::state(In) {
  json::object out;
  out["folder"] = fs::absolute(setting_.office).string();
  out["today"] = sheets::day_text(setting_.today());
  out["person"] = key_ ? person_ : 0;
  out["people"] = json::array();
  if (!exists()) return out;
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  out["people"] = people_view(desk->ledger());
  // To whoever has not signed on the page shows who may, and nothing of what was done.
  if (!key_) return out;
  if (auto const odd = odd_date(desk->today(), desk->ledger())) out["odd_date"] = odd->in(setting_.lang);
  out["entries"] = desk->ledger().size();
  out["head"] = verifier::grouped(desk->ledger().head());
  auto progress = progress_view(*desk, fs::absolute(setting_.office) / kRosterFolder);
  if (!progress) return progress.error();
  for (auto& member : *progress) out[member.key()] = std::move(member.value());
  out["papers"] = papers_.list();
  out["meetings"] = meetings_.count();
  out["holds"] = meetings_.meetings().can_be_held();
  out["service"] = service_.membership();
  return out;
}

PageRequests::Reply PageRequests::unlock(In in) {
  if (!exists()) return Explanation(words::kPageNoPeople);
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const person = number_at(in, "person");
  auto key = desk->unlock(person, WipedJson::text(in, "passphrase"));
  if (!key) return key.error();
  key_ = std::make_shared<crypto::SigningKey const>(std::move(*key));
  person_ = person;
  name_ = desk->ledger().people()[person - 1].name;
  return json::object{};
}

/// The first person for himself; after that one who has signed on vouches.
PageRequests::Reply PageRequests::enlist_by(In in) {
  std::ostringstream said;
  auto desk = Desk::open(setting_, hand(), said, IfMissing::kCreate);
  if (!desk) return desk.error();
  if (!desk->ledger().people().empty() && !key_) return Explanation(words::kPageVouch);
  Enlist request{text_at(in, "name"), WipedJson::text(in, "passphrase"), {}};
  if (key_) request.voucher = hand();
  auto const person = enlist(*desk, request);
  if (!person) return person.error();
  return json::object{{"person", *person},
                      {"fingerprint", office::key_fingerprint(desk->ledger().people().back().key)}};
}

// ---- Files and views -----------------------------------------------------------------------------------------------

PageRequests::Reply PageRequests::upload(In in) {
  auto const kind = upload_of(text_at(in, "kind"));
  if (!kind) return Explanation(words::kPageUnknownFile);
  auto const* const given = in.if_contains("offset");
  auto const offset = given != nullptr && given->is_int64() ? given->as_int64() : -1;
  if (auto const put = uploads_.put(*kind, offset, text_at(in, "data")); !put) return put.error();
  return json::object{};
}

PageRequests::Reply PageRequests::preview_of_part(Import const& request) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const found = preview_part(*desk, request);
  return found ? Reply(part_view(*found, setting_.lang)) : Reply(found.error());
}

PageRequests::Reply PageRequests::preview_sheets(In in) {
  auto const filed = parse_day_option(text_at(in, "filed"));
  if (!filed) return Explanation(words::kFiledWanted);
  if (flag_at(in, "part")) {
    auto const request = part_request(in, *filed);
    return request ? preview_of_part(*request) : Reply(request.error());
  }
  auto const candidates = uploaded(Upload::kCandidates);
  if (!candidates) return candidates.error();
  auto const members = uploaded(Upload::kMembers);
  if (!members) return members.error();
  auto const appraisals = uploads_.has(Upload::kAppraisals) ? uploaded(Upload::kAppraisals) : Explained<Bytes>(Bytes{});
  if (!appraisals) return appraisals.error();
  return preview(*members, *candidates, *appraisals, *filed ? sheets::to_date(**filed) : sheets::Date{}, setting_.lang);
}

PageRequests::Reply PageRequests::verdicts(In) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const casework = desk->casework(Follow::kAll);
  if (!casework) return casework.error();
  return json::object{{"rows", verdicts_view(*casework, setting_.lang)}};
}

PageRequests::Reply PageRequests::verdict(In in) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const casework = desk->casework(Follow::kAll);
  if (!casework) return casework.error();
  return verdict_view(*casework, number_at(in, "candidate"), setting_.today(), setting_.lang);
}

PageRequests::Reply PageRequests::cells(In in) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const casework = desk->casework(Follow::kLedger);
  if (!casework) return casework.error();
  auto const cells = listed_cells(*casework, desk->sheets(), number_at(in, "candidate"));
  if (!cells) return cells.error();
  json::array rows;
  for (auto const& cell : *cells) rows.push_back({{"field", cell.field}, {"value", cell.value}});
  // Appraisals that are not there: of the years that articles ask for.
  constexpr int kYears = 10;
  json::array fresh;
  int const last = sheets::to_date(setting_.today()).year - 1;
  for (int year = last; year > last - kYears; --year)
    if (std::ranges::find(*cells, appraisal_field(year), &ListedCell::field) == cells->end())
      fresh.emplace_back(appraisal_field(year));
  return json::object{{"cells", std::move(rows)}, {"fresh", std::move(fresh)}};
}

PageRequests::Reply PageRequests::recusals(In) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const casework = desk->casework(Follow::kAll);
  if (!casework) return casework.error();
  auto const in = casework->check_roster();
  if (!in) return in.error();
  auto const all = suggested_recusals(*desk, *casework, *in);
  if (!all) return all.error();
  return json::object{{"rows", recusals_view(*all, setting_.lang)}};
}

PageRequests::Reply PageRequests::deadline(In in) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const last = deadline_of(*desk, {desk->today(), static_cast<int>(number_at(in, "days"))});
  if (!last) return last.error();
  return json::object{{"last", sheets::day_text(*last)}};
}

PageRequests::Reply PageRequests::trail_of(In in) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  return json::object{{"rows", trail_view(desk->ledger(), one_at(in, "candidate"), text_at(in, "name"))}};
}

PageRequests::Reply PageRequests::check_paper(In in) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const of = evidence(in);
  if (!of) return of.error();
  auto const compared = compare(*of, uploads_.path(Upload::kPaper), &*desk);
  if (!compared) return compared.error();
  json::array differences;
  for (Sentence const& difference : compared->differences) differences.emplace_back(difference.in(setting_.lang));
  bool const agrees = differences.empty();
  return json::object{{"differences", std::move(differences)},
                      {"said", agrees ? agreement(*compared, setting_.lang) : std::string()}};
}

// ---- Materials -----------------------------------------------------------------------------------------------------

Explained<Subject> PageRequests::applicant(In in) {
  std::ostringstream said;
  auto const desk = Desk::open(setting_, hand(), said);
  if (!desk) return desk.error();
  auto const casework = desk->casework(Follow::kVerdicts);
  if (!casework) return casework.error();
  return casework->subject(number_at(in, "candidate"));
}

PageRequests::Reply PageRequests::materials_of(In in) {
  auto const who = applicant(in);
  if (!who) return who.error();
  json::array files;
  for (auto const& one : materials_.list(*who)) files.push_back({{"name", one.name}, {"bytes", one.bytes}});
  return json::object{{"files", std::move(files)}};
}

PageRequests::Reply PageRequests::add_material(In in) {
  auto const who = applicant(in);
  if (!who) return who.error();
  if (!uploads_.has(Upload::kMaterial)) return Explanation(words::kPageTransfer);
  auto const added = materials_.add(*who, text_at(in, "name"), uploads_.path(Upload::kMaterial));
  uploads_.forget({Upload::kMaterial});
  if (!added) return added.error();
  return materials_of(in);
}

PageRequests::Reply PageRequests::remove_material(In in) {
  auto const who = applicant(in);
  if (!who) return who.error();
  if (auto const removed = materials_.remove(*who, text_at(in, "name")); !removed) return removed.error();
  return materials_of(in);
}

// ---- Deeds ---------------------------------------------------------------------------------------------------------

Import PageRequests::import_request(std::optional<Day> filed, std::string extension) const {
  Import out{uploads_.path(Upload::kMembers), uploads_.path(Upload::kCandidates), {}, filed, std::move(extension)};
  if (uploads_.has(Upload::kAppraisals)) out.appraisals = uploads_.path(Upload::kAppraisals);
  return out;
}

Explained<Import> PageRequests::part_request(In in, std::optional<Day> filed) const {
  auto out = import_request(filed, {});
  out.namesakes = flag_at(in, "namesakes");
  auto const written = text_at(in, "corrected");
  if (written.empty()) return out;
  auto corrected = parse_numbers(written);
  if (!corrected) return corrected.error();
  out.corrected = std::move(*corrected);
  return out;
}

PageRequests::Reply PageRequests::import_sheets(In in) {
  auto const filed = parse_day_option(text_at(in, "filed"));
  if (!filed) return filed.error();
  bool const part = flag_at(in, "part");
  auto const request = part ? part_request(in, *filed) : import_request(*filed, text_at(in, "extension"));
  if (!request) return request.error();
  auto reply = done([&](Desk& desk) { return part ? import_part(desk, *request) : import(desk, *request); });
  // Sheets that are imported are kept under their hashes; what was sent up for it is done with.
  if (reply) uploads_.forget({Upload::kMembers, Upload::kCandidates, Upload::kAppraisals});
  return reply;
}

PageRequests::Reply PageRequests::verdict_paper(In in) {
  VerdictPaper const request{setting_.office / kPapersFolder, title_at(in, setting_.lang)};
  return done([&](Desk& desk) { return make_verdict_paper(desk, request); });
}

PageRequests::Reply PageRequests::decide_some(In in) {
  auto const given = text_at(in, "verdict");
  Decide request{some_at(in), office::Verdict::kEligible, text_at(in, "reason"), text_at(in, "basis")};
  if (given == verdict_code(office::Verdict::kNotEligible))
    request.verdict = office::Verdict::kNotEligible;
  else if (given != verdict_code(office::Verdict::kEligible))
    return Explanation(words::kVerdictWanted);
  return done([&](Desk& desk) { return decide(desk, request); });
}

PageRequests::Reply PageRequests::amend_one(In in) {
  if (!uploads_.has(Upload::kEvidence)) return Explanation(words::kPageEvidenceWanted);
  Amend request{number_at(in, "candidate"), {}, text_at(in, "reason"), uploads_.path(Upload::kEvidence)};
  for (auto const& pair : pairs_at(in, "cells"))
    if (auto const& cell = pair.as_array(); cell[0].is_string() && cell[1].is_string())
      request.cells.push_back({std::string(cell[0].as_string()), std::string(cell[1].as_string())});
  auto reply = done([&](Desk& desk) { return amend(desk, request); });
  // One paper, one deed: it is kept under its hash.
  if (reply) uploads_.forget({Upload::kEvidence});
  return reply;
}

PageRequests::Reply PageRequests::withdraw_some(In in) {
  Withdraw request{some_at(in), text_at(in, "reason"), {}};
  if (flag_at(in, "evidence") && uploads_.has(Upload::kEvidence)) request.evidence = uploads_.path(Upload::kEvidence);
  auto reply = done([&](Desk& desk) { return withdraw(desk, request); });
  if (reply) uploads_.forget({Upload::kEvidence});
  return reply;
}

PageRequests::Reply PageRequests::notify(In in) {
  Notice request{number_at(in, "candidate"),
                 {},
                 static_cast<int>(number_at(in, "days")),
                 setting_.office / kPapersFolder,
                 title_at(in, setting_.lang)};
  if (auto const* const items = in.if_contains("items"); items != nullptr && items->is_array())
    for (auto const& item : items->as_array())
      if (item.is_string())
        std::ranges::move(entry::decode_items(std::string_view(item.as_string())), std::back_inserter(request.items));
  return done([&](Desk& desk) { return notice(desk, request); });
}

PageRequests::Reply PageRequests::answer_notice(In in) {
  auto const given = text_at(in, "outcome");
  if (given != "corrected" && given != "lapsed") return Explanation(words::kAnswerWanted);
  Answer const request{number_at(in, "candidate"),
                       given == "corrected" ? entry::Outcome::kCorrected : entry::Outcome::kLapsed};
  return done([&](Desk& desk) { return desk::answer(desk, request); });
}

PageRequests::Reply PageRequests::make_roster(In in) {
  Roster request{setting_.office / kRosterFolder, {}, {}, text_at(in, "struck_reason")};
  if (auto const size = number_at(in, "batch_size"); size >= 1 && size <= meeting::kQuestionsPerBatchMax)
    request.batch_size = size;
  for (auto const& pair : pairs_at(in, "struck"))
    if (auto const& one = pair.as_array(); one[0].is_int64() && one[1].is_int64())
      request.struck.push_back({one[0].to_number<std::uint32_t>(), one[1].to_number<std::uint32_t>()});
  return done([&](Desk& desk) { return roster(desk, request); });
}

PageRequests::Reply PageRequests::make_ballots(In in) {
  Ballots const request{setting_.office / kRosterFolder, setting_.office / kPapersFolder, title_at(in, setting_.lang)};
  return done([&](Desk& desk) { return ballots(desk, request); });
}

PageRequests::Reply PageRequests::make_papers(In in) {
  auto const posted = parse_day_option(text_at(in, "posted"));
  if (!posted) return posted.error();
  auto const of = evidence(in);
  if (!of) return of.error();
  Papers const request{*of,
                       setting_.office / kPapersFolder,
                       *posted,
                       text_at(in, "phone"),
                       text_at(in, "place"),
                       flag_at(in, "identity_numbers")};
  return done([&](Desk& desk) { return papers(desk, request); });
}

PageRequests::Reply PageRequests::publish_at(In in) {
  Publish const request{text_at(in, "place")};
  return done([&](Desk& desk) { return publish(desk, request); });
}

PageRequests::Reply PageRequests::object_to(In in) {
  Object const request{number_at(in, "candidate"), text_at(in, "text")};
  return done([&](Desk& desk) { return object(desk, request); });
}

PageRequests::Reply PageRequests::resolve_one(In in) {
  auto const given = text_at(in, "outcome");
  if (given != "upheld" && given != "dismissed") return Explanation(words::kOutcomeWanted);
  Resolve const request{number_at(in, "candidate"), given == "upheld", text_at(in, "text")};
  return done([&](Desk& desk) { return resolve(desk, request); });
}

PageRequests::Reply PageRequests::file_all(In in) {
  File const request{one_at(in, "candidate"), text_at(in, "number")};
  if (request.document.empty()) return Explanation(words::kDocumentWanted);
  return done([&](Desk& desk) { return file(desk, request); });
}

PageRequests::Reply PageRequests::announce_all(In in) {
  Announce const request{one_at(in, "candidate"), text_at(in, "number")};
  if (request.document.empty()) return Explanation(words::kDocumentWanted);
  return done([&](Desk& desk) { return announce(desk, request); });
}

PageRequests::Reply PageRequests::hand_off_all(In in) {
  Certificates const request{one_at(in, "candidate")};
  return done([&](Desk& desk) { return certificates(desk, request); });
}

}  // namespace piaojue::desk

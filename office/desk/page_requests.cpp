// SPDX-License-Identifier: Apache-2.0
#include "office/desk/page_requests.h"

#include <sstream>

#include "local/wiped_json.h"
#include "office/desk/page_views.h"
#include "strings/desk.h"
#include "verifier/report.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;
using local::WipedJson;

namespace {

constexpr std::string_view kPapersFolder = "papers", kRosterFolder = "roster", kIncomingFolder = "incoming";
constexpr std::int64_t kNumberMax = 100'000;

/// Of everything but passphrases: they are not copied.
std::string text_at(json::object const& in, std::string_view key) { return std::string(WipedJson::text(in, key)); }

std::uint32_t number_at(json::object const& in, std::string_view key) {
  auto const* const at = in.if_contains(key);
  if (at == nullptr || !at->is_int64() || at->as_int64() < 0 || at->as_int64() > kNumberMax) return 0;
  return static_cast<std::uint32_t>(at->as_int64());
}
std::optional<std::uint32_t> one_at(json::object const& in, std::string_view key) {
  auto const number = number_at(in, key);
  return number == 0 ? std::nullopt : std::optional(number);
}

std::string title_at(json::object const& in, Lang lang) {
  auto title = text_at(in, "title");
  return title.empty() ? std::string(words::kTitle.in(lang)) : title;
}

}  // namespace

PageRequests::PageRequests(Setting setting)
    : setting_(std::move(setting)),
      uploads_(setting_.office / kIncomingFolder),
      papers_(setting_.office / kPapersFolder) {}

std::span<PageRequests::Verb const> PageRequests::verbs() {
  static constexpr std::array kVerbs = std::to_array<Verb>({
      {"state", &PageRequests::state, true},
      {"unlock", &PageRequests::unlock, true},
      {"enlist", &PageRequests::enlist_by, true},
      {"upload", &PageRequests::upload},
      {"preview", &PageRequests::preview_sheets},
      {"verdicts", &PageRequests::verdicts},
      {"verdict", &PageRequests::verdict},
      {"trail", &PageRequests::trail_of},
      {"check-paper", &PageRequests::check_paper},
      {"import", &PageRequests::import_sheets},
      {"verdict-paper", &PageRequests::verdict_paper},
      {"decide", &PageRequests::decide_one},
      {"notice", &PageRequests::notify},
      {"answer", &PageRequests::answer_notice},
      {"roster", &PageRequests::make_roster},
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
  if (at == all.end()) return Explanation(words::kPageUnknownVerb);
  return (this->*at->answer)(in);
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

Evidence PageRequests::evidence(In in) const { return {uploads_.path(Upload::kRecord), text_at(in, "anchor")}; }

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
  out["entries"] = desk->ledger().size();
  out["head"] = verifier::grouped(desk->ledger().head());
  auto progress = progress_view(*desk, fs::absolute(setting_.office) / kRosterFolder);
  if (!progress) return progress.error();
  for (auto& member : *progress) out[member.key()] = std::move(member.value());
  out["papers"] = papers_.list();
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

PageRequests::Reply PageRequests::preview_sheets(In in) {
  auto const filed = parse_day_option(text_at(in, "filed"));
  if (!filed) return Explanation(words::kFiledWanted);
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
  auto const compared = compare(evidence(in), uploads_.path(Upload::kPaper), &*desk);
  if (!compared) return compared.error();
  json::array differences;
  for (Sentence const& difference : compared->differences) differences.emplace_back(difference.in(setting_.lang));
  bool const agrees = differences.empty();
  return json::object{{"differences", std::move(differences)},
                      {"said", agrees ? agreement(*compared, setting_.lang) : std::string()}};
}

// ---- Deeds ---------------------------------------------------------------------------------------------------------

PageRequests::Reply PageRequests::import_sheets(In in) {
  auto const filed = parse_day_option(text_at(in, "filed"));
  if (!filed) return filed.error();
  Import request{
      uploads_.path(Upload::kMembers), uploads_.path(Upload::kCandidates), {}, *filed, text_at(in, "extension")};
  if (uploads_.has(Upload::kAppraisals)) request.appraisals = uploads_.path(Upload::kAppraisals);
  auto reply = done([&](Desk& desk) { return import(desk, request); });
  // Sheets that are imported are kept under their hashes; what was sent up for it is done with.
  if (reply) uploads_.forget({Upload::kMembers, Upload::kCandidates, Upload::kAppraisals});
  return reply;
}

PageRequests::Reply PageRequests::verdict_paper(In in) {
  VerdictPaper const request{setting_.office / kPapersFolder, title_at(in, setting_.lang)};
  return done([&](Desk& desk) { return make_verdict_paper(desk, request); });
}

PageRequests::Reply PageRequests::decide_one(In in) {
  auto const given = text_at(in, "verdict");
  Decide request{number_at(in, "candidate"), office::Verdict::kEligible, text_at(in, "reason"), text_at(in, "basis")};
  if (given == verdict_code(office::Verdict::kNotEligible))
    request.verdict = office::Verdict::kNotEligible;
  else if (given != verdict_code(office::Verdict::kEligible))
    return Explanation(words::kVerdictWanted);
  return done([&](Desk& desk) { return decide(desk, request); });
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

PageRequests::Reply PageRequests::make_roster(In) {
  Roster const request{setting_.office / kRosterFolder, {}};
  return done([&](Desk& desk) { return roster(desk, request); });
}

PageRequests::Reply PageRequests::make_papers(In in) {
  Papers const request{evidence(in), setting_.office / kPapersFolder};
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

// SPDX-License-Identifier: Apache-2.0
#include "office/desk/service_requests.h"

#include <algorithm>
#include <fstream>

#include "office/desk/page_values.h"
#include "protocol/meeting/slip.h"
#include "sheets/roster.h"
#include "sheets/text.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;

namespace {

constexpr char const* kSettings = "service.json";
constexpr char const* kMembers = "members.csv";
constexpr char const* kSlips = "slips";

std::uint32_t number_of(json::object const& from, char const* key) {
  auto const* const at = from.if_contains(key);
  return at != nullptr && at->is_int64() && at->as_int64() > 0 && at->as_int64() <= meeting::kMeetingNumberMax
             ? static_cast<std::uint32_t>(at->as_int64())
             : 0;
}

json::array array_of(json::object const& from, char const* key) {
  auto const* const at = from.if_contains(key);
  return at != nullptr && at->is_array() ? at->as_array() : json::array();
}

Explained<void> write_number(fs::path const& folder, std::uint32_t number) {
  return office::write_file(folder / kSettings, as_bytes(json::serialize(json::object{{"number", number}}) + "\n"));
}

/// The service tells no employers: they are those of the sheet that the meeting was made from.
void add_employers(json::array& people, fs::path const& sheet) {
  auto const bytes = office::read_file(sheet, sheets::kSheetBytesMax);
  if (!bytes) return;
  auto const members = sheets::import_members(*bytes);
  if (!members) return;
  for (std::size_t n = 0; n < people.size() && n < members->people.size(); ++n) {
    auto& person = people[n].as_object();
    if (text_at(person, "name") == members->people[n].name) person["employer"] = members->people[n].employer;
  }
}

/// Those of whoever has not enrolled, as `piaojue-server slips --json` gives them.
json::array unused_slips(fs::path const& folder, json::array const& people) {
  std::map<std::uint32_t, json::object> out;
  std::error_code none;
  for (auto const& at : fs::directory_iterator(folder, none)) {
    auto const file = office::read_file(at.path(), meeting::kSlipTextMax);
    if (!file) continue;
    auto const slip = meeting::find_slip(as_text(*file));
    if (!slip || slip->code.person < 1 || slip->code.person > people.size()) continue;
    auto const& person = people[slip->code.person - 1].as_object();
    if (flag_at(person, "enrolled")) continue;
    out[slip->code.person] = {{"person", slip->code.person},
                              {"name", text_at(person, "name")},
                              {"code", meeting::format_slip_code(slip->code)},
                              {"line", meeting::format_slip(*slip)},
                              {"address", meeting::format_slip_address(slip->address)}};
  }
  json::array all;
  for (auto& [person, one] : out) all.push_back(std::move(one));
  return all;
}

bool same_files(MeetingFiles const& files, fs::path const& folder) {
  return std::ranges::all_of(files.made.files.marks(), [&](FileMark const& mark) {
    auto const bytes = office::read_file(folder / mark.name, sheets::kSheetBytesMax);
    return bytes && crypto::sha256({*bytes}) == mark.hash;
  });
}

}  // namespace

ServiceRequests::ServiceRequests(Setting const& setting, fs::path const& programs, MeetingRequests& meetings,
                                 Uploads const& uploads, MeetingRequests::WithDesk with_desk)
    : setting_(setting),
      requests_(meetings),
      meetings_(meetings.meetings()),
      uploads_(uploads),
      with_desk_(std::move(with_desk)),
      service_(fs::absolute(setting.office), programs),
      sending_(meetings_.root(), service_),
      lang_(setting.lang) {}

std::span<ServiceRequests::Verb const> ServiceRequests::verbs() {
  static constexpr std::array kVerbs = std::to_array<Verb>({
      {"service-enrol", &ServiceRequests::enrol},
      {"service-list", &ServiceRequests::list},
      {"service-open", &ServiceRequests::open},
      {"service-make", &ServiceRequests::make},
      {"service-sending", &ServiceRequests::sending},
      {"service-state", &ServiceRequests::state},
      {"service-slips", &ServiceRequests::slips},
      {"service-sheet", &ServiceRequests::sheet},
      {"service-rehearse", &ServiceRequests::rehearse},
      {"service-record", &ServiceRequests::record},
  });
  return kVerbs;
}

bool ServiceRequests::knows(std::string_view verb) const { return std::ranges::count(verbs(), verb, &Verb::name) > 0; }

ServiceRequests::Reply ServiceRequests::answer(std::string_view verb, In in) {
  auto const lang = text_at(in, "lang");
  lang_ = lang.empty() ? setting_.lang : lang_of(lang);
  auto reply = (this->*std::ranges::find(verbs(), verb, &Verb::name)->answer)(in);
  if (reply) return reply;
  return Explanation(Sentence(words::kPlain, {{"text", reply.error().in(lang_)}}));
}

json::value ServiceRequests::membership() const {
  auto const found = service_.membership();
  if (!found) return nullptr;
  return json::object{{"name", found->name}, {"address", found->address}};
}

Explained<json::object> ServiceRequests::ask(std::string const& verb, std::vector<std::string> more) const {
  return service_.ask(verb, std::move(more), lang_);
}

Explained<json::object> ServiceRequests::ask(std::string const& verb, There const& of,
                                             std::vector<std::string> more) const {
  more.insert(more.begin(), {"--number", std::to_string(of.number)});
  return ask(verb, std::move(more));
}

Explained<ServiceRequests::There> ServiceRequests::meeting_of(In in) const {
  auto const name = meetings_.find(text_at(in, "meeting"), Held::kAtService);
  if (!name) return name.error();
  auto const number = meetings_.number(*name);
  if (!number) return Explanation(words::kMeetingUnknown);
  return There{*name, *number};
}

// ---- Who we are ----------------------------------------------------------------------------------------------------

ServiceRequests::Reply ServiceRequests::enrol(In) {
  if (!uploads_.has(Upload::kSlip)) return Explanation(words::kServiceNoSlip);
  auto const done = service_.enrol(uploads_.path(Upload::kSlip), lang_);
  if (!done) return done.error();  // the same slip may do when the service is there again
  uploads_.forget({Upload::kSlip});
  return json::object{{"name", done->name}, {"address", done->address}};
}

ServiceRequests::Reply ServiceRequests::list(In) {
  auto all = ask("list");
  if (!all) return all.error();
  std::map<std::uint32_t, std::string> names;
  for (auto const& name : meetings_.names(Held::kAtService))
    if (auto const number = meetings_.number(name)) names[*number] = name;
  auto rows = array_of(*all, "meetings");
  for (auto& row : rows) {
    auto const at = names.find(number_of(row.as_object(), "meeting"));
    row.as_object()["name"] = at == names.end() ? "" : at->second;
  }
  return json::object{{"meetings", std::move(rows)}};
}

Explained<json::object> ServiceRequests::listed(std::uint32_t number) const {
  auto const all = ask("list");
  if (!all) return all.error();
  for (auto const& one : array_of(*all, "meetings"))
    if (one.is_object() && number_of(one.as_object(), "meeting") == number) return one.as_object();
  return Explanation(Sentence(words::kServiceGone, {{"number", number}}));
}

Explained<std::string> ServiceRequests::keep(json::object const& one, std::string const& from) {
  auto const date = parse_day_option(text_at(one, "date"));
  if (!date || !*date) return Explanation(words::kPageUnreadable);
  auto const name = meetings_.next_name(**date, flag_at(one, "rehearsal"));
  auto const folder = meetings_.folder(name);
  if (auto const made = make_folder(folder); !made) return made.error();
  std::error_code none;
  if (!from.empty()) fs::copy_file(meetings_.folder(from) / kMembers, folder / kMembers, none);
  if (auto const written = write_number(folder, number_of(one, "meeting")); !written) return written.error();
  return name;
}

/// One that this desk has no folder of: it was made by command, or on the machine before this one.
ServiceRequests::Reply ServiceRequests::open(In in) {
  auto const number = number_of(in, "number");
  for (auto const& name : meetings_.names(Held::kAtService))
    if (meetings_.number(name) == number) return json::object{{"meeting", name}};
  auto const one = listed(number);
  if (!one) return one.error();
  auto const name = keep(*one, {});
  if (!name) return name.error();
  return json::object{{"meeting", *name}};
}

// ---- A new one -----------------------------------------------------------------------------------------------------

ServiceRequests::Reply ServiceRequests::make(In in) {
  if (!service_.membership()) return Explanation(words::kServiceNone);
  auto const before = sending_.state(lang_);
  if (before.kind == Sending::Kind::kOnItsWay || service_.busy()) return Explanation(words::kServiceSends);
  if (before.kind == Sending::Kind::kMade) return finish(before.number);
  auto const request = new_meeting_at(in);
  if (!request) return request.error();
  if (sheets::trimmed(request->settings.title).empty()) return Explanation(words::kMeetingNoTitle);
  sending_.clear();
  return with_desk_([&](Desk& desk) -> Explained<void> {
    auto const files = meeting_files(desk, sending_.folder(), *request);
    if (!files) return files.error();
    auto const& made = files->made;
    if (auto const put = made.files.write(); !put) return put.error();
    auto const attached =
        Materials(setting_.office).lay_out(sending_.folder() / "materials", made.said.order, made.people);
    if (!attached) return attached.error();
    return sending_.begin(in, lang_);
  });
}

ServiceRequests::Reply ServiceRequests::sending(In) {
  auto const now = sending_.state(lang_);
  switch (now.kind) {
    case Sending::Kind::kNone:
      return json::object{{"state", "none"}};
    case Sending::Kind::kOnItsWay:
      return json::object{{"state", "sending"}, {"sent", now.sent}, {"all", now.all}, {"form", sending_.form()}};
    case Sending::Kind::kRefused:
      return json::object{{"state", "refused"}, {"message", now.why.in(lang_)}, {"form", sending_.form()}};
    case Sending::Kind::kMade:
      break;
  }
  return finish(now.number);
}

ServiceRequests::Reply ServiceRequests::finish(std::uint32_t number) {
  auto const request = new_meeting_at(sending_.form());
  if (!request) return request.error();
  auto const& folder = sending_.folder();
  json::object out{{"state", "made"}, {"number", number}, {"warning", ""}};
  if (!request->settings.rehearsal) {
    auto const entered = with_desk_([&](Desk& desk) -> Explained<void> {
      auto const files = meeting_files(desk, folder, *request);
      if (!files) return files.error();
      if (!same_files(*files, folder)) return Explanation(words::kServiceListChanged);
      return enter_roster(desk, setting_.office / kRosterFolder, *files);
    });
    if (!entered) out["warning"] = Sentence(words::kServiceNotEntered, {{"why", entered.error().what}}).in(lang_);
  }
  if (auto const written = write_number(folder, number); !written) return written.error();
  std::error_code error;
  for (auto const* const part : {"materials", "form.json", "said"}) fs::remove_all(folder / part, error);
  auto const name = meetings_.next_name(request->settings.date, request->settings.rehearsal);
  fs::rename(folder, meetings_.folder(name), error);
  if (error) return Explanation(Sentence(words::kLedgerNoFolder, {{"folder", meetings_.folder(name).string()}}));
  out["meeting"] = name;
  return out;
}

// ---- One that is there ---------------------------------------------------------------------------------------------

Explained<json::object> ServiceRequests::status_of(There const& of) const {
  auto const one = listed(of.number);
  if (!one) return one.error();
  auto const people = ask("enrolled", of);
  if (!people) return people.error();
  auto all = array_of(*people, "people");
  add_employers(all, meetings_.folder(of.name) / kMembers);
  auto const stage = text_at(*one, "stage");
  return json::object{{"title", text_at(*one, "title")},
                      {"date", text_at(*one, "date")},
                      {"rehearsal", flag_at(*one, "rehearsal")},
                      {"phase", stage},
                      {"closed", stage == "closed"},
                      {"slips", flag_at(*one, "slips")},
                      {"people", std::move(all)}};
}

ServiceRequests::Reply ServiceRequests::state(In in) {
  auto const of = meeting_of(in);
  if (!of) return of.error();
  auto status = status_of(*of);
  if (!status) return status.error();
  std::error_code none;
  auto const slips = meetings_.folder(of->name) / kSlips;
  return json::object{{"name", of->name},
                      {"number", of->number},
                      {"kept", fs::exists(slips, none)},
                      {"fetched", fs::exists(meetings_.record(of->name), none)},
                      {"status", std::move(*status)}};
}

ServiceRequests::Reply ServiceRequests::slips(In in) {
  auto const of = meeting_of(in);
  if (!of) return of.error();
  auto const status = status_of(*of);
  if (!status) return status.error();
  auto const folder = meetings_.folder(of->name) / kSlips;
  std::error_code none;
  if (flag_at(*status, "slips")) {
    if (auto const fetched = ask("slips", *of, {"--out", folder.string()}); !fetched) return fetched.error();
  } else if (!fs::exists(folder, none)) {
    return Explanation(words::kServiceSlipsElsewhere);
  }
  auto const unused = unused_slips(folder, array_of(*status, "people"));
  if (unused.empty()) return Explanation(words::kServiceSlipsUsed);
  auto const form = number_at(in, "per_page") == 1 ? SlipForm::kSheetEach : SlipForm::kEightASheet;
  return json::object{{"page", requests_.prints().put(slips_html(*status, unused, form))}, {"count", unused.size()}};
}

ServiceRequests::Reply ServiceRequests::sheet(In in) {
  auto const of = meeting_of(in);
  if (!of) return of.error();
  auto const status = status_of(*of);
  if (!status) return status.error();
  return json::object{{"page", requests_.prints().put(sign_in_html(*status))}};
}

ServiceRequests::Reply ServiceRequests::rehearse(In in) {
  auto const of = meeting_of(in);
  if (!of) return of.error();
  auto const made = ask("rehearse", *of);
  if (!made) return made.error();
  auto const one = listed(number_of(*made, "meeting"));
  if (!one) return one.error();
  auto const name = keep(*one, of->name);
  if (!name) return name.error();
  return json::object{{"meeting", *name}};
}

ServiceRequests::Reply ServiceRequests::record(In in) {
  auto const of = meeting_of(in);
  if (!of) return of.error();
  auto const to = meetings_.record(of->name);
  auto const fresh = fs::path(to.string() + ".new");
  std::error_code error;
  fs::remove(fresh, error);
  if (auto const fetched = ask("record", *of, {"--out", fresh.string()}); !fetched) return fetched.error();
  std::ifstream file(fresh, std::ios::binary);
  auto const head = office::head_of(file);
  if (!head) return head.error();
  auto view = verified_view(fresh, *head);
  if (!view) return view.error();
  fs::rename(fresh, to, error);
  if (error) return Explanation(Sentence(words::kLedgerNoFolder, {{"folder", to.string()}}));
  return view;
}

}  // namespace piaojue::desk

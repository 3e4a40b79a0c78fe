// SPDX-License-Identifier: Apache-2.0
#include "server/status.h"

#include <boost/json.hpp>
#include <set>

#include "crypto/seal.h"
#include "protocol/meeting/enrolment.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "server/slips.h"
#include "strings/server.h"

namespace piaojue::server {

namespace json = boost::json;
namespace text = strings::server;

namespace {

/// With the newest keys of everybody: a replaced laptop has another code than the one before.
json::array people_of(meeting::Manifest const& with_keys) {
  json::array out;
  for (PersonId p = 1; p <= with_keys.people.size(); ++p) {
    auto const& person = with_keys.people[p - 1];
    json::object one{{"person", p},
                     {"name", person.name},
                     {"employer", person.employer},
                     {"roles", json::value_from(role_codes(person.roles))},
                     {"enrolled", person.identity_key.has_value()},
                     {"device_code", nullptr}};
    if (person.identity_key)
      one["device_code"] =
          meeting::device_code(with_keys.meeting_id, p, {*person.identity_key, *person.witness_key, *person.box_key});
    out.push_back(std::move(one));
  }
  return out;
}

json::array batches_of(meeting::Manifest const& draft, meeting::Record const& record) {
  bool const open = record.phase() != meeting::MeetingPhase::kBeforeOpen;
  json::array out;
  for (meeting::BatchId b = 1; b <= draft.batches.size(); ++b) {
    auto const& batch = draft.batches[b - 1];
    auto const all = batch.candidates.size();
    out.push_back({{"batch", b},
                   {"title", batch.title},
                   {"candidates", all},
                   {"attempts", open ? record.attempts(b) : 0},
                   {"declared", open ? all - record.undecided(b).size() : 0}});
  }
  return out;
}

/// SHA-256 of the K of every slip that was used.
Explained<std::set<Hash>> used_slips(Contents const& contents) {
  std::set<Hash> out;
  for (auto const& [key, value] : contents[Table::kEnrolment]) {
    auto const one = decode_enrolment(read_u32be(key), read_u32be(ByteView(key).subspan(4)), value);
    if (!one) return Explanation(text::kStatusUnreadable);
    out.insert(one->slip);
  }
  return out;
}

}  // namespace

Explained<meeting::Record> read_record(Contents const& contents) {
  meeting::Record record;
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    if (!record.apply(bytes)) {
      return Explanation(Sentence(text::kStatusEntryRefused, {{"index", std::uint64_t{record.size()}}}));
    }
  }
  return record;
}

Explained<std::string> status_json(Directory const& directory, Contents const& contents) {
  auto const draft = read_draft(contents);
  if (!draft) return Explanation(Sentence(text::kDatabaseNoMeeting, {{"path", directory.database().string()}}));
  auto const settings = directory.read_settings();
  if (!settings) return settings.error();
  auto const record = read_record(contents);
  if (!record) return record.error();
  auto const with_keys = drafted_with_keys(contents, directory.database());
  if (!with_keys) return with_keys.error();
  json::object out{{"title", draft->title},
                   {"date", draft->date},
                   {"rehearsal", draft->rehearsal},
                   {"phase", meeting::phase_name(record->phase())},
                   {"closed", record->phase() == meeting::MeetingPhase::kClosed},
                   {"address", format_address({settings->slip_host(), settings->listen.port})},
                   {"people", people_of(*with_keys)},
                   {"batches", batches_of(*draft, *record)},
                   {"attempt", nullptr},
                   {"entries", record->size()},
                   {"head", net::format_fingerprint(record->tree().root())}};
  if (record->in_progress()) {
    auto const& attempt = *record->attempt();
    out["attempt"] = {{"batch", attempt.open.batch},
                      {"attempt", attempt.open.attempt},
                      {"phase", meeting::phase_name(attempt.phase)},
                      {"paper", attempt.open.paper}};
  }
  return json::serialize(out);
}

Explained<std::string> slips_json(Directory const& directory, Contents const& contents) {
  auto const draft = read_draft(contents);
  if (!draft) return Explanation(Sentence(text::kDatabaseNoMeeting, {{"path", directory.database().string()}}));
  auto const seal_key = read_secret(directory.keys() / "seal.key");
  if (!seal_key) return seal_key.error();
  auto const settings = directory.read_settings();
  if (!settings) return settings.error();
  auto const used = used_slips(contents);
  if (!used) return used.error();
  std::map<PersonId, json::object> valid;
  std::error_code none;
  for (auto const& at : fs::directory_iterator(directory.slips(), none)) {
    auto const file = read_file(at.path(), meeting::kSlipTextMax);
    if (!file) continue;
    auto const slip = meeting::find_slip(as_text(*file));
    if (!slip || slip->code.person < 1 || slip->code.person > draft->people.size()) continue;
    if (slip->code.meeting != settings->meeting_number) continue;
    auto const person = slip->code.person;
    Bytes row;
    append_u32be(row, person);
    auto const sealed = contents[Table::kSlip].find(row);
    if (sealed == contents[Table::kSlip].end()) continue;
    auto const newest = crypto::unseal(*seal_key, sealed->second, row);
    auto const key = meeting::enrol_key(slip->code.bits, draft->meeting_id, person);
    auto const hash = crypto::sha256({key.view()});
    if (!newest || crypto::sha256({newest->view()}) != hash || used->contains(hash)) continue;
    valid[person] = {{"person", person},
                     {"name", draft->people[person - 1].name},
                     {"code", meeting::format_slip_code(slip->code)},
                     {"line", meeting::format_slip(*slip)},
                     {"file", fs::absolute(at.path()).string()},
                     {"address", meeting::format_slip_address(slip->address)}};
  }
  json::array slips;
  for (auto& [person, one] : valid) slips.push_back(std::move(one));
  return json::serialize(json::object{{"slips", std::move(slips)}});
}

}  // namespace piaojue::server

// SPDX-License-Identifier: Apache-2.0
#include "client/session/sign_in_sheet.h"

namespace piaojue::client {
namespace {

constexpr std::string_view kName = "ticks";

/// As it is compared: without the hyphens that make it readable.
std::string plain(std::string_view code) {
  std::string out;
  for (char const c : code) {
    if (c == '-') continue;
    out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return out;
}

}  // namespace

void SignInSheet::load() {
  auto const kept = keeper_.load(std::string(kName));
  if (!kept) {
    keeper_.kept(kept.error());
    return;
  }
  if (!*kept) return;
  boost::system::error_code error;
  auto const parsed = boost::json::parse(as_text(**kept), error);
  if (error || !parsed.is_array()) return;
  for (auto const& one : parsed.get_array()) {
    auto const* const tick = one.if_object();
    auto const* const person = tick != nullptr ? tick->if_contains("person") : nullptr;
    auto const* const code = tick != nullptr ? tick->if_contains("code") : nullptr;
    if (person == nullptr || code == nullptr || !code->is_string()) continue;
    auto const number = person->to_number<PersonId>(error);
    if (!error) ticks_[number] = code->get_string();
  }
}

bool SignInSheet::save() {
  facts::array out;
  for (auto const& [person, code] : ticks_) {
    facts::object one;
    one["person"] = person;
    one["code"] = code;
    out.push_back(std::move(one));
  }
  return keeper_.save(std::string(kName), as_bytes(boost::json::serialize(out)));
}

bool SignInSheet::is_ticked(meeting::Manifest const& draft, PersonId person) const {
  auto const tick = ticks_.find(person);
  auto const code = facts::device_code(draft, person);
  return tick != ticks_.end() && code && plain(tick->second) == plain(*code);
}

std::vector<PersonId> SignInSheet::unticked(meeting::Manifest const& draft) const {
  std::vector<PersonId> out;
  for (PersonId p = 1; p <= draft.people.size(); ++p) {
    if (draft.people[p - 1].identity_key && !is_ticked(draft, p)) out.push_back(p);
  }
  return out;
}

std::vector<PersonId> SignInSheet::left_to_tick(PersonId signer, meeting::Manifest const& draft) const {
  bool const known = signer >= 1 && signer <= draft.people.size();
  if (!known || (draft.people[signer - 1].roles & meeting::kSupervisor) == 0) return {};
  return unticked(draft);
}

facts::array SignInSheet::rows(meeting::Manifest const& draft) const {
  facts::array out;
  for (PersonId p = 1; p <= draft.people.size(); ++p) {
    auto const& person = draft.people[p - 1];
    auto const code = facts::device_code(draft, p);
    facts::object row;
    row["person"] = p;
    row["name"] = person.name;
    row["employer"] = person.employer;
    row["roles"] = person.roles;
    row["device_code"] = code ? boost::json::value(boost::json::string(*code)) : boost::json::value();
    row["ticked"] = is_ticked(draft, p);
    out.push_back(std::move(row));
  }
  return out;
}

void SignInSheet::operate(Reply const& reply, command::Sheet const&) {
  if (log_.opened()) return reply.no(Refusal::kWrongPhase);
  auto const show = [this, reply] {
    facts::object more;
    more["rows"] = rows(*draft_);
    reply.ok(std::move(more));
  };
  bool const queued =
      requests_.ask([](std::uint64_t id) { return wire::get_draft(id); },
                    [this, reply, show](Answer& answer) {
                      auto const* const draft = answer ? std::get_if<wire::Draft>(&answer->what) : nullptr;
                      if (draft == nullptr) {
                        if (draft_) return show();
                        return reply.no(answer ? Refusal::kMalformed : answer.error());
                      }
                      auto body = meeting::decode_body(meeting::EntryType::kMeetingOpen, draft->manifest);
                      if (!body) return reply.no(body.error());
                      draft_ = std::move(std::get<meeting::Manifest>(*body));
                      show();
                    });
  if (!queued) reply.no(Refusal::kBusy);
}

void SignInSheet::operate(Reply const& reply, command::Tick const& in) {
  if (log_.opened() || !draft_) return reply.no(Refusal::kWrongPhase);
  if (in.person > draft_->people.size()) return reply.no(Refusal::kUnknown);
  if (in.device_code.empty()) {
    ticks_.erase(in.person);
  } else {
    auto const code = facts::device_code(*draft_, in.person);
    if (!code || plain(in.device_code) != plain(*code)) return reply.no(Refusal::kConflict);
    ticks_[in.person] = *code;
  }
  if (!save()) return reply.no(Refusal::kStorage);
  facts::object more;
  more["left"] = facts::numbers(unticked(*draft_));
  reply.ok(std::move(more));
}

}  // namespace piaojue::client

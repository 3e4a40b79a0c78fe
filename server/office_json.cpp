// SPDX-License-Identifier: Apache-2.0
#include "server/office_json.h"

#include <boost/json.hpp>

#include "server/slips.h"

namespace piaojue::server::office_json {

namespace json = boost::json;

std::string enrolled(OfficeFolder const& office) {
  return json::serialize(json::object{
      {"office", office.office}, {"name", office.name}, {"service", meeting::format_slip_address(office.address)}});
}

std::string sent(std::uint64_t sent, std::uint64_t all) {
  return json::serialize(json::object{{"sent", sent}, {"all", all}});
}

std::string made(store::MeetingNumber meeting) { return count("meeting", meeting); }

std::string count(char const* what, std::uint64_t number) { return json::serialize(json::object{{what, number}}); }

std::string meetings(std::vector<office_wire::Listed> const& all) {
  json::array out;
  for (auto const& one : all)
    out.push_back({{"meeting", one.meeting},
                   {"title", one.title},
                   {"date", one.date},
                   {"rehearsal", one.rehearsal},
                   {"stage", stage_word(one.stage)},
                   {"people", one.people},
                   {"enrolled", one.enrolled},
                   {"slips", one.slips_waiting}});
  return json::serialize(json::object{{"meetings", std::move(out)}});
}

std::string people(std::vector<office_wire::EnrolledPerson> const& all) {
  json::array out;
  for (auto const& one : all) {
    json::value code;
    if (!one.device_code.empty()) code = one.device_code;
    out.push_back({{"person", out.size() + 1},
                   {"name", one.name},
                   {"roles", json::value_from(role_codes(one.roles))},
                   {"enrolled", !one.device_code.empty()},
                   {"device_code", std::move(code)}});
  }
  return json::serialize(json::object{{"people", std::move(out)}});
}

std::string refused(Explanation const& why, Lang lang) {
  auto const word = is_unusable(why) ? "UNUSABLE" : why.code ? name(*why.code) : "FAILED";
  return json::serialize(json::object{{"refused", word}, {"what", why.in(lang)}});
}

std::string_view stage_word(office_wire::Stage stage) {
  switch (stage) {
    case office_wire::Stage::kBeforeOpen:
      return "before-open";
    case office_wire::Stage::kOpen:
      return "open";
    case office_wire::Stage::kClosed:
      break;
  }
  return "closed";
}

}  // namespace piaojue::server::office_json

// SPDX-License-Identifier: Apache-2.0
// The two files that an operator writes: whatever is in them, they are read whole or refused with a sentence in both
// languages. Harm: a server that dies of a slip of the pen, or that runs under a rule which nobody wrote.
#include <cstdlib>

#include "server/settings.h"

namespace {

void check(piaojue::Explanation const& why) {
  using piaojue::Lang;
  if (why.in(Lang::kZh).empty() || why.in(Lang::kEn).empty()) std::abort();
}

/// Three people who can be trustees, one of them by a name that another has, too.
piaojue::sheets::Members members() {
  using namespace piaojue::meeting;
  piaojue::sheets::Members out;
  for (auto const& [name, roles] : {std::pair{"Li", kChair | kExpert}, std::pair{"Wang", kSupervisor + 0U},
                                    std::pair{"Zhao", kClerk + 0U}, std::pair{"Wang", kExpert + 0U}}) {
    Person& person = out.people.emplace_back();
    person.name = name;
    person.roles = roles;
  }
  out.chair = 1;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  static auto const people = members();
  auto const toml = as_text({data, size});
  if (auto const settings = server::parse_settings(toml); !settings) check(settings.error());
  auto const meeting = server::parse_meeting(toml, people, {});
  if (!meeting) {
    check(meeting.error());
    return 0;
  }
  for (auto const person : meeting->trustees)
    if (person > people.people.size()) std::abort();
  return 0;
}

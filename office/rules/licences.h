// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 第四条: which title a professional qualification (职业资格) counts as, by tables in data (`tables/licences-*.toml`),
/// one a version. What no table names stays a question for people.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/explained.h"
#include "office/rules/facts.h"

namespace piaojue::office {

inline constexpr std::size_t kLicencesBytesMax = 256U << 10;

struct LicenceTable {
  struct Entry {
    std::vector<std::string> names;  ///< every way of writing it, as `sheets::code_of` gives it
    Title title = Title::kNone;
    std::string source;  ///< the notice that says so
  };
  std::string id, title;
  Day valid_from{};  ///< of several tables the last one that was valid on the day of filing decides
  std::vector<Entry> entries;
};

/// Refused with the line: not TOML, an unknown key or word, no entry, a name that stands twice.
Explained<LicenceTable> parse_licences(std::string_view toml);

/// What a table says of a form's qualification.
struct KnownLicence {
  Title title = Title::kNone;
  std::string written, source, table;
};
/// Nothing: there is none, or several, or no table knows it.
std::optional<KnownLicence> known_licence(Facts const& facts, std::vector<LicenceTable> const& tables);

}  // namespace piaojue::office

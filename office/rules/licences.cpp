// SPDX-License-Identifier: Apache-2.0
#include "office/rules/licences.h"

#include <set>

#include "office/rules/table_reader.h"
#include "sheets/text.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

namespace {

void read_licence(TableReader& reader, toml::table const& table, LicenceTable& out, std::set<std::string>& seen) {
  reader.only(table, {"names", "title", "source"});
  LicenceTable::Entry entry;
  entry.title = reader.word(table, "title", table_title_of);
  entry.source = reader.text(table, "source", true);
  auto const* list = table["names"].as_array();
  if (list == nullptr || list->empty()) return reader.fail(table, {say::kStandardLacking, {{"key", "names"}}});
  for (auto const& item : *list) {
    auto const name = item.value<std::string>();
    if (!name || name->empty()) return reader.fail(item, {say::kStandardText, {{"key", "names"}}});
    entry.names.push_back(sheets::code_of(*name));
    if (!seen.insert(entry.names.back()).second) reader.fail(item, {say::kLicencesTwice, {{"name", *name}}});
  }
  out.entries.push_back(std::move(entry));
}

Explained<LicenceTable> read_table(toml::table const& root) {
  TableReader reader(say::kTableLicences);
  LicenceTable out;
  reader.only(root, {"id", "title", "valid_from", "licence"});
  out.id = reader.text(root, "id", true);
  out.title = reader.text(root, "title", true);
  out.valid_from = reader.day(root, "valid_from");
  std::set<std::string> seen;
  reader.tables(root, "licence", [&](toml::table const& table) { read_licence(reader, table, out, seen); });
  if (out.entries.empty()) reader.fail(root, {say::kStandardLacking, {{"key", "licence"}}});
  if (reader.fault) return std::move(*reader.fault);
  return out;
}

/// The last one that was valid when the application was filed.
LicenceTable const* table_on(Date filed, std::vector<LicenceTable> const& tables) {
  LicenceTable const* out = nullptr;
  for (LicenceTable const& table : tables)
    if (filed.known() && table.valid_from <= filed.earliest() && (out == nullptr || out->valid_from < table.valid_from))
      out = &table;
  return out;
}

}  // namespace

Explained<LicenceTable> parse_licences(std::string_view text) {
  if (text.size() > kLicencesBytesMax) return Sentence(say::kLicencesBytesMax);
  try {
    return read_table(toml::parse(text));
  } catch (toml::parse_error const& error) {
    return at_line(say::kTableLicences, error.source(), {say::kTableNotToml, {{"error", error.description()}}});
  }
}

std::optional<KnownLicence> known_licence(Facts const& facts, std::vector<LicenceTable> const& tables) {
  auto const* const table = table_on(facts.filed, tables);
  if (table == nullptr || facts.licence.empty()) return std::nullopt;
  std::string const code = sheets::code_of(facts.licence);
  for (LicenceTable::Entry const& entry : table->entries)
    for (std::string const& name : entry.names)
      if (name == code) return KnownLicence{entry.title, facts.licence, entry.source, table->title};
  return std::nullopt;
}

}  // namespace piaojue::office

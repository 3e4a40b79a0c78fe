// SPDX-License-Identifier: Apache-2.0
#include "sheets/xml.h"

#include <expat.h>

#include <algorithm>
#include <array>
#include <memory>

#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

constexpr char kBetween = '|';  ///< between namespace and name, where expat puts the two together

struct Name {
  std::string_view space, local;
};
Name name_of(std::string_view written) {
  auto const at = written.rfind(kBetween);
  if (at == std::string_view::npos) return {{}, written};
  return {written.substr(0, at), written.substr(at + 1)};
}

bool is_own(Name const& name) {
  static constexpr std::array<std::string_view, 4> kOwn{"", "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                                                        "http://purl.oclc.org/ooxml/spreadsheetml/main",
                                                        "http://schemas.openxmlformats.org/package/2006/relationships"};
  return std::ranges::find(kOwn, name.space) != kOwn.end() && name.local != "extLst";
}

struct Parsing {
  XML_Parser parser;
  XmlReader& reader;
  std::size_t depth = 0;
  std::size_t foreign = 0;  ///< the depth of the extension that is being passed over; 0: none

  void stop_if_failed() const {
    if (reader.fault) XML_StopParser(parser, XML_FALSE);
  }
};

void on_doctype(void* data, XML_Char const*, XML_Char const*, XML_Char const*, int) {
  auto& p = *static_cast<Parsing*>(data);
  p.reader.fault = whole(say::kBookDoctype);
  p.stop_if_failed();
}

void on_start(void* data, XML_Char const* name, XML_Char const** attributes) {
  auto& p = *static_cast<Parsing*>(data);
  if (p.reader.fault) return;
  Name const element = name_of(name);
  if (++p.depth > kXmlDepthMax)
    p.reader.fault = whole(say::kBookDepth);
  else if (p.foreign == 0 && !is_own(element))
    p.foreign = p.depth;
  else if (p.foreign == 0)
    p.reader.start(element.local, XmlAttributes(attributes));
  p.stop_if_failed();
}

void on_end(void* data, XML_Char const* name) {
  auto& p = *static_cast<Parsing*>(data);
  if (p.reader.fault) return;
  if (p.foreign == 0) p.reader.end(name_of(name).local);
  if (p.foreign == p.depth--) p.foreign = 0;
  p.stop_if_failed();
}

void on_text(void* data, XML_Char const* text, int length) {
  auto& p = *static_cast<Parsing*>(data);
  if (p.reader.fault || p.foreign != 0) return;
  p.reader.text({text, static_cast<std::size_t>(length)});
  p.stop_if_failed();
}

}  // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
  for (auto const* at = at_; *at != nullptr; at += 2)
    if (*at == name) return at[1];
  return {};
}

std::string_view XmlAttributes::relation() const {
  for (auto const* at = at_; *at != nullptr; at += 2)
    if (name_of(*at).local == "id") return at[1];
  return {};
}

Fault parse(Archive& archive, std::string const& part, XmlReader& reader) {
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> const parser(XML_ParserCreateNS(nullptr, kBetween),
                                                                            &XML_ParserFree);
  Parsing parsing{parser.get(), reader};
  XML_SetUserData(parser.get(), &parsing);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  bool well_formed = true;
  auto fault = archive.read(part, [&](std::string_view piece, bool last) {
    well_formed = XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), last ? 1 : 0) == XML_STATUS_OK;
    return well_formed;
  });
  if (reader.fault) return reader.fault;
  if (fault) return fault;
  if (!well_formed) return whole(say::kBookDamaged);
  return {};
}

}  // namespace piaojue::sheets

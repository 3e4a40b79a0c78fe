// SPDX-License-Identifier: Apache-2.0
#include "sheets/xml.h"

#include <expat.h>

#include <memory>

#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

std::string_view local_name(std::string_view name) {
  auto const colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

struct Parsing {
  XML_Parser parser;
  XmlReader& reader;
  std::size_t depth = 0;

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
  if (++p.depth > kXmlDepthMax)
    p.reader.fault = whole(say::kBookDepth);
  else
    p.reader.start(local_name(name), XmlAttributes(attributes));
  p.stop_if_failed();
}

void on_end(void* data, XML_Char const* name) {
  auto& p = *static_cast<Parsing*>(data);
  if (p.reader.fault) return;
  --p.depth;
  p.reader.end(local_name(name));
  p.stop_if_failed();
}

void on_text(void* data, XML_Char const* text, int length) {
  auto& p = *static_cast<Parsing*>(data);
  if (p.reader.fault) return;
  p.reader.text({text, static_cast<std::size_t>(length)});
  p.stop_if_failed();
}

}  // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
  for (auto const* at = at_; *at != nullptr; at += 2)
    if (local_name(*at) == name) return at[1];
  return {};
}

Fault parse(Archive& archive, std::string const& part, XmlReader& reader) {
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> const parser(XML_ParserCreate(nullptr), &XML_ParserFree);
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

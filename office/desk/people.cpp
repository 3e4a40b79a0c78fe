// SPDX-License-Identifier: Apache-2.0
// Who works in the office, and what was done about, or by, one person.
#include <boost/json.hpp>

#include "office/desk/deeds.h"
#include "strings/desk.h"
#include "verifier/report.h"

namespace piaojue::desk {

namespace words = strings::desk;

Explained<std::uint32_t> enlist(Desk& desk, Enlist const& request) {
  std::optional<office::Signer> voucher;
  if (request.voucher) {
    auto const key = request.voucher->key(desk.file());
    if (!key) return key.error();
    voucher = office::Signer{request.voucher->person, *key};
  }
  auto const person = desk.file().enlist(request.name, desk.today(), request.passphrase, voucher);
  if (!person) return person;
  desk.say({words::kEnlisted,
            {{"name", request.name},
             {"person", *person},
             {"fingerprint", office::key_fingerprint(desk.ledger().people().back().key)}}});
  return person;
}

namespace {

void print_entry(Desk const& desk, std::uint64_t index) {
  auto const& entry = desk.ledger().entries()[index];
  desk.out() << index << "\t" << sheets::day_text(entry.action.date) << "\t"
             << desk.in_words(deed_text(entry.action.deed)) << "\t" << desk.ledger().people()[entry.by() - 1].name;
  // The order of a roster is for programs.
  for (auto const& [key, text] : entry.action.texts)
    if (key != "order") desk.out() << "\t" << key << "=" << text;
  desk.out() << "\n";
}

boost::json::object json_entry(office::Ledger const& ledger, std::uint64_t index) {
  auto const& entry = ledger.entries()[index];
  boost::json::object texts;
  for (auto const& [key, text] : entry.action.texts) texts[key] = text;
  return {{"entry", index},
          {"deed", deed_code(entry.action.deed)},
          {"date", sheets::day_text(entry.action.date)},
          {"by", ledger.people()[entry.by() - 1].name},
          {"texts", texts}};
}

}  // namespace

Explained<void> trail(Desk& desk, Trail const& request) {
  auto const& ledger = desk.ledger();
  auto const found = ledger.trail(request.candidate, request.name);
  if (request.form == Form::kJson) {
    boost::json::array out;
    for (auto const index : found) out.push_back(json_entry(ledger, index));
    desk.out() << boost::json::serialize(out) << "\n";
    return {};
  }
  for (auto const index : found) print_entry(desk, index);
  desk.say({words::kLedgerLine, {{"entries", ledger.size()}, {"head", verifier::grouped(ledger.head())}}});
  return {};
}

}  // namespace piaojue::desk

// SPDX-License-Identifier: Apache-2.0
// Who works in the office, and what was done about, or by, one person.
#include "local/passphrase.h"
#include "office/desk/deeds.h"
#include "office/desk/page_views.h"
#include "strings/desk.h"
#include "verifier/report.h"

namespace piaojue::desk {

namespace words = strings::desk;

Explained<std::uint32_t> enlist(Desk& desk, Enlist const& request) {
  std::map<std::string, std::string> more;
  if (auto odd = odd_date(desk.today(), desk.ledger())) {
    if (desk.setting().date_reason.empty()) return Explanation(std::move(*odd));
    more[entry::kDateReasonKey] = desk.setting().date_reason;
  }
  if (auto const good = local::check_new_passphrase(request.passphrase); !good) return good.error();
  std::optional<office::Signer> voucher;
  if (request.voucher) {
    auto const key = request.voucher->key(desk.file());
    if (!key) return key.error();
    voucher = office::Signer{request.voucher->person, *key};
  }
  auto person = desk.file().enlist(request.name, desk.today(), request.passphrase, voucher, std::move(more));
  if (!person) return person;
  desk.say({words::kEnlisted,
            {{"name", request.name},
             {"person", *person},
             {"fingerprint", office::key_fingerprint(desk.ledger().people().back().key)}}});
  return person;
}

namespace {

void print_entry(Desk const& desk, std::uint64_t index) {
  auto const& said = desk.ledger().entries()[index];
  desk.out() << index << "\t" << sheets::day_text(said.action.date) << "\t"
             << desk.in_words(deed_text(said.action.deed)) << "\t" << desk.ledger().people()[said.by() - 1].name;
  for (auto const& [key, text] : entry::shown_texts(said.action)) desk.out() << "\t" << key << "=" << text;
  desk.out() << "\n";
}

}  // namespace

Explained<void> trail(Desk& desk, Trail const& request) {
  auto const& ledger = desk.ledger();
  if (request.form == Form::kJson) {
    desk.out() << boost::json::serialize(trail_view(ledger, request.candidate, request.name)) << "\n";
    return {};
  }
  for (auto const index : ledger.trail(request.candidate, request.name)) print_entry(desk, index);
  desk.say({words::kLedgerLine, {{"entries", ledger.size()}, {"head", verifier::grouped(ledger.head())}}});
  return {};
}

}  // namespace piaojue::desk

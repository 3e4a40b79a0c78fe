// SPDX-License-Identifier: Apache-2.0
#include "client/first_steps.h"

#include "local/wiped_json.h"
#include "strings/client.h"

namespace piaojue::client {

namespace json = boost::json;
namespace text = strings::client;
using local::WipedJson;

FirstSteps::FirstSteps(net::Strand strand, WorkPool& pool, Wallet& wallet, Door& door, Options options,
                       std::function<void(Started)> started)
    : strand_(std::move(strand)),
      pool_(pool),
      wallet_(wallet),
      door_(door),
      options_(std::move(options)),
      started_(std::move(started)) {}

PagePhase FirstSteps::phase() const {
  auto const profile = load_profile(wallet_);
  bool const enrolled = profile && *profile && !(*profile)->certificate_pem.empty();
  return enrolled ? PagePhase::kUnlock : PagePhase::kEnrol;
}

void FirstSteps::operate(HostReply const& reply, first::Command const& command) {
  if (std::holds_alternative<first::Help>(command)) return help(reply);
  bool const page = reply.asker() != kConsole;
  if (page && door_.phase() == PagePhase::kEnrol) {
    if (std::holds_alternative<first::Prefill>(command)) return prefill(reply);
    if (auto const* slip = std::get_if<first::Slip>(&command)) return read_slip(reply, slip->text);
    if (auto const* enrol = std::get_if<first::Enrol>(&command)) return enrol_or_unlock(reply, enrol->fields);
  }
  auto const* const unlock = std::get_if<first::Unlock>(&command);
  if (unlock != nullptr && page && door_.phase() == PagePhase::kUnlock) return enrol_or_unlock(reply, unlock->fields);
  reply.no(Refusal::kWrongPhase);
}

void FirstSteps::help(HostReply const& reply) {
  bool const page = reply.asker() != kConsole;
  json::object more;
  more["message"] = page
                        ? "prefill\nslip <text>\nenrol {\"slip\":…,\"passphrase\":…}\nunlock {\"passphrase\":…}\nquit\n"
                        : "page\nhelp\nquit\n";
  reply.ok(more);
}

void FirstSteps::prefill(HostReply const& reply) const {
  json::object more;
  more["slip"] = options_.slip;
  reply.ok(more);
}

void FirstSteps::read_slip(HostReply const& reply, std::string_view given) const {
  auto const slip = read_slip_text(given);
  if (!slip) return reply.no(slip.error());
  json::object more;
  more["server"] = slip->host + ":" + std::to_string(slip->port);
  more["server_key"] = group_of_four(slip->server_spki);
  more["person"] = slip->person;
  more["slip"] = meeting::format_slip(*slip);
  reply.ok(more);
}

struct FirstSteps::Work {
  std::optional<meeting::Slip> slip;
  Secret passphrase;
  json::object more;
  std::optional<Explained<std::optional<Started>>> result;  ///< nothing in it: the passphrase is another
};

void FirstSteps::enrol_or_unlock(HostReply const& reply, std::string_view given) {
  if (working_) return reply.no(Refusal::kBusy);
  WipedJson parsed;
  auto const* const fields = parsed.parse(given);
  if (fields == nullptr) return reply.no(Refusal::kMalformed);
  auto const work = std::make_shared<Work>();
  auto const passphrase = WipedJson::text(*fields, "passphrase");
  if (passphrase.empty() && !options_.empty_passphrase) {
    return reply.no(Explanation(text::kEmptyPassphrase, {}, Refusal::kMalformed));
  }
  work->passphrase = Secret::copy_of(as_bytes(passphrase));
  if (door_.phase() == PagePhase::kEnrol) {
    auto const slip = read_slip_text(WipedJson::text(*fields, "slip"));
    if (!slip) return reply.no(slip.error());
    work->slip = *slip;
  }
  working_ = pool_.post(Urgency::kUrgent, [this, work, reply] {
    this->work(*work);
    strand_.post([this, work, reply] {
      working_ = false;
      if (door_.phase() == PagePhase::kEnded) return;
      if (!*work->result) return reply.no(work->result->error());
      auto& started = **work->result;
      if (!started) return reply.wrong_passphrase();
      reply.ok(work->more);
      started_(std::move(*started));
    });
  });
  if (!working_) reply.no(Refusal::kBusy);
}

/// On a thread of the pool.
void FirstSteps::work(Work& work) {
  auto unlocked = open(work.slip, as_text(work.passphrase.view()));
  work.passphrase.wipe();
  if (!unlocked) {
    work.result = unlocked.error();
    return;
  }
  if (!*unlocked) {
    work.result = std::optional<Started>();
    return;
  }
  auto const& profile = (*unlocked)->profile;
  work.more["person"] = profile.person;
  work.more["name"] = profile.name;
  work.more["roles"] = profile.roles;
  work.more["identity_key"] = key_fingerprint(profile.identity_key);
  auto started = start(std::move(**unlocked), wallet_, options_.start);
  if (!started) {
    work.result = started.error();
    return;
  }
  work.result = std::optional<Started>(std::move(*started));
}

Explained<IfUnlocked> FirstSteps::open(std::optional<meeting::Slip> const& slip, std::string_view passphrase) {
  if (slip) return enrol(wallet_, *slip, passphrase, options_.enrol_patience);
  auto profile = load_profile(wallet_);
  if (!profile) return explain(profile.error());
  if (!*profile) return explain(Refusal::kUnknown);
  return unlock(wallet_, std::move(**profile), passphrase);
}

}  // namespace piaojue::client

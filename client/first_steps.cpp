// SPDX-License-Identifier: Apache-2.0
#include "client/first_steps.h"

#include "local/passphrase.h"
#include "local/wiped_json.h"
#include "net/discovery.h"
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

namespace {

/// What the door calls it (docs/client-door.md).
void refuse_slip(HostReply const& reply, Refusal code) {
  auto const why = explain_slip(code);
  if (code == Refusal::kProof) return reply.no("CHECK_CHARACTER", why.what);
  reply.no(why);
}

void refuse_enrolment(HostReply const& reply, Explanation const& why) {
  if (why.code == Refusal::kProof) return reply.no("WRONG_CODE", why.what);
  if (why.code == Refusal::kAlreadyIssued) return reply.no("USED_CODE", why.what);
  if (why.code == Refusal::kBusy) return reply.no("NO_SERVER", why.what);
  reply.no(why);
}

}  // namespace

void FirstSteps::operate(HostReply const& reply, first::Command const& command) {
  if (std::holds_alternative<first::Help>(command)) return help(reply);
  bool const page = reply.asker() != kConsole;
  if (page && door_.phase() == PagePhase::kEnrol) {
    if (std::holds_alternative<first::Prefill>(command)) return prefill(reply);
    if (auto const* slip = std::get_if<first::Slip>(&command)) return read_slip(reply, slip->text);
    if (auto const* enrol = std::get_if<first::Enrol>(&command)) return enrol_or_unlock(reply, enrol->fields);
    if (std::holds_alternative<first::Found>(command)) return find(reply);
    if (std::holds_alternative<first::Forget>(command)) return forget(reply);
  }
  if (page && door_.phase() == PagePhase::kIntroduced) {
    if (std::holds_alternative<first::Me>(command)) return begin(reply);
    if (std::holds_alternative<first::Forget>(command)) return forget(reply);
  }
  if (page && door_.phase() == PagePhase::kUnlock && std::holds_alternative<first::Forget>(command)) {
    return forget(reply);
  }
  auto const* const unlock = std::get_if<first::Unlock>(&command);
  if (unlock != nullptr && page && door_.phase() == PagePhase::kUnlock) return enrol_or_unlock(reply, unlock->fields);
  reply.no(Refusal::kWrongPhase);
}

void FirstSteps::help(HostReply const& reply) {
  bool const page = reply.asker() != kConsole;
  json::object more;
  more["message"] = page ? "prefill\nslip <text>\nfound\nenrol {\"slip\":…,\"server\":…,\"passphrase\":…}\nforget\nme\n"
                           "unlock {\"passphrase\":…}\nprefer large|sound on|off\nquit\n"
                         : "page\nprefer large|sound on|off\nhelp\nquit\n";
  reply.ok(more);
}

void FirstSteps::prefill(HostReply const& reply) const {
  json::object more;
  // A slip that was given up is not begun with once more.
  more["slip"] = forgotten_ ? std::string() : options_.slip;
  reply.ok(more);
}

void FirstSteps::read_slip(HostReply const& reply, std::string_view given) const {
  auto const slip = read_slip_text(given);
  if (!slip) return refuse_slip(reply, slip.error());
  json::object more;
  more["server"] = nullptr;
  if (slip->address) more["server"] = meeting::format_slip_address(*slip->address);
  more["meeting"] = slip->code.meeting;
  more["person"] = slip->code.person;
  more["slip"] = slip->text();
  reply.ok(more);
}

void FirstSteps::find(HostReply const& reply) {
  if (finding_) return reply.no(Refusal::kBusy);
  finding_ = pool_.post(Urgency::kUrgent, [this, reply] {
    strand_.post([this, reply, found = net::find_servers()] {
      finding_ = false;
      if (door_.phase() == PagePhase::kEnded) return;
      json::array servers;
      for (auto const& one : found) {
        servers.push_back({{"title", one.title}, {"server", meeting::format_slip_address({one.host, one.port})}});
      }
      json::object more;
      more["servers"] = std::move(servers);
      reply.ok(more);
    });
  });
  if (!finding_) reply.no(Refusal::kBusy);
}

void FirstSteps::forget(HostReply const& reply) {
  if (working_) return reply.no(Refusal::kBusy);
  if (auto const done = client::forget(wallet_); !done) return reply.no(done.error());
  held_.reset();
  forgotten_ = true;
  reply.ok();
  if (door_.phase() != PagePhase::kEnrol) door_.change_phase(PagePhase::kEnrol);
}

void FirstSteps::begin(HostReply const& reply) {
  auto started = std::exchange(held_, {});
  if (!started) return reply.no(Refusal::kWrongPhase);
  reply.ok();
  started_(std::move(*started));
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
    auto const slip = WipedJson::text(*fields, "slip");
    if (!take_slip(reply, *work, slip, WipedJson::text(*fields, "server"))) return;
    if (!take_passphrase(reply, *work, passphrase)) return;
  }
  working_ = pool_.post(Urgency::kUrgent, [this, work, reply] {
    this->work(*work);
    strand_.post([this, work, reply] {
      working_ = false;
      if (door_.phase() == PagePhase::kEnded) return;
      if (!*work->result) return refuse_enrolment(reply, work->result->error());
      auto& started = **work->result;
      if (!started) return reply.wrong_passphrase();
      reply.ok(work->more);
      if (door_.phase() != PagePhase::kEnrol) return started_(std::move(*started));
      held_ = std::move(*started);
      door_.introduce(work->more);
    });
  });
  if (!working_) reply.no(Refusal::kBusy);
}

bool FirstSteps::take_passphrase(HostReply const& reply, Work const& work, std::string_view passphrase) const {
  auto const stage = enrolment_of(wallet_, work.slip->code);
  // Keys that are there were sealed under theirs; and a rehearsal may have none.
  if (!stage || *stage != Enrolment::kNew || passphrase.empty()) return true;
  auto const good = local::check_new_passphrase(passphrase);
  if (!good) reply.no("WEAK_PASSPHRASE", good.error().what);
  return good.has_value();
}

bool FirstSteps::take_slip(HostReply const& reply, Work& work, std::string_view given, std::string_view server) {
  auto const slip = read_slip_text(given);
  if (!slip) {
    refuse_slip(reply, slip.error());
    return false;
  }
  auto address = slip->address;
  if (!address) {
    auto const typed = meeting::parse_slip_address(server);
    if (typed) address = *typed;
  }
  if (!address) {
    reply.no("BAD_ADDRESS", text::kNoAddress);
    return false;
  }
  work.slip = meeting::Slip{*address, slip->code};
  return true;
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
  work.more["device_code"] = profile.device_code();
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
  if (!profile) return profile.error();
  if (!*profile) return explain(Refusal::kUnknown);
  return unlock(wallet_, std::move(**profile), passphrase);
}

}  // namespace piaojue::client

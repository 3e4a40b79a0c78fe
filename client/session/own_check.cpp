// SPDX-License-Identifier: Apache-2.0
#include "client/session/own_check.h"

#include "crypto/box.h"
#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using meeting::CheckVerdict;
using meeting::RelayKind;

meeting::Spoil const* OwnCheck::spoil() const {
  auto const* const voter = own_.voter();
  return voter == nullptr || voter->spoils.empty() ? nullptr : &voter->spoils.back();
}

// ==================================================================================================== Asking

void OwnCheck::operate(Reply const& reply, command::Check const& in) {
  auto const& record = log_.record();
  bool const voting = record.in_progress() && record.attempt()->phase == meeting::BatchPhase::kVoting;
  if (!voting || own_.open() != record.attempt()->open_hash) return reply.no(Refusal::kWrongPhase);
  bool const logged = own_.sealed() && !own_.unsent();
  if (!logged) return reply.no(Refusal::kWrongPhase, strings::client::kNothingToCheck);
  auto const box = record.box_key(in.supervisor);
  if (in.supervisor == me_ || !record.has_role(in.supervisor, meeting::kSupervisor) || !box) {
    return reply.no(Refusal::kUnknown);
  }
  // Once it is signed, nobody can say that it was not handed over.
  if (!online_.is(in.supervisor)) return reply.no(Refusal::kBusy);
  auto& state = *own_.state();
  auto const made =
      meeting::made(meeting::EnvelopeSpoil{own_.open(), me_, state.cast, state.keys, in.supervisor}, me_, identity_);
  if (auto const allowed = record.check(made.entry, meeting::Record::Signatures::kPartial); !allowed) {
    return reply.no(allowed.error());
  }
  auto const sealed = crypto::seal_to(*box, made.bytes);
  if (!sealed) return reply.no(sealed.error());
  // Durable first: whoever has it can log it at any time, and until then this envelope is never confirmed.
  state.spoil_to.insert(in.supervisor);
  if (!own_.save()) return reply.no(Refusal::kStorage);
  mine_.asked = in.supervisor;
  bool const queued = requests_.relay(in.supervisor, RelayKind::kSpoil, *sealed, [reply](Answer& answer) {
    if (!answer) return reply.no(answer.error());
    reply.ok();
  });
  if (!queued) reply.no(Refusal::kBusy);
}

// ==================================================================================================== Opening

void OwnCheck::act() {
  auto const* const last = spoil();
  // What others have spoiled is opened to nobody.
  if (last != nullptr && own_.paper() != nullptr && own_.paper()->cast == last->cast && last->supervisor == 0) {
    own_.wipe_paper();
  }
  open_envelope();
  auto const check = describe();
  if (check.is_null()) {
    mine_.said.clear();
    return;
  }
  auto out = facts::event("check");
  out["batch"] = log_.record().attempt()->open.batch;
  out["attempt"] = log_.record().attempt()->open.attempt;
  out["cast"] = last != nullptr ? last->cast : own_.state()->cast;
  out["supervisor"] = check.at("supervisor");
  out["state"] = check.at("state");
  auto line = boost::json::serialize(out);
  if (line == mine_.said) return;
  mine_.said = std::move(line);
  events_.emit(out);
}

void OwnCheck::open_envelope() {
  auto const* const paper = own_.paper();
  if (paper == nullptr || mine_.sending || mine_.again_ms > clock_.now_ms) return;
  auto const& record = log_.record();
  auto const& before = own_.state()->before;
  auto const cast = paper->cast;
  // The log has ended its cast, so its keys are the last of the earlier ones.
  if (own_.state()->cast != cast + 1 || before.empty()) return;
  if (!meeting::may_be_opened(record, log_.witnesses(), me_, cast, before.back())) return;
  PersonId const supervisor = spoil()->supervisor;
  auto const box = record.box_key(supervisor);
  if (!box) return;
  auto const opening = meeting::make_check_opening(own_.open(), me_, cast, paper->votes, paper->seed,
                                                   record.attempt()->holders.size(), identity_);
  auto const sealed = crypto::seal_to(*box, meeting::encode_check_opening(opening).view());
  if (!sealed) return;
  mine_.sending =
      requests_.relay(supervisor, RelayKind::kOpening, *sealed, [this, open = own_.open(), cast](Answer& answer) {
        if (!own_.is(open)) return;
        mine_.sending = false;
        mine_.again_ms = clock_.now_ms + limits_.relay_retry_ms;
        if (!answer) return;
        mine_.sent = cast;
        own_.wipe_paper();
      });
}

// ==================================================================================================== To look at

std::string_view OwnCheck::state() const {
  auto const* const last = spoil();
  if (own_.state() && !own_.state()->spoil_to.empty()) return "asked";
  if (last == nullptr) return {};
  if (last->supervisor == 0) return "by-office";
  if (last->verdict) {
    switch (*last->verdict) {
      case CheckVerdict::kAgrees:
        return "agrees";
      case CheckVerdict::kDiffers:
        return "differs";
      case CheckVerdict::kUnopened:
        return "unopened";
    }
  }
  return mine_.sent == last->cast ? "sent" : "signed";
}

boost::json::value OwnCheck::describe() const {
  auto const word = state();
  bool const asked = word == "asked";
  // A new envelope is in the log: what became of the one before is told in the list of changes.
  if (word.empty() || (!asked && own_.sealed() && !own_.unsent())) return nullptr;
  PersonId const supervisor = !asked             ? spoil()->supervisor
                              : mine_.asked != 0 ? mine_.asked
                                                 : *own_.state()->spoil_to.rbegin();
  facts::object out;
  out["supervisor"] = supervisor;
  out["state"] = word;
  return out;
}

}  // namespace piaojue::client

// SPDX-License-Identifier: Apache-2.0
#include "client/session/events.h"

#include "strings/client.h"
#include "strings/refusals.h"

namespace piaojue::client {

std::string Events::say(Refusal code) const { return std::string(strings::sentence_of(code).in(lang_)); }

void Events::emit(facts::object const& event) { said_.push_back({std::nullopt, boost::json::serialize(event)}); }

void Events::emit_to(Asker asker, std::string line) { said_.push_back({asker, std::move(line)}); }

void Events::warn(std::string_view kind, facts::object more) {
  auto out = facts::event("warning");
  out["kind"] = kind;
  facts::add(out, std::move(more));
  emit(out);
}

facts::object Reply::head(bool ok, std::string_view code, std::string const& message) const {
  auto out = facts::event("reply");
  out["command"] = word_;
  out["ok"] = ok;
  out["code"] = code;
  out["message"] = message;
  return out;
}

void Reply::send(facts::object reply, std::string_view members) const {
  if (!tag_.empty()) reply["tag"] = tag_;
  auto line = boost::json::serialize(reply);
  if (!members.empty()) {
    line.back() = ',';
    line.append(members).push_back('}');
  }
  events_->emit_to(asker_, std::move(line));
}

void Reply::ok(facts::object more) const {
  auto out = head(true, "OK", events_->say(strings::client::kDone));
  facts::add(out, std::move(more));
  send(std::move(out));
}

void Reply::ok_with(std::string_view members) const {
  send(head(true, "OK", events_->say(strings::client::kDone)), members);
}

void Reply::pending(std::string const& proposal) const {
  facts::object more;
  more["code"] = "PENDING";
  more["proposal"] = proposal;
  more["message"] = events_->say(strings::client::kPending);
  ok(std::move(more));
}

void Reply::no(Refusal code, std::string const& detail) const {
  auto out = head(false, piaojue::name(code), events_->say(code));
  if (!detail.empty()) out["detail"] = detail;
  send(std::move(out));
}

void Reply::ask(std::string_view code, std::string_view what, Sentence const& question) const {
  auto out = head(false, code, events_->say(question));
  out["ask"] = what;
  send(std::move(out));
}

}  // namespace piaojue::client

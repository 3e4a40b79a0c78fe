// SPDX-License-Identifier: Apache-2.0
/// The commands of the door (docs/client-door.md), but for an expert's vote: voter.cpp. Each gives exactly one reply.
#include "client/session/session_impl.h"

namespace piaojue::client {
namespace {

constexpr std::uint64_t kRedraftMs = 100;

template <class... T>
bool one_of(command::Command const& in) {
  return (std::holds_alternative<T>(in) || ...);
}

/// Answered from what this program has; the others wait until its log is up to date.
bool is_local(command::Command const& in) {
  return one_of<command::Proposals, command::Vote, command::Paper, command::Export, command::Marks, command::Unmark,
                command::Meeting, command::Now, command::Follow, command::Status, command::Help, command::Quit>(in);
}

/// To look at what is there needs nobody's trust: also when the session has stopped acting.
bool only_looks(command::Command const& in) {
  return one_of<command::Proposals, command::Export, command::Marks, command::Unmark, command::Meeting, command::Now,
                command::Follow, command::Status, command::Help, command::Quit>(in);
}

}  // namespace

void Session::Impl::Replier::send(facts::object reply, std::string_view members) const {
  if (!tag.empty()) reply["tag"] = tag;
  auto line = boost::json::serialize(reply);
  if (!members.empty()) {
    line.back() = ',';
    line.append(members).push_back('}');
  }
  session->events.push_back({asker, std::move(line)});
}

void Session::Impl::Replier::ok_with(std::string_view members) const {
  auto out = session->event("reply");
  out["command"] = word;
  out["ok"] = true;
  out["code"] = "OK";
  out["message"] = session->say("完成", "done");
  send(std::move(out), members);
}

void Session::Impl::Replier::ok(facts::object more) const {
  auto out = session->event("reply");
  out["command"] = word;
  out["ok"] = true;
  out["code"] = "OK";
  out["message"] = session->say("完成", "done");
  for (auto& member : more) out[member.key()] = std::move(member.value());
  send(std::move(out));
}

void Session::Impl::Replier::no(Refusal code, std::string const& detail) const {
  auto out = session->event("reply");
  out["command"] = word;
  out["ok"] = false;
  out["code"] = piaojue::name(code);
  out["message"] = session->say(code);
  if (!detail.empty()) out["detail"] = detail;
  send(std::move(out));
}

void Session::Impl::on_command(std::string_view line, Asker asker) {
  if (command::is_blank(line)) return;
  auto const tagged = command::split_tag(line);
  if (!tagged) return Replier{this, command::word_of(line), {}, asker}.no(tagged.error());
  Replier const reply{this, command::word_of(tagged->line), tagged->tag, asker};
  if (line.size() > config.limits.command_bytes_max) return reply.no(Refusal::kTooLarge);
  auto const parsed = command::parse(tagged->line);
  if (!parsed) return reply.no(parsed.error(), std::string(command::usage_of(reply.word)));
  if (is_local(*parsed) || synced() || halted) return run(line, asker);
  if (deferred.size() >= config.limits.deferred_commands_max) return reply.no(Refusal::kBusy);
  deferred.push_back({std::string(line), asker});
}

void Session::Impl::run(std::string_view line, Asker asker) {
  auto const tagged = command::split_tag(line);
  if (!tagged) return;  // looked at before
  Replier const reply{this, command::word_of(tagged->line), tagged->tag, asker};
  auto const parsed = command::parse(tagged->line);
  if (!parsed) return reply.no(parsed.error());
  if (fatal) return reply.no(Refusal::kStorage);
  if (halted && !only_looks(*parsed)) return reply.no(*halted);
  std::visit([&](auto const& in) { operate(reply, in); }, *parsed);
}

void Session::Impl::release_deferred() {
  for (auto const& [line, asker] : std::exchange(deferred, {})) run(line, asker);
}

void Session::Impl::put(Replier const& reply, meeting::Body const& body) {
  if (!opened()) return reply.no(Refusal::kWrongPhase);
  if (!current()) {
    return reply.no(Refusal::kNotOnRoll,
                    say("新密钥须由主任委员联署后方可使用", "the chair has not countersigned this laptop's keys"));
  }
  auto const bytes = meeting::signed_entry(body, me, config.keys.identity);
  auto const entry = meeting::decode_entry(bytes);
  if (!entry) return reply.no(entry.error());
  // What this person's own state machine refuses is not worth the server's time, and the answer is the same.
  if (auto const allowed = record.check(*entry, Record::Signatures::kPartial); !allowed) {
    return reply.no(allowed.error());
  }
  bool const queued = submit(bytes, {}, [reply](auto const& index, Hash const& proposal) {
    if (!index) return reply.no(index.error());
    facts::object more;
    if (*index) {
      more["index"] = **index;
    } else {
      more["code"] = "PENDING";
      more["proposal"] = to_hex(proposal.view());
      more["message"] = reply.session->say("已提交，等待联署", "proposed; waits for further signatures");
    }
    reply.ok(std::move(more));
  });
  if (!queued) reply.no(Refusal::kBusy);
}

// ==================================================================================================== Meeting

void Session::Impl::operate(Replier const& reply, command::Draft const&) {
  if (opened()) return reply.no(Refusal::kWrongPhase);
  bool const queued =
      ask([](std::uint64_t id) { return wire::get_draft(id); },
          [this, reply](Answer& answer) {
            if (!answer) return reply.no(answer.error());
            auto const* draft = std::get_if<wire::Draft>(&answer->what);
            if (draft == nullptr) return reply.no(Refusal::kMalformed);
            auto const type = EntryType::kMeetingOpen;
            auto const bytes = meeting::encode_entry(
                type, draft->manifest, {meeting::sign_body(type, draft->manifest, me, config.keys.identity)});
            auto const entry = meeting::decode_entry(bytes);
            if (!entry) return reply.no(entry.error());
            auto const& manifest = std::get<meeting::Manifest>(entry->body);
            bool const mine = me <= manifest.people.size() && manifest.meeting_id == config.profile.meeting_id &&
                              manifest.people[me - 1].identity_key == config.keys.identity.public_key() &&
                              manifest.people[me - 1].witness_key == config.keys.witness.public_key();
            if (!mine) return reply.no(Refusal::kNotOnRoll);
            if (auto const allowed = record.check(*entry, Record::Signatures::kPartial); !allowed) {
              return reply.no(allowed.error());
            }
            std::vector<PersonId> without;
            for (PersonId p = 1; p <= manifest.people.size(); ++p) {
              if (!manifest.people[p - 1].identity_key) without.push_back(p);
            }
            bool const sent = submit(bytes, {}, [reply, without](auto const& index, Hash const& proposal) {
              if (!index) return reply.no(index.error());
              facts::object more;
              if (*index) {
                more["index"] = **index;
              } else {
                more["code"] = "PENDING";
                more["proposal"] = to_hex(proposal.view());
              }
              // They can come later only by a KeyChange that the chair signs.
              more["not_enrolled"] = facts::numbers(without);
              reply.ok(std::move(more));
            });
            if (!sent) reply.no(Refusal::kBusy);
          });
  if (!queued) reply.no(Refusal::kBusy);
}

void Session::Impl::operate(Replier const& reply, command::Proposals const&) {
  facts::array list;
  for (auto const& [id, proposal] : proposals) list.push_back(describe(id, proposal));
  facts::object more;
  more["proposals"] = std::move(list);
  reply.ok(std::move(more));
}

void Session::Impl::operate(Replier const& reply, command::Approve const& in) {
  struct Tally {
    std::size_t open = 0;
    std::uint32_t approved = 0;
    std::optional<Refusal> refused;
  };
  auto const tally = std::make_shared<Tally>();
  auto const finish = [reply, tally] {
    if (--tally->open > 0) return;
    if (tally->refused) return reply.no(*tally->refused);
    facts::object more;
    more["approved"] = tally->approved;
    reply.ok(std::move(more));
  };
  tally->open = 1;  // this call's own
  std::vector<Hash> chosen_ones;
  for (auto& [id, proposal] : proposals) {
    bool const named = !in.prefix.empty() && to_hex(id.view()).starts_with(in.prefix);
    if (!in.prefix.empty() && !named) continue;
    if (wanted(proposal)) {
      chosen_ones.push_back(id);
    } else if (named) {
      tally->refused = proposal.refused ? *proposal.refused : Refusal::kNotAuthorised;
    }
  }
  if (!in.prefix.empty() && chosen_ones.empty() && !tally->refused) return reply.no(Refusal::kUnknown);
  if (!in.prefix.empty() && chosen_ones.size() > 1) {
    return reply.no(Refusal::kConflict, say("编号前缀不唯一", "more than one proposal begins like this"));
  }
  for (auto const& id : chosen_ones) {
    auto const& entry = proposals.at(id).entry;
    // Again, now: the log may have moved on since it was proposed.
    if (auto const allowed = record.check(entry, Record::Signatures::kPartial); !allowed) {
      tally->refused = allowed.error();
      continue;
    }
    auto const signature = meeting::sign_body(entry.type(), entry.body_bytes, me, config.keys.identity).signature;
    ++tally->open;
    bool const queued = ask([&](std::uint64_t request) { return wire::countersign(request, id, me, signature); },
                            [this, id, tally, finish](Answer& answer) {
                              if (!answer) {
                                // UNKNOWN, and gone from the list: it became complete, or outdated, while this
                                // signature travelled.
                                if (answer.error() != Refusal::kUnknown || proposals.contains(id))
                                  tally->refused = answer.error();
                                return finish();
                              }
                              ++tally->approved;
                              auto const* accepted = std::get_if<wire::Accepted>(&answer->what);
                              if (accepted != nullptr && accepted->index >= record.size()) {
                                when_logged.emplace(accepted->index, finish);
                                return;
                              }
                              finish();
                            });
    if (!queued) {
      --tally->open;
      tally->refused = Refusal::kBusy;
    }
  }
  finish();
}

void Session::Impl::operate(Replier const& reply, command::SignIn const&) {
  put(reply, meeting::SignIn{record.meeting(), me, record.presence(me).sequence});
}

void Session::Impl::operate(Replier const& reply, command::SignOut const& in) {
  auto const who = in.person == 0 ? me : in.person;
  put(reply, meeting::SignOut{record.meeting(), who, record.presence(who).sequence, in.reason});
}

void Session::Impl::operate(Replier const& reply, command::Recuse const& in) {
  put(reply, meeting::Recuse{record.meeting(), in.person == 0 ? me : in.person, in.question, in.reason});
}

void Session::Impl::operate(Replier const& reply, command::Interview const& in) {
  // Without a signed paper the text stands for itself.
  auto const document = in.document ? *in.document : crypto::sha256({as_bytes(in.text)});
  put(reply, meeting::Interview{record.meeting(), in.question, in.text, document});
}

void Session::Impl::operate(Replier const& reply, command::CloseMeeting const&) {
  auto const body = record.draft_meeting_close();
  if (!body) return reply.no(body.error());
  put(reply, *body);
}

// ==================================================================================================== Batches

void Session::Impl::operate(Replier const& reply, command::Open const& in) {
  if (!opened()) return reply.no(Refusal::kWrongPhase);
  auto const body = record.draft_batch_open(in.batch, in.paper, in.fewer_trustees);
  if (body) {
    return put_drafted(reply, [this, in]() -> Result<meeting::Body> {
      auto const again = record.draft_batch_open(in.batch, in.paper, in.fewer_trustees);
      if (!again) return again.error();
      return *again;
    });
  }
  auto const code = body.error();
  if (code != Refusal::kKeyUnlogged) return reply.no(code);
  std::string missing;
  for (TrusteeId t = 0; t < record.manifest().trustees.size(); ++t) {
    if (record.pending_keys().contains({in.batch, t})) continue;
    missing += (missing.empty() ? "" : ",") + std::to_string(t);
  }
  reply.no(code, say("尚缺保管方的密钥：", "keys are still missing of trustees: ") + missing);
}

void Session::Impl::operate(Replier const& reply, command::Close const&) {
  put_drafted(reply, [this]() -> Result<meeting::Body> {
    auto const body = record.draft_batch_close();
    if (!body) return body.error();
    return *body;
  });
}

/// For entries that say how things stand (who is present, which envelopes are the last ones): what somebody else does
/// in the same moment makes them wrong, so they are drawn up again, a bounded number of times.
void Session::Impl::put_drafted(Replier const& reply, std::function<Result<meeting::Body>()> const& draft,
                                std::uint32_t tries) {
  if (halted) return reply.no(*halted);
  auto const body = draft();
  if (!body) return reply.no(body.error());
  if (!current()) return reply.no(Refusal::kNotOnRoll);
  auto const bytes = meeting::signed_entry(*body, me, config.keys.identity);
  auto const entry = meeting::decode_entry(bytes);
  auto const allowed = entry ? record.check(*entry) : Result<void>(entry.error());
  if (!allowed) return reply.no(allowed.error());
  bool const queued = submit(bytes, {}, [this, reply, draft, tries](auto const& index, Hash const&) {
    if (index) {
      facts::object more;
      if (*index) more["index"] = **index;
      return reply.ok(std::move(more));
    }
    if (index.error() != Refusal::kConflict || tries >= config.limits.redrafts_max) {
      return reply.no(index.error());
    }
    timers.emplace_back(now_ms + kRedraftMs, [this, reply, draft, tries] { put_drafted(reply, draft, tries + 1); });
  });
  if (!queued) reply.no(Refusal::kBusy);
}

void Session::Impl::operate(Replier const& reply, command::Override const& in) {
  if (!record.attempt()) return reply.no(Refusal::kWrongPhase);
  auto const& attempt = *record.attempt();
  put(reply, meeting::Override{attempt.open_hash, attempt.box_hash, in.silent, in.missing, in.reason});
}

void Session::Impl::operate(Replier const& reply, command::Declare const&) {
  auto const body = record.draft_declaration();
  if (!body) return reply.no(body.error());
  put(reply, *body);
}

void Session::Impl::operate(Replier const& reply, command::Void const& in) {
  if (!record.attempt()) return reply.no(Refusal::kWrongPhase);
  put(reply, meeting::Void{record.attempt()->open_hash, in.questions, in.reason, in.shares_lost});
}

void Session::Impl::operate(Replier const& reply, command::Paper const& in) {
  if (!record.in_progress() || !record.attempt()->open.paper) return reply.no(Refusal::kWrongPhase);
  auto const live = record.attempt()->live();
  if (std::ranges::find(live, in.question) == live.end()) return reply.no(Refusal::kUnknown);
  std::erase_if(papers, [&](auto const& paper) { return std::ranges::find(live, paper.first) == live.end(); });
  papers[in.question] = in.row;
  facts::object more;
  more["question"] = in.question;
  more["entered"] = papers.size();
  more["of"] = live.size();
  reply.ok(std::move(more));
}

void Session::Impl::operate(Replier const& reply, command::PaperSubmit const&) {
  if (!record.in_progress() || !record.attempt()->open.paper) return reply.no(Refusal::kWrongPhase);
  std::string missing;
  meeting::PaperTally body{record.attempt()->open_hash, {}};
  for (QuestionId const q : record.attempt()->live()) {
    auto const row = papers.find(q);
    if (row == papers.end()) {
      missing += (missing.empty() ? "" : ",") + std::to_string(q);
    } else {
      body.rows.insert(*row);
    }
  }
  if (!missing.empty()) {
    return reply.no(Refusal::kMalformed, say("尚未录入的事项：", "questions without figures: ") + missing);
  }
  put(reply, body);
}

// ==================================================================================================== This program

void Session::Impl::operate(Replier const& reply, command::Export const& in) {
  auto const bytes = log.export_record();
  if (bytes.empty() || !config.write_file) return reply.no(Refusal::kWrongPhase);
  if (auto const written = config.write_file(in.path, bytes); !written) return reply.no(written.error());
  facts::object more;
  more["file"] = in.path;
  more["entries"] = log.noted_size();
  more["head"] = group_of_four(record.tree().root(log.noted_size()));
  reply.ok(std::move(more));
}

void Session::Impl::operate(Replier const& reply, command::Status const&) {
  auto more = state();
  more.erase("event");
  more["person"] = me;
  more["name"] = config.profile.name;
  more["roles"] = config.profile.roles;
  more["connected"] = connected && welcomed;
  more["synced"] = synced();
  more["size"] = record.size();
  more["root"] = to_hex(record.tree().root().view());
  more["identity_key"] = to_hex(config.keys.identity.public_key().view());
  more["online"] = facts::numbers(online);
  more["proposals"] = proposals.size();
  more["unanswered"] = requests.size();
  if (trustee) more["trustee"] = trustee_facts();
  if (!my_questions().empty()) more["chosen"] = chosen();
  reply.ok(std::move(more));
}

void Session::Impl::operate(Replier const& reply, command::Help const&) {
  facts::object more;
  more["message"] = command::usage();
  reply.ok(std::move(more));
}

void Session::Impl::operate(Replier const& reply, command::Quit const&) {
  quit = true;
  reply.ok();
}

}  // namespace piaojue::client

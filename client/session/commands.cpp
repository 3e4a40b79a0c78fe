// SPDX-License-Identifier: Apache-2.0
#include "client/session/commands.h"

namespace piaojue::client {
namespace {

template <class... T>
bool one_of(command::Command const& in) {
  return (std::holds_alternative<T>(in) || ...);
}

/// To look at what is there needs nobody's trust: also when the session has stopped acting.
bool only_looks(command::Command const& in) {
  return one_of<command::Proposals, command::Export, command::Marks, command::Unmark, command::Meeting, command::Now,
                command::Follow, command::Status, command::Help, command::Quit>(in);
}

/// Answered from what this program has; the others wait until its log is up to date.
bool is_local(command::Command const& in) {
  return only_looks(in) || one_of<command::Vote, command::Paper, command::Stop, command::NotVoted>(in);
}

}  // namespace

void Commands::take(std::string_view line, Asker asker) {
  if (command::is_blank(line)) return;
  auto const tagged = command::split_tag(line);
  if (!tagged) return Reply(events_, command::word_of(line), {}, asker).no(tagged.error());
  Reply const reply(events_, command::word_of(tagged->line), tagged->tag, asker);
  if (line.size() > limits_.command_bytes_max) return reply.no(Refusal::kTooLarge);
  auto parsed = command::parse(tagged->line);
  if (!parsed) return reply.no(parsed.error(), std::string(command::usage_of(reply.word())));
  if (is_local(*parsed) || log_.synced() || log_.halted()) return run(reply, *parsed);
  if (deferred_.size() >= limits_.deferred_commands_max) return reply.no(Refusal::kBusy);
  deferred_.push_back({reply, std::move(*parsed)});
}

void Commands::run(Reply const& reply, command::Command const& command) {
  if (keeper_.failed()) return reply.no(Refusal::kStorage);
  if (log_.halted() && !only_looks(command)) return reply.no(*log_.halted());
  run_(reply, command);
}

void Commands::release() {
  for (auto const& [reply, command] : std::exchange(deferred_, {})) run(reply, command);
}

}  // namespace piaojue::client

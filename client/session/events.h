// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what this program says, in order, to everybody or to whoever asked. It decides nothing, and
/// no event ever carries a choice (docs/client-door.md).
#include <utility>
#include <vector>

#include "base/explained.h"
#include "base/refusal.h"
#include "base/sentence.h"
#include "client/session/facts.h"
#include "client/session/outputs.h"

namespace piaojue::client {

class Events {
 public:
  /// @param lang of the sentences in them.
  explicit Events(Lang lang) : lang_(lang) {}

  Lang lang() const { return lang_; }
  std::string say(Sentence const& sentence) const { return sentence.in(lang_); }
  std::string say(Refusal code) const;
  std::string say(Explanation const& why) const { return why.in(lang_); }

  void emit(facts::object const& event);
  void emit_to(Asker asker, std::string line);
  void warn(std::string_view kind, facts::object more = {});

  std::vector<Said> take() { return std::exchange(said_, {}); }

 private:
  Lang lang_;
  std::vector<Said> said_;
};

/// The one answer to a command, for whoever gave it. Copied into what finishes later.
class Reply {
 public:
  /// @param word of the command. @param tag of the command, repeated; empty: none. @param events outlives this.
  Reply(Events& events, std::string word, std::string tag, Asker asker)
      : events_(&events), word_(std::move(word)), tag_(std::move(tag)), asker_(asker) {}

  Asker asker() const { return asker_; }
  std::string const& word() const { return word_; }

  void ok(facts::object more = {}) const;
  /// @param members of a JSON object, written already: `"a":1,"b":2`.
  void ok_with(std::string_view members) const;
  /// The entry waits for further signatures. @param proposal its id, in hex.
  void pending(std::string const& proposal) const;
  void no(Refusal code, std::string const& detail = {}) const;
  /// Nothing was done: the person has to say something first. @param code such as ASK, which is no refusal.
  void ask(std::string_view code, std::string_view what, Sentence const& question) const;
  void no(Refusal code, Sentence const& detail) const { no(code, events_->say(detail)); }

 private:
  facts::object head(bool ok, std::string_view code, std::string const& message) const;
  void send(facts::object reply, std::string_view members = {}) const;

  Events* events_;
  std::string word_, tag_;
  Asker asker_;
};

}  // namespace piaojue::client

// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One line of the door (docs/client-door.md) as a typed command. Pure: what a command means for the meeting is the
/// session's matter.
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/meeting/entry.h"

namespace piaojue::client::command {

using meeting::BatchId;
using meeting::Hash;
using meeting::PersonId;
using meeting::QuestionId;

using meeting::TrusteeId;

struct Draft {};
struct Sheet {};
struct Tick {
  PersonId person = 0;
  std::string device_code;  ///< empty: not ticked any more
};
struct Proposals {};
struct Approve {
  std::string prefix;  ///< lower-case hex of a proposal's id; empty: all
  std::optional<std::uint32_t> heads;
};
struct SignIn {};
struct SignOut {
  PersonId person = 0;            ///< 0: oneself
  std::string reason;             ///< of somebody else
  std::optional<bool> not_voted;  ///< of oneself: the answer whether not to vote is meant
};
struct Recuse {
  PersonId person = 0;  ///< 0: oneself
  QuestionId question = 0;
  std::string reason;
};
/// One's own, by oneself; whoever else's word it rests on signs the proposal.
struct RecuseBack {
  QuestionId question = 0;
  std::string reason;
};
struct ChangeTrustee {
  TrusteeId trustee = 0;
  PersonId person = 0;
  std::string reason;
};
struct Interview {
  QuestionId question = 0;
  std::optional<Hash> document;  ///< of the signed paper; nothing: the text's own hash
  std::string text;
};
struct Open {
  BatchId batch = 0;
  bool paper = false;
};
struct Vote {
  QuestionId question = 0;
  crypto::elgamal::Choice choice = crypto::elgamal::Choice::kAbstain;
};
struct Cast {};
struct Check {
  PersonId supervisor = 0;
};
struct CheckAccept {
  PersonId person = 0;
};
struct CheckRefuse {
  PersonId person = 0;
};
struct Verdict {
  PersonId person = 0;
  meeting::CheckVerdict verdict = meeting::CheckVerdict::kUnopened;
};
struct Spoil {
  PersonId person = 0;
};
struct Close {};
struct NotVoted {
  bool own_decision = false;
};
struct Override {
  std::vector<PersonId> people;
  std::string reason;
};
struct Stop {};
struct Declare {};
struct Void {
  std::vector<QuestionId> questions;  ///< empty: all
  std::string reason;
};
struct Paper {
  QuestionId question = 0;
  meeting::PaperRow row;
};
struct PaperSubmit {};
struct CloseMeeting {};
/// For everybody to see; closes nothing.
struct Countdown {
  std::uint32_t seconds = 0;  ///< 0: none any more
};
struct Export {
  std::string path;
};
struct Attachment {
  QuestionId question = 0;
  std::uint32_t index = 0;  ///< from 0
};
struct Marks {};
struct Unmark {};
struct Meeting {};
struct Now {};
struct Follow {
  bool on = false;
};
struct Status {};
struct Help {};
struct Quit {};

using Command = std::variant<Draft, Sheet, Tick, Proposals, Approve, SignIn, SignOut, Recuse, RecuseBack, ChangeTrustee,
                             Interview, Open, Vote, Cast, Check, CheckAccept, CheckRefuse, Verdict, Spoil, Close,
                             NotVoted, Override, Stop, Declare, Void, Paper, PaperSubmit, CloseMeeting, Countdown,
                             Export, Attachment, Marks, Unmark, Meeting, Now, Follow, Status, Help, Quit>;

/// "@7 sign-in": the tag that the reply repeats, and the command after it.
struct Tagged {
  std::string tag;        ///< empty: none
  std::string_view line;  ///< without the tag
};
/// @return kMalformed: begins with '@', but not with 1 to 16 letters or digits after it.
[[nodiscard]] Result<Tagged> split_tag(std::string_view line);

/// @param line without a tag. @return kUnknownType: no such command. kMalformed: wrong arguments, a line break, or not
/// UTF-8.
[[nodiscard]] Result<Command> parse(std::string_view line);

/// The first word, for the reply's `command`; "?" if it is no text to be repeated.
std::string word_of(std::string_view line);
/// Nothing but white space, or a comment that begins with '#': not a command, gets no reply.
bool is_blank(std::string_view line);
/// How the command is written, one line each.
std::string_view usage();
/// The line of `usage` for a command's word; empty for an unknown one.
std::string_view usage_of(std::string_view word);

}  // namespace piaojue::client::command

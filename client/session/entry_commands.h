// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the commands that put an entry into the log (docs/client-door.md), but for an expert's vote.
/// Each gives exactly one reply.
#include "client/session/command.h"
#include "client/session/paper_rows.h"
#include "client/session/sign_in_sheet.h"
#include "client/session/submitter.h"
#include "client/session/voter.h"

namespace piaojue::client {

class EntryCommands {
 public:
  EntryCommands(Profile const& profile, Keys const& keys, LogFollower const& log, Requests& requests,
                Submitter& submitter, PaperRows& papers, SignInSheet const& sheet, Voter& voter)
      : profile_(profile),
        keys_(keys),
        log_(log),
        requests_(requests),
        submitter_(submitter),
        papers_(papers),
        sheet_(sheet),
        voter_(voter) {}

  void operate(Reply const& reply, command::Draft const&);
  void operate(Reply const& reply, command::SignIn const&);
  void operate(Reply const& reply, command::SignOut const& in);
  void operate(Reply const& reply, command::Recuse const& in);
  void operate(Reply const& reply, command::RecuseBack const& in);
  void operate(Reply const& reply, command::ChangeTrustee const& in);
  void operate(Reply const& reply, command::Interview const& in);
  void operate(Reply const& reply, command::Open const& in);
  void operate(Reply const& reply, command::Close const&);
  void operate(Reply const& reply, command::Spoil const& in);
  void operate(Reply const& reply, command::Override const& in);
  void operate(Reply const& reply, command::Declare const&);
  void operate(Reply const& reply, command::Void const& in);
  void operate(Reply const& reply, command::Paper const& in);
  void operate(Reply const& reply, command::PaperSubmit const&);
  void operate(Reply const& reply, command::CloseMeeting const&);

 private:
  meeting::Record const& record() const { return log_.record(); }
  PersonId self_or(PersonId person) const { return person == 0 ? profile_.person : person; }
  std::vector<Hash> unwitnessed() const { return meeting::unwitnessed(record(), log_.witnesses()); }
  std::function<bool()> all_witnessed() const {
    return [this] { return unwitnessed().empty(); };
  }
  void sign_out_oneself(Reply const& reply, std::optional<bool> not_voted);
  /// Whoever leaves now leaves a vote behind: no envelope of his is in the log, and nobody has opened anything yet.
  bool owes_vote() const;
  /// Signs the server's draft of MeetingOpen and proposes it.
  void take_draft(Reply const& reply, Bytes const& manifest);

  Profile const& profile_;
  Keys const& keys_;
  LogFollower const& log_;
  Requests& requests_;
  Submitter& submitter_;
  PaperRows& papers_;
  SignInSheet const& sheet_;
  Voter& voter_;
};

}  // namespace piaojue::client

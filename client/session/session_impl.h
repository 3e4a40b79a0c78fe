// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the inside of Session. session.cpp follows the log and keeps the conversation going, voter.cpp
/// is the expert's part, door.cpp the commands, view.cpp how everything stands.
#include <deque>

#include "client/session/ballot_state.h"
#include "client/session/command.h"
#include "client/session/facts.h"
#include "client/session/log_copy.h"
#include "client/session/wire.h"
#include "protocol/meeting/codec.h"
#include "strings/refusals.h"

namespace piaojue::client {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::Entry;
using meeting::EntryType;
using meeting::MeetingPhase;
using meeting::Record;
using meeting::TrusteeId;

/// The answer to a request, or why there is none.
using Answer = Result<wire::Message>;

struct Session::Impl final : trustee::TrusteeStore {
  Impl(SessionConfig c, Wallet& w) : config(std::move(c)), wallet(w) {}

  SessionConfig config;
  Wallet& wallet;
  LogCopy log;
  Record const& record = log.record;
  PersonId me = 0;

  std::optional<std::string> fatal;
  std::optional<Refusal> halted;
  bool replaying = false;
  bool quit = false;
  bool reconnect = false;
  std::uint64_t now_ms = 0;
  std::uint64_t posix_s = 0;

  // ================================================================================================ session.cpp

  // ---- Out
  std::vector<Said> events;
  std::vector<Bytes> frames;
  std::vector<Job> jobs;
  JobId last_job = 0;
  std::map<JobId, std::function<void()>> running;
  std::vector<JournalRecord> unwritten;  ///< of the input that is being handled
  bool unsynced = false;

  void emit(facts::object const& event) { events.push_back({std::nullopt, boost::json::serialize(event)}); }
  facts::object event(std::string_view name) const {
    facts::object out;
    out["event"] = name;
    return out;
  }
  void warn(std::string_view kind, facts::object more = {});
  std::string say(Refusal code) const { return std::string(strings::sentence_of(code).in(lang_of(config.lang))); }
  std::string say(std::string_view zh, std::string_view en) const {
    return std::string(facts::zh(config.lang) ? zh : en);
  }
  void add_job(std::string name, std::function<void()> run, std::function<void()> finish, bool background = false);
  /// A write failed: nothing may be sent any more.
  bool kept(Result<void> const& written);
  void flush();

  // ---- Requests: asked again after each reconnect until they are answered
  struct Request {
    Bytes frame;
    std::function<void(Answer&)> done;
    bool sent = false;
    std::uint64_t again_ms = 0;  ///< after BUSY: not before
    std::uint32_t busy = 0;
  };
  std::map<std::uint64_t, Request> requests;
  std::size_t in_flight = 0;
  std::uint64_t next_id = 1;
  std::uint64_t hello_id = 0;
  bool connected = false;
  bool welcomed = false;
  std::uint64_t welcome_size = 0;
  std::uint64_t pinged_ms = 0;
  bool pinging = false;

  std::uint64_t new_id() { return next_id++; }
  /// @return false: the bound is reached, or the session has halted; `done` is not called then.
  bool ask(std::function<Bytes(std::uint64_t id)> const& make, std::function<void(Answer&)> done);
  /// @param done gets the log's index when the entry stands in this person's own copy, or nothing for a proposal.
  using Submitted = std::function<void(Result<std::optional<std::uint64_t>> const&, Hash const& proposal)>;
  bool submit(Bytes const& entry, ByteView payload, Submitted done);
  void say_hello();
  void pump();
  void answer(wire::Message message);

  // ---- The log
  std::uint64_t milestone_size = 0;  ///< entries up to and with the newest one that is to be cosigned; 0: none
  std::uint64_t cosigned_size = 0;   ///< largest checkpoint that this program has cosigned
  bool cosign_sent = false;
  std::deque<log::Cosignature> early_cosignatures;
  std::multimap<std::uint64_t, std::function<void()>> when_logged;  ///< by index

  bool synced() const { return welcomed && record.size() >= welcome_size; }
  bool opened() const { return record.phase() != MeetingPhase::kBeforeOpen; }
  /// This program's keys are the ones that the log names for this person.
  bool current() const {
    return opened() && record.identity_key(me) == config.keys.identity.public_key() &&
           record.witness_key(me) == config.keys.witness.public_key();
  }
  bool is_screen() const { return opened() && record.has_role(me, meeting::kScreen); }
  void halt(Refusal code, std::string const& detail, std::string const& theirs = {}, std::string const& ours = {});
  void on_log(wire::Log const& push);
  /// @return false: the session has halted.
  bool take_entry(Bytes const& bytes);
  void take_note(std::string const& note);
  void take_cosignatures(std::vector<log::Cosignature> const& list);
  bool take_cosignature(log::Cosignature const& cosignature);
  void took_in(Entry const& entry, std::uint64_t index);
  void milestone_events(Entry const& entry);
  void current_events();
  void counted_event();
  std::vector<facts::object> row_warnings() const;
  void cosign();
  void act();

  // ---- Proposals
  struct Proposal {
    Entry entry;
    std::optional<Refusal> refused;  ///< what this person's own state machine says of it
  };
  std::map<Hash, Proposal> proposals;
  void on_proposal(wire::Proposal const& in);
  void on_proposal_closed(wire::ProposalClosed const& in);
  bool wanted(Proposal const& proposal) const;
  facts::object describe(Hash const& id, Proposal const& proposal) const;

  // ---- Trustee
  std::unique_ptr<trustee::Trustee> trustee;
  std::optional<TrusteeId> trustee_id;
  std::string trustee_said;
  bool resubmit = false;  ///< something that the trustee made was not taken for want of room
  std::deque<wire::TokenWork> early_work;
  void host_trustee();
  void act_trustee();
  bool take_token_work(wire::TokenWork& work);
  void on_mix_work(wire::MixWork work);
  void send_submissions(std::vector<trustee::Submission> submissions);

  Result<void> save(std::string const& name, Secret const& plain) override;
  Result<std::optional<Secret>> load(std::string const& name) override;
  Result<void> erase(std::string const& name) override;

  // ---- What is told when it changes
  std::string state_said;
  std::set<std::pair<meeting::BatchId, std::uint32_t>> keys_said;
  std::optional<Hash> all_confirmed_said, unconfirmed_said;
  std::uint64_t confirming_since_ms = 0;
  std::vector<PersonId> online, enrolled;
  facts::object state() const;
  void say_changes();

  // ================================================================================================ voter.cpp

  struct Voter {
    Hash open;  ///< the attempt that all of this is about
    bool asked_key = false;
    std::optional<Secret> key;  ///< of the sealed state
    std::shared_ptr<BallotState> state;
    bool looked = false;                 ///< in the wallet
    bool making = false;                 ///< tokens are being blinded
    bool requested = false;              ///< TokenRequest is on its way
    std::set<std::uint32_t> finalizing;  ///< hops
    bool told_ready = false;
    std::optional<Refusal> failed;  ///< this attempt can not go on here
    Secret choices;                 ///< one byte a question: 0 none, 1 abstain, 2 agree, 3 disagree
    bool casting = false;
    std::uint32_t next_sequence = 0;
    bool checking = false;
    std::vector<QuestionId> confirmed_for;  ///< live questions that a Confirm was made for
    bool told_box = false;
    bool forgotten = false;
    std::set<TrusteeId> mismatched;  ///< an answer came that its trustee did not sign for, and no right one since
  };
  Voter voter;
  std::map<std::uint64_t, meeting::BlindSigs> early_issued;  ///< by index of TokensIssued

  std::string state_name(Hash const& open) const { return "attempt/" + to_hex(open.view()); }
  Contexts contexts(std::vector<QuestionId> const& questions) const;
  std::vector<QuestionId> my_questions() const;
  std::uint32_t chosen() const;
  std::string_view stage() const;
  bool attempt_is(Hash const& open) const { return record.attempt() && record.attempt()->open_hash == open; }
  void act_voter();
  void begin_attempt();
  void forget_attempt();
  void sweep_attempts();
  bool needed_still() const;
  void ask_key();
  void look_for_state();
  bool save_state();
  void request_tokens();
  void finalize_tokens();
  void confirm();
  void fail_attempt(Refusal code, facts::object more = {});
  void saw_own_cast(meeting::EnvelopeCast const& body);
  void saw_own_confirm(meeting::Confirm const& body);

  // ================================================================================================ door.cpp

  struct Deferred {
    std::string line;
    Asker asker;
  };
  std::deque<Deferred> deferred;
  std::map<QuestionId, meeting::PaperRow> papers;

  struct Replier {
    Impl* session;
    std::string word;
    std::string tag;
    Asker asker = kConsole;
    void send(facts::object reply, std::string_view members = {}) const;
    void ok(facts::object more = {}) const;
    void no(Refusal code, std::string const& detail = {}) const;
    /// @param members of a JSON object, written already: `"a":1,"b":2`.
    void ok_with(std::string_view members) const;
  };
  void on_command(std::string_view line, Asker asker);
  void run(std::string_view line, Asker asker);
  void release_deferred();
  /// Signs, checks against this person's own record, submits; replies.
  void put(Replier const& reply, meeting::Body const& body);
  void put_drafted(Replier const& reply, std::function<Result<meeting::Body>()> const& draft, std::uint32_t tries = 0);
  std::vector<std::pair<std::uint64_t, std::function<void()>>> timers;  ///< by time

  void operate(Replier const& reply, command::Draft const&);
  void operate(Replier const& reply, command::Proposals const&);
  void operate(Replier const& reply, command::Approve const&);
  void operate(Replier const& reply, command::SignIn const&);
  void operate(Replier const& reply, command::SignOut const&);
  void operate(Replier const& reply, command::Recuse const&);
  void operate(Replier const& reply, command::Interview const&);
  void operate(Replier const& reply, command::Open const&);
  void operate(Replier const& reply, command::Vote const&);
  void operate(Replier const& reply, command::Cast const&);
  void operate(Replier const& reply, command::Close const&);
  void operate(Replier const& reply, command::Override const&);
  void operate(Replier const& reply, command::Declare const&);
  void operate(Replier const& reply, command::Void const&);
  void operate(Replier const& reply, command::Paper const&);
  void operate(Replier const& reply, command::PaperSubmit const&);
  void operate(Replier const& reply, command::CloseMeeting const&);
  void operate(Replier const& reply, command::Export const&);
  void operate(Replier const& reply, command::Marks const&);
  void operate(Replier const& reply, command::Unmark const&);
  void operate(Replier const& reply, command::Meeting const&);
  void operate(Replier const& reply, command::Now const&);
  void operate(Replier const& reply, command::Follow const&);
  void operate(Replier const& reply, command::Status const&);
  void operate(Replier const& reply, command::Help const&);
  void operate(Replier const& reply, command::Quit const&);

  // ================================================================================================ view.cpp

  /// What Record does not keep of an attempt once the next one has begun.
  struct Told {
    std::uint32_t attempt = 0;
    bool paper = false;
    std::size_t present = 0;
    std::optional<std::string> reason;  ///< of the last Void
    std::string rows;                   ///< as declared, written as JSON; empty: not declared
    facts::array boxes;
  };
  std::map<meeting::BatchId, std::vector<Told>> told;
  meeting::BatchId told_batch = 0;  ///< of the last attempt
  std::optional<Refusal> bad_checkpoint;
  std::set<Asker> followers;
  bool stale = false;  ///< something happened since `now` was said
  std::optional<std::uint64_t> now_said_ms;
  std::string now_said;

  void view_entry(Entry const& entry);
  std::string now_members() const;
  facts::object meeting_facts() const;
  std::string agenda() const;
  facts::object attempt_facts() const;
  facts::object ballot_facts() const;
  facts::object trustee_facts() const;
  facts::array standing_warnings() const;
  std::optional<std::vector<PersonId>> silent() const;
  void say_now();
};

}  // namespace piaojue::client

// SPDX-License-Identifier: Apache-2.0
/// Puts the parts together: what comes in goes to its part, and after each input every part does what is due.
#include "client/session/session.h"

#include "client/session/commands.h"
#include "client/session/entry_commands.h"
#include "client/session/halves_of_others.h"
#include "client/session/materials.h"
#include "client/session/milestones.h"
#include "client/session/view.h"

namespace piaojue::client {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

/// The parts from the bottom up, each with what it may use. None of them knows this class: it only hands on.
class Session::Parts final : private LogListener {
 public:
  Parts(SessionConfig config, Wallet& wallet) : config_(std::move(config)), wallet_(wallet) {}

  [[nodiscard]] Result<void> open();
  void connected();
  void disconnected();
  void on_frame(ByteView frame);
  void command(std::string_view line, Asker asker);
  void leave(Asker asker) { view_.leave(asker); }
  void tick(std::uint64_t now_ms, std::uint64_t posix_s);
  void finish_job(JobId id);

  std::vector<Bytes> take_frames() { return requests_.take_frames(); }
  std::vector<Said> take_said() { return events_.take(); }
  std::vector<Job> take_jobs() { return jobs_.take(); }
  std::optional<std::uint64_t> tick_wanted() const { return view_.wanted_in_ms(); }
  std::optional<std::string> const& fatal() const { return keeper_.fatal(); }
  bool wants_quit() const { return quit_; }
  bool wants_reconnect() const { return requests_.wants_reconnect(); }
  std::optional<meeting::SlipAddress> take_moved() { return std::exchange(moved_, {}); }
  std::optional<std::vector<meeting::SlipAddress>> take_addresses() { return std::exchange(addresses_, {}); }
  LogFollower const& log() const { return log_; }
  PersonId person() const { return me_; }

 private:
  bool stopped() const { return log_.halted() || keeper_.failed(); }
  void take(wire::Message message);
  void take(wire::Relay const& in);
  void act();
  void took_in(meeting::Entry const& entry, std::uint64_t index, bool again) override;
  void halted() override {
    materials_.refuse(*log_.halted());
    commands_.release();
  }
  void run(Reply const& reply, command::Command const& command);
  void operate(Reply const& reply, command::Export const& in) const;
  static void operate(Reply const& reply, command::Help const&);
  void operate(Reply const& reply, command::Quit const&);
  TrusteeSeat::Means seat_means() const {
    return {config_.token_keys, config_.parallel, config_.lookahead,
            [this](Hash const& box, std::vector<QuestionId> const& live) { return voter_.look_at_box(box, live); }};
  }

  SessionConfig config_;
  Wallet& wallet_;
  PersonId const me_ = config_.profile.person;
  SessionLimits const& limits_ = config_.limits;
  Clock clock_;
  bool quit_ = false;
  std::optional<meeting::SlipAddress> moved_;
  std::optional<std::vector<meeting::SlipAddress>> addresses_;
  Events events_{config_.lang};
  Jobs jobs_;
  Keeper keeper_{wallet_, events_};
  Requests requests_{limits_, clock_, keeper_};
  LogFollower log_{config_.profile, config_.keys, limits_, clock_, keeper_, requests_, events_, *this};
  Milestones milestones_{log_.copy(), events_};
  Online online_{clock_};
  OwnHalves halves_{me_, config_.keys, limits_, clock_, log_, keeper_, requests_, online_};
  HalvesOfOthers halves_of_others_{me_, config_.keys, log_, requests_};
  SignInSheet sheet_{log_, keeper_, requests_};
  Proposals proposals_{config_.profile, config_.keys, limits_, log_, sheet_, requests_, events_};
  Voter voter_{me_,  config_.keys, config_.parallel, limits_,   clock_, online_,
               log_, keeper_,      halves_,          requests_, jobs_,  events_};
  TrusteeSeat seat_{me_,     config_.keys, seat_means(), limits_, clock_, log_,
                    keeper_, halves_,      requests_,    jobs_,   events_};
  PaperRows papers_;
  Submitter submitter_{me_, config_.keys.identity, limits_, clock_, log_, requests_};
  CheckDesk desk_{me_, config_.keys, limits_, log_, submitter_};
  EntryCommands entry_commands_{config_.profile, config_.keys, log_, requests_, submitter_, papers_, sheet_, voter_};
  Materials materials_{log_, requests_, events_, config_.materials};
  Changes changes_{me_, limits_, clock_, log_, voter_, events_};
  Guards guards_{log_.record()};
  Alarms alarms_{me_, log_, guards_, voter_, seat_, events_};
  RecordChanges record_changes_{log_.copy()};
  Waits waits_{log_, proposals_, clock_};
  Countdown countdown_{config_.profile, log_, requests_, clock_};
  View view_{{config_.profile, config_.keys, log_, requests_, proposals_, voter_, seat_, papers_, changes_, guards_,
              alarms_, record_changes_, desk_, waits_, online_, countdown_},
             limits_.now_apart_ms,
             clock_,
             events_};
  Commands commands_{limits_, log_, keeper_, events_,
                     [this](Reply const& reply, command::Command const& command) { run(reply, command); }};
};

// ==================================================================================================== The log

Result<void> Session::Parts::open() {
  auto const journal = wallet_.journal();
  if (!journal) return Refusal::kStorage;
  if (auto const replayed = log_.replay(*journal); !replayed) return replayed.error();
  if (auto const loaded = log_.load_evidence(); !loaded) return loaded.error();
  voter_.sweep();
  halves_.find_kept();
  sheet_.load();
  milestones_.say_again();
  alarms_.act();
  if (changes_.act()) view_.touch();
  if (keeper_.failed()) return Refusal::kStorage;
  return {};
}

void Session::Parts::took_in(meeting::Entry const& entry, std::uint64_t index, bool again) {
  seat_.took_in(entry);
  guards_.took_in(entry);
  alarms_.took_in(entry, index);
  record_changes_.took_in(entry, index);
  view_.took_in(entry, log_.copy().signed_as.at(index));
  materials_.took_in(entry);
  if (again) return;
  desk_.took_in(entry);
  proposals_.took_in(entry);
  milestones_.say(entry, index);
  voter_.took_in(entry);
}

// ==================================================================================================== In

void Session::Parts::connected() {
  if (keeper_.failed() || !requests_.connected()) return;
  view_.touch();
  // A session that has stopped listens no longer either: there is nothing that the server could say to be believed.
  if (!log_.halted()) log_.say_hello();
}

void Session::Parts::disconnected() {
  if (requests_.is_connected()) view_.touch();
  moved_.reset();
  online_.lost();
  countdown_.lost();
  if (requests_.disconnected()) events_.emit(facts::event("disconnected"));
}

void Session::Parts::on_frame(ByteView frame) {
  if (!requests_.is_connected() || stopped()) return;
  view_.touch();
  auto message = wire::parse(frame);
  if (!message) {
    // A body of a later version is none of our business; anything else is no server of ours.
    if (message.error() != Refusal::kUnknownType) requests_.give_up();
    return;
  }
  take(std::move(*message));
  act();
}

void Session::Parts::take(wire::Message message) {
  if (auto* const welcome = std::get_if<wire::Welcome>(&message.what)) {
    log_.take_welcome(*welcome);
    if (!requests_.is_welcomed()) return;
    online_.welcomed();
    addresses_ = std::move(welcome->addresses);
    return;
  }
  if (auto* const moved = std::get_if<wire::Moved>(&message.what)) {
    // Whoever has welcomed this program serves the meeting, and would break the connection if it does not any more.
    if (message.id != 0 || requests_.is_welcomed()) return requests_.give_up();
    moved_ = std::move(moved->address);
    return;
  }
  if (message.id != 0 && requests_.is_hello(message.id)) {
    if (auto const* refused = std::get_if<wire::Refused>(&message.what)) log_.take_hello_refused(refused->code);
    return;
  }
  if (message.id != 0) return requests_.take_answer(std::move(message));
  std::visit(Overloaded{
                 [&](wire::Log const& in) { log_.take_log(in); },
                 [&](wire::Cosignatures const& in) { log_.take_cosignatures(in.list); },
                 [&](wire::Proposal const& in) { proposals_.take(in); },
                 [&](wire::ProposalClosed const& in) { proposals_.take(in); },
                 [&](wire::TokenWork& in) { seat_.take(std::move(in)); },
                 [&](wire::MixWork& in) { seat_.take(std::move(in)); },
                 [&](wire::Issued& in) { voter_.take(std::move(in)); }, [&](wire::Status const& in) { view_.take(in); },
                 [&](wire::Relay const& in) { take(in); }, [](auto const&) {},  // an answer to no question
             },
             message.what);
}

/// From another person's program, or from the server (0), which alone says from whom.
void Session::Parts::take(wire::Relay const& in) {
  using meeting::RelayKind;
  switch (in.kind) {
    case RelayKind::kSpoil:
      return desk_.take_spoil(in.from, in.body);
    case RelayKind::kOpening:
      return desk_.take_opening(in.from, in.body);
    case RelayKind::kDeposit:
      if (auto const deposit = meeting::parse_deposit(in.body)) halves_of_others_.take_deposit(in.from, *deposit);
      return;
    case RelayKind::kWithdraw:
      if (auto const of = meeting::parse_half_of(in.body)) halves_of_others_.take_withdrawal(in.from, *of);
      return;
    case RelayKind::kHeld:
      if (auto const of = meeting::parse_half_of(in.body)) halves_.take_held(in.from, *of);
      return;
    case RelayKind::kReturn:
      if (auto const returned = meeting::parse_returned(in.body)) halves_.take_returned(in.from, *returned);
      return;
  }
}

void Session::Parts::tick(std::uint64_t now_ms, std::uint64_t posix_s) {
  clock_.now_ms = std::max(clock_.now_ms, now_ms);
  clock_.posix_s = posix_s;
  if (submitter_.tick()) view_.touch();
  requests_.ping_if_due();
  act();
}

void Session::Parts::finish_job(JobId id) {
  if (!jobs_.finish(id)) return;
  view_.touch();
  act();
}

/// Whatever is due after an input.
void Session::Parts::act() {
  if (!stopped()) {
    log_.act();
    if (log_.synced()) commands_.release();
    if (proposals_.act()) view_.touch();
    halves_of_others_.act();
    if (halves_.act()) view_.touch();
    voter_.act();
    if (seat_.act()) view_.touch();
    // What they have kept is deposited at once.
    if (halves_.act()) view_.touch();
    materials_.act();
    requests_.pump();
  }
  keeper_.flush();
  if (alarms_.act()) view_.touch();
  if (changes_.act()) view_.touch();
  view_.act();
}

// ==================================================================================================== Commands

void Session::Parts::command(std::string_view line, Asker asker) {
  view_.touch();
  commands_.take(line, asker);
  act();
}

/// Each command has exactly one part that operates it.
void Session::Parts::run(Reply const& reply, command::Command const& command) {
  std::visit(
      [&](auto const& in) {
        if constexpr (requires { entry_commands_.operate(reply, in); }) {
          entry_commands_.operate(reply, in);
        } else if constexpr (requires { proposals_.operate(reply, in); }) {
          proposals_.operate(reply, in);
        } else if constexpr (requires { sheet_.operate(reply, in); }) {
          sheet_.operate(reply, in);
        } else if constexpr (requires { voter_.operate(reply, in); }) {
          voter_.operate(reply, in);
        } else if constexpr (requires { desk_.operate(reply, in); }) {
          desk_.operate(reply, in);
        } else if constexpr (requires { countdown_.operate(reply, in); }) {
          countdown_.operate(reply, in);
        } else if constexpr (requires { materials_.operate(reply, in); }) {
          materials_.operate(reply, in);
        } else if constexpr (requires { seat_.operate(reply, in); }) {
          seat_.operate(reply, in);
        } else if constexpr (requires { view_.operate(reply, in); }) {
          view_.operate(reply, in);
        } else {
          operate(reply, in);
        }
      },
      command);
}

void Session::Parts::operate(Reply const& reply, command::Export const& in) const {
  auto const bytes = log_.copy().export_record();
  if (bytes.empty() || !config_.write_file) return reply.no(Refusal::kWrongPhase);
  if (auto const written = config_.write_file(in.path, bytes); !written) return reply.no(written.error());
  auto const size = log_.copy().noted_size();
  facts::object more;
  more["file"] = in.path;
  more["entries"] = size;
  more["head"] = group_of_four(log_.record().tree().root(size));
  reply.ok(std::move(more));
}

void Session::Parts::operate(Reply const& reply, command::Help const&) {
  facts::object more;
  more["message"] = command::usage();
  reply.ok(std::move(more));
}

void Session::Parts::operate(Reply const& reply, command::Quit const&) {
  quit_ = true;
  reply.ok();
}

// ==================================================================================================== Session

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(SessionConfig config, Wallet& wallet) {
  piaojue::init();
  auto parts = std::make_unique<Parts>(std::move(config), wallet);
  if (auto const opened = parts->open(); !opened) return opened.error();
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

void Session::connected() { parts_->connected(); }
void Session::disconnected() { parts_->disconnected(); }
void Session::on_frame(ByteView frame) { parts_->on_frame(frame); }
void Session::command(std::string_view line, Asker asker) { parts_->command(line, asker); }
void Session::leave(Asker asker) { parts_->leave(asker); }
void Session::tick(std::uint64_t now_ms, std::uint64_t posix_s) { parts_->tick(now_ms, posix_s); }
void Session::finish_job(JobId id) { parts_->finish_job(id); }

std::vector<Bytes> Session::take_frames() { return parts_->take_frames(); }
std::vector<Said> Session::take_said() { return parts_->take_said(); }
std::vector<std::string> Session::take_events() {
  std::vector<std::string> out;
  for (auto& said : take_said()) {
    if (!said.to || *said.to == kConsole) out.push_back(std::move(said.line));
  }
  return out;
}
std::vector<Job> Session::take_jobs() { return parts_->take_jobs(); }
std::optional<std::uint64_t> Session::tick_wanted() const { return parts_->tick_wanted(); }
std::optional<std::string> const& Session::fatal() const { return parts_->fatal(); }
std::optional<Refusal> const& Session::halted() const { return parts_->log().halted(); }
bool Session::wants_quit() const { return parts_->wants_quit(); }
std::optional<meeting::SlipAddress> Session::take_moved() { return parts_->take_moved(); }
std::optional<std::vector<meeting::SlipAddress>> Session::take_addresses() { return parts_->take_addresses(); }
bool Session::wants_reconnect() const { return parts_->wants_reconnect(); }
meeting::Record const& Session::record() const { return parts_->log().record(); }
meeting::Witnesses const& Session::witnesses() const { return parts_->log().witnesses(); }
PersonId Session::person() const { return parts_->person(); }
Bytes Session::export_record() const { return parts_->log().copy().export_record(); }

}  // namespace piaojue::client

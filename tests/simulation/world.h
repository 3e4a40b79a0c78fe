// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One whole meeting from one seed: the server, a laptop a person, the people, and everything that goes wrong. People
/// look at their own laptop's record and act, now and then and in any order; nobody is told what another one does.
/// While the storm lasts, machines crash, disks fill and connections break; after it everything works, and the meeting
/// must come to its end within a bounded time.
#include <deque>
#include <set>

#include "laptop.h"
#include "server_host.h"
#include "service_host.h"

namespace piaojue::simulation {

using crypto::elgamal::Choice;
using meeting::PersonId;
using meeting::QuestionId;

/// What may happen in a meeting; drawn from the seed unless a test sets it.
struct Scenario {
  meeting::Manifest manifest;  ///< without keys
  bool storm = true;
  std::uint64_t storm_ms = 0;
  NetworkFaults network;
  ServerFaults server;
  LaptopFaults laptop;
  std::set<meeting::BatchId> on_paper;  ///< batches that the chair holds on paper from the first
  struct VoidPlan {
    meeting::BatchPhase phase;
    bool one_question = false;
    std::optional<QuestionId> question = {};  ///< then this one
  };
  std::map<meeting::BatchId, VoidPlan> voids;         ///< of each batch's first attempt
  std::map<PersonId, std::uint64_t> arrives_ms;       ///< late ones; the laptop is switched on then
  std::map<PersonId, meeting::BatchId> leaves_after;  ///< signs out when this batch is decided
  std::map<PersonId, std::set<QuestionId>> recusals;
  std::set<PersonId> change_their_mind;  ///< of these: they take each back before the question is opened
  double checks = 0;                     ///< chance, an expert and attempt, to have the first envelope checked
  std::optional<PersonId> goes_silent;   ///< the laptop dies for good after its envelope is in the log
  std::optional<PersonId> replaced;      ///< the laptop is lost once, and a new one enrols with a new slip

  /// Whoever goes silent or is replaced is lost at this moment of the first attempt; nothing: by chance.
  std::optional<meeting::BatchPhase> lost_in;
  bool server_falls = false;          ///< the server's process ends at that moment, and is started again
  std::optional<PersonId> falls_too;  ///< this laptop loses its power at the same moment, and comes back

  /// Nodes of a service instead of one server; 0: one server.
  std::size_t nodes = 0;
  ServiceFaults service;
  Left left = Left::kNothing;

  static Scenario draw(Dice& dice);
  /// A short meeting: fewer experts, one batch of one or two questions, and as many faults in less time.
  static Scenario draw_short(Dice& dice);
  /// Of a service: a short meeting, in which it is the nodes that break.
  static Scenario draw_of_service(Dice& dice);
};

struct Report {
  bool ok = false;
  std::string failure;  ///< what the oracle or the clock said
  crypto::Hash trace;
  std::map<meeting::EntryType, std::uint64_t> types;  ///< how many entries of each
  bool lost = false;                                  ///< the moment of `Scenario::lost_in` has come
  std::uint64_t rescues = 0;  ///< attempts given up because nothing moved or a ballot was missing
  std::uint64_t entries = 0, frames = 0, server_crashes = 0, laptop_crashes = 0, virtual_ms = 0, attempts = 0;
  ServiceCounts service;
};

/// From this seed on, for campaigns, four meetings of five are short: a whole one takes more than twice the time, and
/// the most of what goes wrong goes wrong in one batch. Before it, what a seed means stays.
constexpr std::uint64_t kShortFrom = 1'000'000;

/// Who serves the meeting of a seed.
enum class Served : std::uint8_t { kByOneServer, kByNodes };

class World {
  std::uint64_t seed_;
  Randomness randomness_;  ///< before everything that makes keys

 public:
  /// Draws everything from the seed.
  explicit World(std::uint64_t seed);
  World(std::uint64_t seed, std::function<void(Scenario&)> const& change, Served served = Served::kByOneServer);
  ~World();

  /// Runs the meeting to its end and asks the oracle.
  Report run();

  // ---- For tests that look at or tamper with a meeting
  /// Runs until `done` or nothing more can happen in time. @return whether `done`.
  bool run_until(std::function<bool()> const& done, std::uint64_t limit_ms = 600'000);
  /// Sets up the store and starts everything; `run` does it by itself.
  void begin();
  Scenario scenario;
  Clock clock;
  Dice dice;
  Trace trace;
  Network network;
  KeyPool keys;
  ServerHost server;                     ///< of a meeting that nodes serve: only its keys
  std::unique_ptr<ServiceHost> service;  ///< nothing: `server` serves
  Laptop& laptop(PersonId person) { return *people_.at(person).laptop; }
  std::vector<std::unique_ptr<Laptop>> const& laptops() const { return laptops_; }
  /// What the person meant by each envelope: leaf hash of EnvelopeCast → choices.
  using Choices = std::map<QuestionId, Choice>;
  std::map<crypto::Hash, Choices> const& meant() const { return meant_; }
  /// People decide nothing by themselves any more.
  bool people_frozen = false;
  /// If set, how a person votes instead of at random.
  std::function<Choice(PersonId, QuestionId)> votes;

 private:
  /// What waits for a signature at a person's laptop.
  struct ToSign {
    std::string id, type;
    std::uint64_t heads = 0;  ///< of a BatchOpen
  };
  struct Human {
    PersonId id = 0;
    std::uint32_t roles = 0;
    Laptop* laptop = nullptr;
    bool gone = false;    ///< will not come back
    bool silent = false;  ///< the laptop stays off
    bool was_replaced = false;
    bool proposals = false;         ///< something waits for a signature
    std::deque<ToSign> to_sign;     ///< what of it was seen and is to be signed
    std::deque<std::string> ticks;  ///< of a supervisor, before the meeting opens: lines that are still due
    /// By attempt and cast: a person who is asked again marks the same. What was sealed before a power cut is sent
    /// after it, so another choice would leave open which of the two is meant.
    std::map<std::pair<crypto::Hash, std::uint32_t>, Choices> choices;
    std::map<crypto::Hash, PersonId> checker;  ///< by attempt: who is to look at the first envelope; 0: nobody
    std::map<crypto::Hash, std::uint32_t> casts_refused;
    /// Attempt and cast: some laptop of this person has sent an envelope.
    std::set<std::pair<crypto::Hash, std::uint32_t>> sealed;
  };
  struct Acknowledged {
    PersonId person;
    std::uint64_t index;
    Bytes entry;  ///< as it was submitted
  };

  Laptop& give_laptop(Human& human, meeting::SlipCode code);
  void later(PersonId person);
  void think(Human& human);
  bool sign_something(Human& human);
  void take_proposals(Human& human, boost::json::object const& reply);
  void tick_sheet(Human& human);
  bool has_recused(PersonId p, QuestionId q, meeting::Record const& record) const;
  bool think_expert(Human& human, meeting::Record const& record);
  bool vote(Human& human, meeting::Attempt const& attempt);
  bool have_checked(Human& human, meeting::Attempt const& attempt);
  bool say_not_voted(Human& human, meeting::Attempt const& attempt);
  bool think_supervisor(Human& human, meeting::Record const& record);
  bool think_chair(Human& human, meeting::Record const& record);
  bool lead_attempt(Human& human, meeting::Record const& record);
  bool void_as_planned(Laptop& laptop, meeting::Attempt const& attempt);
  bool all_have_cast(meeting::Attempt const& attempt) const;
  bool check_pending(PersonId person, meeting::Attempt const& attempt) const;
  bool lead_confirming(Laptop& laptop, meeting::Record const& record);
  bool too_few(Laptop& laptop, meeting::Record const& record);
  bool pass_over(Laptop& laptop, meeting::Record const& record, std::vector<PersonId> const& people);
  /// This person's laptop will never say a word about this attempt.
  bool is_lost(PersonId person, meeting::Record const& record) const;
  bool sign_out_dead(Laptop& laptop, meeting::Record const& record);
  bool replace_trustee(Laptop& laptop, meeting::Record const& record);
  bool open_next(Human& human, meeting::Record const& record);
  bool ready_to_open(meeting::Record const& record);
  bool think_clerk(Human& human, meeting::Record const& record);
  bool trustee_lost(meeting::Record const& record) const;
  bool think_paper(Human& human, meeting::Record const& record);
  bool loses_laptop_now(meeting::Record const& record);
  bool loses_power_now(Human const& human, meeting::Record const& record);
  bool replace_laptop(Human& human);
  /// The moment of `Scenario::lost_in`, if the log has come to it.
  void lose_now();
  /// Who sees to it that the meeting goes on: the chair, and whoever is there if he is not.
  PersonId leader(meeting::Record const& record) const;
  void note_rescue(std::string const& why);
  /// A half that the server held, and the laptop whose it was, fell together: the design gives such an attempt up.
  bool fell_together() const;
  void sent(Human& human, Laptop& laptop, ByteView frame);
  void received(Laptop& laptop, ByteView frame);
  void end_storm();
  /// The chair has seen the log stand still for longer than this.
  bool nothing_came_for(std::uint64_t ms) const;
  bool storm() const { return scenario.storm && clock.now_ms() < scenario.storm_ms; }
  bool finished();
  /// The Core that serves now; nothing: there is none.
  server::Core* core();
  /// Everything that it holds is durable.
  bool idle();
  store::Contents contents();
  std::optional<meeting::SlipCode> new_slip(PersonId person);
  void begin_one_server();
  void begin_service();
  /// Something is wrong that no end of the meeting would mend; empty: no.
  std::string beyond_mending() const;
  std::string state();
  /// Each of these says what is wrong with the meeting after its end; empty: nothing.
  std::string oracle();
  std::string lost_entry(std::vector<Bytes> const& log) const;
  std::string false_result(std::vector<Bytes> const& log);
  std::string other_log();
  std::string false_record(store::Contents const& contents);

  std::map<PersonId, Human> people_;
  std::vector<std::unique_ptr<Laptop>> laptops_;
  std::map<crypto::Hash, Choices> meant_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Bytes> submitted_;  ///< by laptop and request
  std::vector<Acknowledged> acknowledged_;
  std::map<std::pair<crypto::Hash, QuestionId>, meeting::PaperRow> paper_;  ///< by attempt
  std::uint64_t last_size_ = 0, last_growth_ms_ = 0;
  bool begun_ = false, calm_ = false, lost_ = false;
  std::set<QuestionId> too_few_;  ///< had fewer than three ballots, or witnesses: voted on paper next time
  std::uint64_t rescues_ = 0;     ///< times that the chair gave an attempt up because nothing moved
  std::string rescue_;            ///< how it stood the first time that it should not have been so
  std::vector<std::uint64_t> server_falls_ms_, laptop_falls_ms_;
};

/// The record file of a store's contents, as the server exports it.
Bytes export_store(store::Contents const& contents);
/// All checks of the specification §13. @param was_there false: leave out check 3, whether cosignatures came in time.
/// @return empty if they hold, else the first that does not.
std::string audit_record(ByteView file, crypto::Hash const& anchor, bool was_there);

}  // namespace piaojue::simulation

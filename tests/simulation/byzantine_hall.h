// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The hall of a Byzantine meeting. The adversary owns the server: there is no server::Core here, but logs into which
/// he writes what he likes with the keys that he has, and a conversation in which he may lie. Honest are the laptops
/// alone. As long as he does not deviate he does what a server does.
#include "byzantine_deviations.h"
#include "byzantine_laptop.h"
#include "protocol/meeting/halves.h"

namespace piaojue::simulation::byzantine {

using meeting::EntryType;
using meeting::TrusteeId;
using test::Meeting;

/// What waits for signatures of honest people.
struct Proposal {
  meeting::Body body;
  EntryType type{};
  Bytes body_bytes;
  std::map<PersonId, crypto::Signature> signatures;
  std::map<PersonId, std::size_t> shown;  ///< with how many signatures
  std::uint64_t age = 0;
};

/// One log that the server shows, with what its own people need to go on in it. The first group of members is handed
/// to the fixture while this log is at work.
struct Log {
  meeting::Record record;
  std::vector<Bytes> entries;
  std::map<PersonId, Meeting::ExpertState> experts;
  meeting::MixItems items;
  Bytes salt;
  meeting::Witnesses seen;
  std::map<PersonId, Meeting::PersonKeys> taken;  ///< whose voice a KeyChange has given to the adversary

  std::map<std::uint64_t, std::map<PersonId, log::Cosignature>> cosigned;  ///< by size
  std::uint64_t milestone = 0;                                             ///< size after the last entry to be cosigned
  std::map<PersonId, meeting::BlindedMsgs> blinded;
  struct Delivery {
    PersonId to = 0;
    Bytes frame;
  };
  std::vector<Delivery> deliveries;  ///< of the attempt; again after each Hello
  std::map<Hash, Proposal> proposals;
  std::uint64_t quiet = 0;      ///< rounds without an entry
  std::uint64_t forked_at = 0;  ///< from here on another log goes another way
};

struct Setup {
  std::uint64_t seed = 0;
  bool calm = false;  ///< nobody deviates: what is left must be a meeting that ends in a verified record
};

class Hall {
 public:
  explicit Hall(Setup const& setup);

  Dice dice;
  Deviations deviations;
  Meeting meeting;             ///< keys of everybody; the adversary uses only those of `corrupt`
  std::set<PersonId> corrupt;  ///< people, and 0: the server
  std::map<PersonId, std::unique_ptr<HonestLaptop>> laptops;
  std::vector<std::unique_ptr<Log>> logs;
  std::map<Bytes, Choice> ballots;                 ///< that the adversary's own people have made
  std::vector<std::pair<PersonId, Bytes>> spoils;  ///< EnvelopeSpoils that honest people signed for corrupt supervisors
  std::uint64_t now_ms = 0;
  std::function<void(std::string)> wrong;  ///< an invariant does not hold

  // ---- Logs
  void enter(Log& log);  ///< the fixture works on this one
  bool is_corrupt(Log const& log, PersonId person) const {
    return corrupt.contains(person) || log.taken.contains(person);
  }
  bool honest(Log const& log, PersonId person) const { return person != meeting::kServer && !is_corrupt(log, person); }
  /// Appends, if the rules allow it, and hands the payload on.
  Result<void> append(Log& log, Bytes const& entry, ByteView payload = {});
  Result<void> append(Log& log, meeting::Body const& body, std::vector<PersonId> const& signers, ByteView payload = {});
  /// Signed by whoever of his is asked; if that is not enough, honest people are asked. @return it is in the log, or
  /// waits.
  bool propose(Log& log, meeting::Body const& body);
  bool waits(Log const& log, EntryType type) const;
  Log& fork(Log& log);
  Bytes signed_by_corrupt(meeting::Body const& body, PersonId in_the_name_of) const;
  std::vector<HonestLaptop*> shown(Log const& log);
  std::string note(Log const& log) const;
  std::vector<Bytes> const& entries_of(Log const& log) const { return &log == active_ ? meeting.entries : log.entries; }

  // ---- One round
  void serve();  ///< answers what the laptops have asked
  void flush();  ///< what is new to each of them
  void deliver();
  void send(HonestLaptop& laptop, Bytes frame) { laptop.down.push_back(std::move(frame)); }

 private:
  void draw();
  void handle(HonestLaptop& laptop, Request const& request);
  void hello(HonestLaptop& laptop, std::uint64_t id, std::uint64_t next);
  void submit(HonestLaptop& laptop, std::uint64_t id, server::wire::Submit const& in);
  bool lie(HonestLaptop& laptop, std::uint64_t id);
  void countersign(HonestLaptop& laptop, std::uint64_t id, server::wire::Countersign const& in);
  void cosign(HonestLaptop& laptop, std::uint64_t id, log::Cosignature const& in);
  void relay(HonestLaptop& laptop, std::uint64_t id, server::wire::Relay const& in);
  void relay_to_corrupt(HonestLaptop& laptop, server::wire::Relay const& in);
  void took_in(Log& log, Bytes const& entry, ByteView payload);
  bool complete(Log& log, Hash const& id);
  void tidy_proposals(Log& log);
  void cosign_own(Log& log);
  void flush_to(HonestLaptop& laptop);
  void push_proposals(HonestLaptop& laptop);

  Log* active_ = nullptr;
  std::map<PersonId, meeting::HeldHalves> halves_;  ///< by holder: the server, corrupt people
  std::map<Hash, Bytes> payloads_;                  ///< by leaf
};

}  // namespace piaojue::simulation::byzantine

// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What travels between people and trustees in the attempt in progress, beside the log, and is deleted when its cast or
/// the attempt has ended:
///
///     entry         payload      table, by                             goes to
///     TokenRequest  BlindedMsgs  kTokenPayload, person, cast           each other trustee; trustee 0
///     TokensIssued  BlindSigs    kIssuedPayload, person, cast, trustee that person
///     EnvelopeCast  Envelope     kEnvelope, person, cast               nobody; hop 0 when the batch has closed
///     MixStep       MixPayload   → mix_chain.h
///
/// Everything here is by person. What comes out of a mix is never here: MixChain keeps it, by hop; the two share no
/// table and no type. What leaves this part for hop 0 (`hop0_input`) is a list of onions without names.
///
/// Rows are sealed under the attempt's half. After a restart it is away for a while: nothing is delivered then, and
/// nothing that has a payload is taken (kBusy).
#include <map>
#include <unordered_set>

#include "server/attempt_seal.h"
#include "server/payload.h"

namespace piaojue::server {

class Delivery {
 public:
  struct Shelves {
    Shelf<Table::kTokenPayload> tokens;
    Shelf<Table::kIssuedPayload> answers;
    Shelf<Table::kEnvelope> envelopes;
  };
  /// What somebody wants of trustee 0, which this program is: each once, and all of them again after a restart.
  struct TokenWork {
    PersonId person = 0;
    std::uint32_t cast = 0;
    Hash batch_open;
    meeting::BlindedMsgs messages;
  };
  using ToOwnTrustee = std::function<void(TokenWork)>;
  Delivery(meeting::Record const& record, AttemptSeal const& seal, Shelves shelves, Post& post, ToOwnTrustee to_own);

  /// The attempt that the record has just opened.
  void begin();
  void end();
  /// After the entries, once the rows of the attempt in progress can be read.
  /// @return kStorage: not those that its entries speak of.
  [[nodiscard]] Result<void> load(Contents const& contents);

  // ---- A payload against its entry, which the record would accept. @return kConflict: it is not what was signed, or
  // an onion of somebody else's. kOutOfRange, kMixSize.
  [[nodiscard]] Result<void> check(meeting::TokenRequest const& body, meeting::BlindedMsgs const& messages) const;
  [[nodiscard]] Result<void> check(meeting::TokensIssued const& body, meeting::BlindSigs const& sigs) const;
  [[nodiscard]] Result<void> check(meeting::EnvelopeCast const& body, Envelope const& envelope) const;

  // ---- Its entry is in the log. While the log is replayed there is none: `load` comes after.
  void take_in(meeting::TokenRequest const& body, std::uint64_t index, Parcel<meeting::TokenRequest>* parcel);
  void take_in(meeting::TokensIssued const& body, std::uint64_t index, Parcel<meeting::TokensIssued>* parcel);
  void take_in(meeting::EnvelopeCast const& body, std::uint64_t index, Parcel<meeting::EnvelopeCast>* parcel);
  /// The cast has ended, and all that was delivered in it with it.
  void take_in(meeting::EnvelopeSpoil const& body);

  /// What a trustee has not answered yet, and what a person was answered: for somebody who has just connected.
  std::vector<Frame> token_work(TrusteeId trustee) const;
  std::vector<Frame> answers(PersonId person) const;
  /// What hop 0 peels, once for each set of live questions. Nothing: not due. @return kConflict.
  [[nodiscard]] std::optional<Result<meeting::MixItems>> hop0_input();

 private:
  struct HashOf {
    std::size_t operator()(Hash const& hash) const { return FixedBytesHash<Hash>{}(hash); }
  };
  /// Of a person in the current cast.
  struct Voter {
    std::optional<Bytes> request;
    std::map<TrusteeId, Bytes> answers;
    std::map<TrusteeId, std::uint64_t> answer_index;
    std::vector<Hash> onions;
  };
  /// What is kept of the attempt in progress.
  struct Kept {
    Hash open;
    std::map<PersonId, Voter> voters;
    std::map<PersonId, meeting::Onions> envelopes;  ///< of each current cast
    std::unordered_set<Hash, HashOf> onions;        ///< of all envelopes
    std::optional<std::vector<QuestionId>> fed;     ///< live questions for which hop 0 was given its input
  };
  void keep(PersonId person, Envelope envelope);
  [[nodiscard]] Result<void> load(Voter& voter, PersonId person, Contents const& contents);
  [[nodiscard]] Result<Bytes> open(Rows const& rows, Bytes const& row) const;
  std::uint32_t cast_of(PersonId person) const { return record_.attempt()->cast_of(person); }

  meeting::Record const& record_;
  AttemptSeal const& seal_;
  Shelves shelves_;
  Post& post_;
  ToOwnTrustee to_own_;
  std::optional<Kept> kept_;  ///< nothing: no attempt is in progress
};

}  // namespace piaojue::server

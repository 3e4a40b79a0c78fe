// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What travels between people and trustees in the attempt in progress, beside the log, and is deleted when the attempt
/// has ended:
///
///     entry         payload      table, by                       goes to
///     TokenRequest  BlindedMsgs  kTokenPayload, person           each other trustee that takes part; trustee 0
///     TokensIssued  BlindSigs    kIssuedPayload, person, trustee that person
///     EnvelopeCast  Envelope     kEnvelope, person               nobody; hop 0 when the batch has closed
///     MixStep       MixPayload   → mix_chain.h
///
/// Everything here is by person. What comes out of a mix is never here: MixChain keeps it, by hop; the two share no
/// table and no type. What leaves this part for hop 0 (`hop0_input`) is a list of onions without names.
#include <map>
#include <unordered_map>

#include "server/outbox.h"
#include "server/payload.h"
#include "server/sessions.h"

namespace piaojue::server {

class Delivery {
 public:
  struct Shelves {
    Shelf<Table::kTokenPayload> tokens;
    Shelf<Table::kIssuedPayload> answers;
    Shelf<Table::kEnvelope> envelopes;
    Shelf<Table::kSealKey> seal_keys;
  };
  /// Takes the requests for trustee 0, which this program is: each once, and all of them again after a restart.
  using ToOwnTrustee = std::function<void(PersonId person, Hash const& batch_open, meeting::BlindedMsgs messages)>;
  Delivery(meeting::Record const& record, Secret const& seal_key, Shelves shelves, Post& post, ToOwnTrustee to_own);

  /// The attempt that the record has just opened.
  void begin();
  void end();
  /// After the entries: the rows of the attempt in progress. @return kStorage: not those that its entries speak of.
  [[nodiscard]] Result<void> load(Contents const& contents);

  // ---- A payload against its entry, which the record would accept. @return kConflict: it is not what was signed.
  // kOutOfRange, kMixSize, kMixDuplicate.
  [[nodiscard]] Result<void> check(meeting::TokenRequest const& body, meeting::BlindedMsgs const& messages) const;
  [[nodiscard]] Result<void> check(meeting::TokensIssued const& body, meeting::BlindSigs const& sigs) const;
  [[nodiscard]] Result<void> check(meeting::EnvelopeCast const& body, Envelope const& envelope) const;

  // ---- Its entry is in the log. While the log is replayed there is none: `load` comes after.
  void take_in(meeting::TokenRequest const& body, std::uint64_t index, Parcel<meeting::TokenRequest>* parcel);
  void take_in(meeting::TokensIssued const& body, std::uint64_t index, Parcel<meeting::TokensIssued>* parcel);
  void take_in(meeting::EnvelopeCast const& body, std::uint64_t index, Parcel<meeting::EnvelopeCast>* parcel);
  void take_in(meeting::Confirm const& body);

  /// The server's half of the key under which the person's laptop seals its ballots until they are confirmed.
  /// @return kUnknown: another attempt. kNotOnRoll. kWrongPhase: on paper, or confirmed.
  [[nodiscard]] Result<ByteView> seal_key(PersonId person, Hash const& batch_open);

  /// What a trustee has not answered yet, and what a person was answered: for somebody who has just connected.
  std::vector<Frame> token_work(TrusteeId trustee) const;
  std::vector<Frame> answers(PersonId person) const;
  /// What hop 0 peels, once for each set of live questions. Nothing: not due. @return kConflict.
  [[nodiscard]] std::optional<Result<meeting::MixItems>> hop0_input();

 private:
  struct HashOf {
    std::size_t operator()(Hash const& hash) const { return FixedBytesHash<Hash>{}(hash); }
  };
  /// What is kept of the attempt in progress.
  struct Kept {
    Hash open;
    std::map<PersonId, Bytes> requests;
    std::map<std::pair<PersonId, TrusteeId>, Bytes> answers;
    std::map<std::pair<PersonId, TrusteeId>, std::uint64_t> answer_index;
    std::map<PersonId, meeting::Onions> envelopes;
    std::map<PersonId, std::vector<Hash>> onions;  ///< of each current envelope
    std::unordered_map<Hash, PersonId, HashOf> onion_owner;
    std::map<PersonId, Secret> seal_keys;
    std::optional<std::vector<QuestionId>> fed;  ///< live questions for which hop 0 was given its input
  };
  void keep(PersonId person, Envelope envelope);

  meeting::Record const& record_;
  Secret const& seal_key_;
  Shelves shelves_;
  Post& post_;
  ToOwnTrustee to_own_;
  std::optional<Kept> kept_;  ///< nothing: no attempt is in progress
};

}  // namespace piaojue::server

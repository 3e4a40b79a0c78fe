// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the adversary of a Byzantine meeting may do that the protocol does not ask of him. A seed allows some of it,
/// each with a chance; what was really done is counted, so that a table can say what a thousand meetings have tried.
#include <array>
#include <set>

#include "simulation/randomness.h"

namespace piaojue::simulation::byzantine {

enum class Deviation : std::uint8_t {
  // ---- the wire
  kDropRequest,    ///< a request reaches nobody
  kRepeatRequest,  ///< an old request is handled again
  kDropPush,       ///< a frame never comes to a laptop
  kRepeatPush,     ///< an old frame comes again
  kReorder,        ///< frames come in another order
  kCut,            ///< a connection breaks
  kPowerCut,       ///< an honest laptop loses its power
  // ---- answers
  kAcceptLogged,    ///< "accepted" at the index of some other entry
  kAcceptFuture,    ///< "accepted" at an index that is not there yet
  kRefuseLogged,    ///< refused, though it is in the log
  kRefuseUnlogged,  ///< refused, and thrown away
  kPendingLie,      ///< "waits for others", and thrown away
  kWelcomeShort,    ///< a server that has forgotten
  kWithholdHalf,    ///< what it holds of a laptop's half it denies
  kFalseHalf,       ///< gives back another one
  kStraySpoil,      ///< hands on what nobody sent
  // ---- the log
  kBadCheckpoint,      ///< of another root
  kChangedEntry,       ///< an entry of the past is another one now
  kUnsignedEntry,      ///< an entry in the name of somebody whose key he has not
  kUnlawfulEntry,      ///< an entry that the rules refuse, under his own keys, shown all the same
  kFork,               ///< two halls, two logs
  kForkBox,            ///< as late as can be: each hall gets its own box of the same ballots
  kShowOtherLog,       ///< a laptop of one is shown the other
  kHideCosignatures,   ///< of others
  kFalseCosignature,   ///< in the name of an honest person
  kWithholdCosigning,  ///< his own people do not cosign
  kTamperedRecord,     ///< one byte of the record file, after all is over
  // ---- votes
  kWithholdTokens,  ///< a corrupt trustee issues none to somebody
  kFalseTokens,     ///< blind signatures that do not finalize
  kSwapEnvelope,    ///< something else than the envelope goes into the mix
  kFeedTwice,       ///< the same envelope in another's place
  kCopyOnion,       ///< a corrupt expert casts an honest one's onion
  kDropInMix,       ///< a hop loses a ballot
  kReplaceInMix,    ///< a hop puts in a ballot of its own
  kDoubleInMix,     ///< a hop puts out one item twice
  kDropFromBox,     ///< the server leaves out a ballot
  kStuffBox,        ///< the server puts in a ballot that came out of no mix
  kInvalidInBox,    ///< the server puts in what is no valid ballot
  kSpentInBox,      ///< the server puts in a ballot that was spoiled
  kActUnwitnessed,  ///< his trustees and his server go on before two thirds have seen the log
  kStallTrustee,    ///< a corrupt trustee does nothing more in this attempt
  // ---- people
  kNoVote,        ///< a corrupt expert asks for nothing
  kHoldBallot,    ///< he casts an envelope that holds nothing and keeps his ballot
  kFalseMissing,  ///< he says MISSING of what is there
  kFalseOk,       ///< he says OK of what is not there
  kSilent,        ///< he says nothing of the box
  kLeave,         ///< he signs out in an attempt
  kSpoilOwn,      ///< he has his envelope spoiled
  kSignOutOthers,
  kRecuseOthers,
  kRecuseBack,  ///< recusals are taken back: his people's own, and those that others are talked into
  kTakeKeys,    ///< a KeyChange that gives an honest expert's voice to him
  kTrusteeChange,
  kOverrideSilent,
  kOverrideMissing,
  kVoid,
  kVoidAfterShare,
  kPaper,
  kSpoilByOffice,
  kHoldSpoil,     ///< a corrupt supervisor keeps a signed Spoil for later
  kFalseVerdict,  ///< a corrupt supervisor writes another verdict than was shown
  kCloseEarly,    ///< BatchClose before people could vote
  kCloseMeeting,  ///< MeetingClose while questions are undecided
  // ---- opening
  kHoldShare,   ///< trustee 0 reads the others' shares first, and gives none
  kFalseShare,  ///< a share with a wrong proof
  kEarlyShare,  ///< a share before the gate is open
  kNotErased,
  kCount
};
inline constexpr std::size_t kDeviations = static_cast<std::size_t>(Deviation::kCount);
std::string_view name(Deviation deviation);

using Counts = std::array<std::uint64_t, kDeviations>;

class Deviations {
 public:
  /// Draws what this seed allows. @param calm nothing.
  Deviations(Dice& dice, bool calm);
  /// Is it to be done here and now? The caller can do it, and calls `did` when it has.
  bool wants(Deviation deviation);
  void did(Deviation deviation) { ++counts_[static_cast<std::size_t>(deviation)]; }
  /// Both at once, where doing it can not fail.
  bool now(Deviation deviation) {
    if (!wants(deviation)) return false;
    did(deviation);
    return true;
  }
  bool allowed(Deviation deviation) const { return chances_[static_cast<std::size_t>(deviation)] > 0; }
  Counts const& counts() const { return counts_; }

 private:
  Dice& dice_;
  std::array<double, kDeviations> chances_{};
  Counts counts_{};
};

}  // namespace piaojue::simulation::byzantine

// SPDX-License-Identifier: Apache-2.0
#include "byzantine_deviations.h"

#include <vector>

namespace piaojue::simulation::byzantine {
namespace {

struct Kind {
  std::string_view name;
  double chance;              ///< each time that there is an occasion
  std::uint64_t most = 1000;  ///< in a meeting: what stops a laptop for good must not stop all of them
};

/// In the order of Deviation. What has an occasion at every frame has a small chance, or no meeting would get anywhere.
constexpr std::array<Kind, kDeviations> kKinds{{
    {"drop a request", 0.03},
    {"repeat a request", 0.05},
    {"drop a push", 0.03},
    {"repeat a push", 0.05},
    {"reorder pushes", 0.10},
    {"cut a connection", 0.02},
    {"cut a laptop's power", 0.01},
    {"accept at another entry", 0.03, 2},
    {"accept in the future", 0.03, 2},
    {"refuse what is logged", 0.10},
    {"refuse and throw away", 0.10},
    {"say pending and throw away", 0.05},
    {"welcome with a shorter log", 0.10, 2},
    {"deny a half", 0.30},
    {"give back another half", 0.30},
    {"hand on a stray relay", 0.01},
    {"checkpoint of another root", 0.02, 2},
    {"change an entry of the past", 0.02, 2},
    {"entry in another's name", 0.02, 2},
    {"entry that the rules refuse", 0.03, 2},
    {"fork", 0.03, 2},
    {"two boxes", 0.60, 1},
    {"show the other log", 0.05, 2},
    {"hide cosignatures", 0.30},
    {"cosignature in another's name", 0.02},
    {"withhold cosigning", 0.50},
    {"tamper with the record", 1.00},
    {"withhold tokens", 0.30},
    {"tokens that do not finalize", 0.30},
    {"swap an envelope", 0.30},
    {"feed an envelope twice", 0.30},
    {"cast a copied onion", 0.50},
    {"lose a ballot in a mix", 0.40},
    {"replace a ballot in a mix", 0.60},
    {"double an item in a mix", 0.40},
    {"leave a ballot out of the box", 0.40},
    {"stuff the box", 0.60},
    {"invalid ballot in the box", 0.40},
    {"spent ballot in the box", 0.60},
    {"act before the witnesses", 0.50},
    {"trustee stalls", 0.10},
    {"corrupt expert does not vote", 0.50},
    {"corrupt expert keeps the ballot", 0.60},
    {"false MISSING", 0.50},
    {"false OK", 0.50},
    {"corrupt expert is silent", 0.30},
    {"corrupt expert leaves", 0.05},
    {"corrupt expert has his own spoiled", 0.40},
    {"sign others out", 0.04},
    {"recuse others", 0.20},
    {"take recusals back", 0.20},
    {"take over an expert's keys", 0.04},
    {"change of a trustee", 0.20},
    {"override the silent", 0.50},
    {"override a MISSING", 0.50},
    {"void", 0.02},
    {"void after a share", 0.30},
    {"paper", 0.30},
    {"spoil by the office", 0.10},
    {"hold a Spoil", 0.50},
    {"false verdict", 0.50},
    {"close the voting early", 0.10},
    {"close the meeting early", 0.05},
    {"hold back the first share", 0.50},
    {"false share", 0.50},
    {"share before the gate", 0.20},
    {"nothing erased", 0.50},
}};

using D = Deviation;
/// What makes an attack only together.
std::vector<std::vector<Deviation>> const& plans() {
  static std::vector<std::vector<Deviation>> const all = {
      // A ballot kept back stands in the place of an honest one, and its maker says OK.
      {D::kHoldBallot, D::kStuffBox, D::kFalseOk, D::kOverrideMissing, D::kOverrideSilent},
      {D::kHoldBallot, D::kReplaceInMix, D::kFalseOk, D::kOverrideMissing, D::kOverrideSilent},
      {D::kDropFromBox, D::kDropInMix, D::kSwapEnvelope, D::kOverrideMissing},
      {D::kSpoilOwn, D::kSpentInBox, D::kStuffBox},
      // Two halls, each with a box of its own.
      {D::kFork, D::kShowOtherLog, D::kHideCosignatures, D::kActUnwitnessed},
      {D::kFork, D::kActUnwitnessed, D::kOverrideSilent, D::kLeave},
      {D::kForkBox, D::kActUnwitnessed, D::kOverrideSilent, D::kDropFromBox},
      // The sums are read, and the batch is voted again.
      {D::kHoldShare, D::kStallTrustee, D::kVoidAfterShare, D::kNotErased},
      {D::kVoidAfterShare, D::kVoid, D::kTrusteeChange},
      // Somebody else speaks for people, or they are passed over.
      {D::kTakeKeys, D::kSignOutOthers, D::kOverrideSilent},
      {D::kRefuseUnlogged, D::kAcceptLogged, D::kRefuseLogged, D::kOverrideSilent},
      {D::kPowerCut, D::kWithholdHalf, D::kFalseHalf},
      {D::kHoldSpoil, D::kFalseVerdict, D::kSpoilByOffice},
      {D::kUnlawfulEntry, D::kUnsignedEntry, D::kEarlyShare, D::kFalseShare},
  };
  return all;
}

}  // namespace

std::string_view name(Deviation const deviation) { return kKinds[static_cast<std::size_t>(deviation)].name; }

Deviations::Deviations(Dice& dice, bool const calm) : dice_(dice) {
  if (calm) return;
  auto const allow = [&](Deviation const which) {
    chances_[static_cast<std::size_t>(which)] = kKinds[static_cast<std::size_t>(which)].chance;
  };
  bool const plan = dice.chance(0.5);
  if (plan) {
    for (auto const which : plans()[dice.below(plans().size())]) allow(which);
  }
  // Few beside it for the most part: a meeting in which everything goes wrong at once ends before it comes to a box.
  auto const many = dice.chance(0.15) ? dice.between(10, 30) : plan ? dice.below(3) : dice.between(1, 6);
  for (std::uint64_t i = 0; i < many; ++i) allow(static_cast<Deviation>(dice.below(kDeviations)));
}

bool Deviations::wants(Deviation const deviation) {
  auto const chance = chances_[static_cast<std::size_t>(deviation)];
  auto const done = counts_[static_cast<std::size_t>(deviation)];
  return chance > 0 && done < kKinds[static_cast<std::size_t>(deviation)].most && dice_.chance(chance);
}

}  // namespace piaojue::simulation::byzantine

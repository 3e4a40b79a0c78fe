// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Exponential ElGamal on ristretto255 (RFC 9496) with the proofs of the protocol (specification §7 and §10).
///
///   X = ΣY_t            election key of a question: sum of the trustees' shares Y_t = x_t·G
///   A = r·G, B = r·X + v·G,   v ∈ {0 abstain, 1 agree, 256 disagree}
///   D_t = x_t·ΣA        tally share;  T·G = ΣB − ΣD_t;  agree = T mod 256, disagree = T div 256
///
/// Timing: everything that touches r, v, x_t or a proof nonce is constant time (libsodium's scalar multiplications;
/// the true branch of the OR proof is chosen by masks). Not constant time, and why that is safe: verification and the
/// table of sums work on public values only; drawing a random scalar repeats until the draw is in range, which tells
/// something about draws that were thrown away only. `tests/timing/` looks at it, jump by jump.
/// libsodium accepts the identity as a valid point and non-canonical scalars; both are refused here at each entrance.
#include <cstdint>
#include <vector>

#include "base/refusal.h"
#include "base/secret.h"
#include "crypto/types.h"

namespace piaojue::crypto::elgamal {

/// Value encoded in the exponent.
enum class Choice : std::uint16_t { kAbstain = 0, kAgree = 1, kDisagree = 256 };

struct Ciphertext {
  Point a;  ///< r·G
  Point b;  ///< r·X + v·G
  auto operator<=>(Ciphertext const&) const = default;
};

/// A canonical encoding of a point other than the identity.
[[nodiscard]] bool is_valid_point(Point const& p);
/// A scalar below L (zero allowed).
[[nodiscard]] bool is_canonical_scalar(Scalar const& s);

/// Sums. @return kBallotEncoding if any term is not a valid non-identity point. The sum itself may be the identity.
[[nodiscard]] Result<Point> sum(std::span<Point const> points);

// ---- Trustee's tally key ------------------------------------------------------------------------------------------

/// Challenge c = SHA-512("piaojue/v2/pok" ‖ 0x00 ‖ binding ‖ Y ‖ R) mod L; s = k + c·x. Sent as (R is recomputed): c ‖
/// s.
struct PokProof {
  Scalar c;
  Scalar s;
};

class TallyKey {
 public:
  static TallyKey generate();
  /// @param x 32 bytes, a canonical non-zero scalar. @return kProof otherwise.
  [[nodiscard]] static Result<TallyKey> from_secret(Secret x);
  Point const& public_share() const { return y_; }
  Secret const& secret() const { return x_; }
  /// Proof of knowledge of x for Y (Schnorr), bound to `binding`.
  PokProof prove_knowledge(ByteView binding) const;

 private:
  TallyKey(Secret x, Point y) : x_(std::move(x)), y_(y) {}
  Secret x_;
  Point y_;
};

/// @return false for an invalid or identity Y, scalars ≥ L, or a proof for another binding.
[[nodiscard]] bool verify_knowledge(Point const& y, ByteView binding, PokProof const& proof);

// ---- Encryption and the OR proof ----------------------------------------------------------------------------------

/// What a vote's proof is bound to.
struct VoteBinding {
  Hash ctx;               ///< ctx(batch, q)
  Point election_key;     ///< X
  SigningPublicKey pk_v;  ///< ballot key
};

/// Cramer–Damgård–Schoenmakers: for each admissible v in the order {0, 1, 256} (without 0 where abstaining is off) the
/// pair c_i ‖ s_i. Length 2·32·m for m admissible values. It holds iff, with
///
///   a1_i = s_i·G − c_i·A
///   a2_i = s_i·X − c_i·(B − v_i·G)
///   c    = SHA-512("piaojue/v2/or" ‖ 0x00 ‖ ctx ‖ X ‖ pk_v ‖ A ‖ B ‖ a1_0 ‖ a2_0 ‖ a1_1 ‖ a2_1 …) mod L,
///
/// Σc_i = c mod L. Prover: w_i and c_i uniform, a1_i = w_i·G, a2_i = w_i·X + c_i·(v_i − v)·G for every branch alike (in
/// the true one the second term vanishes); then the true c_i = c − Σ(other c), and s_i = w_i + c_i·r for all.
using OrProof = Bytes;
std::size_t or_proof_bytes(bool abstain_allowed);

struct EncryptedVote {
  Ciphertext ciphertext;
  OrProof proof;
};
/// For whoever may have to open it.
struct OpenableVote {
  EncryptedVote vote;
  Secret r;  ///< of A = r·G: whoever has it sees the choice
};

/// Encrypts and proves; r is drawn here.
/// @return kBallotEncoding: abstain where it is not allowed, or an election key that is not a valid point.
[[nodiscard]] Result<OpenableVote> encrypt_openable(VoteBinding const& binding, Choice choice, bool abstain_allowed);
/// The same; r is wiped and never returned.
[[nodiscard]] Result<EncryptedVote> encrypt(VoteBinding const& binding, Choice choice, bool abstain_allowed);

/// @return kBallotEncoding: a point that is invalid or the identity, a scalar ≥ L, a wrong length.
///         kBallotProof: the equations do not hold.
[[nodiscard]] Result<void> verify_vote(VoteBinding const& binding, Ciphertext const& ciphertext, ByteView proof,
                                       bool abstain_allowed);

/// A = r·G and B = r·X + v·G for v = choice. Not constant time in the choice: for whoever is shown r.
/// @return false for an r of another length, ≥ L or 0, and for an X that is not a valid point.
[[nodiscard]] bool opens_to(Ciphertext const& ciphertext, Point const& election_key, Secret const& r, Choice choice);

// ---- Tally --------------------------------------------------------------------------------------------------------

/// Chaum–Pedersen: log_G(Y_t) = log_ΣA(D_t). c = SHA-512("piaojue/v2/dleq" ‖ 0x00 ‖ binding ‖ Y ‖ ΣA ‖ D ‖ R1 ‖ R2) mod
/// L.
struct DleqProof {
  Scalar c;
  Scalar s;
};

struct TallyShare {
  Point d;  ///< D_t
  DleqProof proof;
};

/// @param sum_a ΣA of the question. @return kBallotEncoding if ΣA is the identity or invalid.
[[nodiscard]] Result<TallyShare> make_tally_share(TallyKey const& key, Point const& sum_a, ByteView binding);
[[nodiscard]] bool verify_tally_share(Point const& y, Point const& sum_a, TallyShare const& share, ByteView binding);

struct Sums {
  std::uint32_t agree = 0;
  std::uint32_t disagree = 0;
};

/// Finds (agree, disagree) with agree + disagree ≤ ballots and (agree + 256·disagree)·G = ΣB − ΣD. The table for a
/// number of ballots is built once a process and shared by threads.
/// @return kThresholdRule if none fits (a wrong share or a forged ballot). @param ballots at most 255.
[[nodiscard]] Result<Sums> decode_sum(Point const& sum_b, std::span<Point const> shares, std::uint32_t ballots);

}  // namespace piaojue::crypto::elgamal

// SPDX-License-Identifier: Apache-2.0
#include "crypto/elgamal.h"

#include <array>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <type_traits>
#include <unordered_map>

#include "crypto/domain.h"

namespace piaojue::crypto::elgamal {
namespace {

constexpr std::size_t kScalarBytes = crypto_core_ristretto255_SCALARBYTES;
constexpr std::size_t kPointBytes = crypto_core_ristretto255_BYTES;
static_assert(Point::kSize == kPointBytes && Scalar::kSize == kScalarBytes);

using Element = std::array<std::uint8_t, 32>;  // a scalar or a point, secret or not, where libsodium computes

constexpr std::array<std::uint32_t, 3> kValues = {0, 1, 256};
constexpr std::uint32_t kBallotsMax = 255;

// L = 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 9496 §4.4).
constexpr Element kOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                            0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                            0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

Element scalar_of(std::uint32_t value) {
  Element out{};
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return out;
}

/// Constant time: x < L iff subtracting L borrows.
bool is_below_order(std::uint8_t const* x) {
  std::uint32_t borrow = 0;
  for (std::size_t i = 0; i < kScalarBytes; ++i) {
    borrow = ((std::uint32_t{x[i]} - kOrder[i] - borrow) >> 8) & 1;
  }
  return borrow == 1;
}

bool is_identity(std::uint8_t const* encoding) { return sodium_is_zero(encoding, kPointBytes) == 1; }

/// v·G for each admissible v. The encoding of the identity is 32 zero bytes.
struct ValuePoints {
  std::array<Point, kValues.size()> points{};
  ValuePoints() {
    for (std::size_t i = 1; i < kValues.size(); ++i) {
      crypto_scalarmult_ristretto255_base(points[i].data.data(), scalar_of(kValues[i]).data());
    }
  }
};

std::array<Point, kValues.size()> const& value_points() {
  static ValuePoints const values;
  return values.points;
}

// ---- Public values: verification ----------------------------------------------------------------------------------

/// s·G. libsodium reports the identity as an error although it is a legal result here; it has written the right
/// encoding, zeros.
Point base_times(std::uint8_t const* s) {
  Point out;
  if (crypto_scalarmult_ristretto255_base(out.data.data(), s) != 0) out = Point{};
  return out;
}

/// s·P. @return false if P is not a valid encoding. The multiplication decodes P anyway, so that a separate check is
/// made only in the rare case that it reports an error, which may also mean that the result is the identity.
[[nodiscard]] bool times(Point& out, std::uint8_t const* s, Point const& p) {
  if (crypto_scalarmult_ristretto255(out.data.data(), s, p.data.data()) == 0) return true;
  out = Point{};
  return crypto_core_ristretto255_is_valid_point(p.data.data()) == 1;
}

/// s·P − c·Q for public values; P = nullptr stands for G. @return false if a point is not a valid encoding.
[[nodiscard]] bool commitment(Point& out, std::uint8_t const* s, Point const* p, std::uint8_t const* c,
                              Point const& q) {
  Point left;
  Point right;
  if (p == nullptr) {
    left = base_times(s);
  } else if (!times(left, s, *p)) {
    return false;
  }
  return times(right, c, q) && crypto_core_ristretto255_sub(out.data.data(), left.data.data(), right.data.data()) == 0;
}

/// SHA-512(domain ‖ 0x00 ‖ parts) mod L.
Scalar challenge(std::string_view domain, std::initializer_list<ByteView> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, as_bytes(domain).data(), domain.size());
  std::uint8_t const zero = 0;
  crypto_hash_sha512_update(&state, &zero, 1);
  for (ByteView const part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  std::array<std::uint8_t, crypto_hash_sha512_BYTES> wide{};
  crypto_hash_sha512_final(&state, wide.data());
  Scalar out;
  crypto_core_ristretto255_scalar_reduce(out.data.data(), wide.data());
  return out;
}

Scalar or_challenge(VoteBinding const& binding, Ciphertext const& ciphertext, std::span<Point const> commitments) {
  ByteView const flat{commitments.data()->data.data(), commitments.size() * kPointBytes};
  static_assert(sizeof(Point) == kPointBytes);
  return challenge(domain::kOrProof, {binding.ctx.view(), binding.election_key.view(), binding.pk_v.view(),
                                      ciphertext.a.view(), ciphertext.b.view(), flat});
}

// ---- Secret values ------------------------------------------------------------------------------------------------

/// Storage for a `T` made of byte arrays, inside a Secret: locked, guarded, wiped when it goes.
template <class T>
class SecretBlock {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);

 public:
  SecretBlock() : memory_(sizeof(T)), value_(new (memory_.data()) T{}) {}
  T* operator->() { return value_; }
  T& operator*() { return *value_; }

 private:
  Secret memory_;
  T* value_;
};

/// 0xff if a = b, else 0; no branch. The empty assembly hides the value, so that the compiler can not turn a later
/// selection by the mask back into a jump.
std::uint8_t equality_mask(std::uint32_t a, std::uint32_t b) {
  std::uint32_t const difference = a ^ b;
  std::uint32_t mask = ((difference | (0U - difference)) >> 31) - 1U;
  __asm__ volatile("" : "+r"(mask));
  return static_cast<std::uint8_t>(mask);
}

/// out ^= (out ^ other) & mask: takes `other` where mask = 0xff.
void assign_if(std::uint8_t mask, Element& out, std::uint8_t const* other) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(out[i] ^ ((out[i] ^ other[i]) & mask));
  }
}

/// s = k + c·x, c public.
void respond(Scalar& s, Element const& k, Scalar const& c, Secret const& x) {
  SecretBlock<Element> product;
  crypto_core_ristretto255_scalar_mul(product->data(), c.data.data(), x.data());
  crypto_core_ristretto255_scalar_add(s.data.data(), k.data(), product->data());
}

}  // namespace

bool is_valid_point(Point const& p) {
  return crypto_core_ristretto255_is_valid_point(p.data.data()) == 1 && !is_identity(p.data.data());
}

bool is_canonical_scalar(Scalar const& s) { return is_below_order(s.data.data()); }

Result<Point> sum(std::span<Point const> points) {
  Point total;  // the identity
  for (Point const& point : points) {
    // The addition decodes the point and so tells whether it is valid; only the identity has to be looked for here.
    if (is_identity(point.data.data()) ||
        crypto_core_ristretto255_add(total.data.data(), total.data.data(), point.data.data()) != 0) {
      return Refusal::kBallotEncoding;
    }
  }
  return total;
}

TallyKey TallyKey::generate() {
  Secret x(kScalarBytes);
  crypto_core_ristretto255_scalar_random(x.data());  // uniform in [1, L)
  Point y;
  crypto_scalarmult_ristretto255_base(y.data.data(), x.data());
  return {std::move(x), y};
}

Result<TallyKey> TallyKey::from_secret(Secret x) {
  if (x.size() != kScalarBytes || !is_below_order(x.data()) || sodium_is_zero(x.data(), x.size()) == 1) {
    return Refusal::kProof;
  }
  Point y;
  if (crypto_scalarmult_ristretto255_base(y.data.data(), x.data()) != 0) return Refusal::kProof;
  return TallyKey{std::move(x), y};
}

PokProof TallyKey::prove_knowledge(ByteView binding) const {
  SecretBlock<Element> k;
  crypto_core_ristretto255_scalar_random(k->data());
  Point r;
  crypto_scalarmult_ristretto255_base(r.data.data(), k->data());
  PokProof proof;
  proof.c = challenge(domain::kPok, {binding, y_.view(), r.view()});
  respond(proof.s, *k, proof.c, x_);
  return proof;
}

bool verify_knowledge(Point const& y, ByteView binding, PokProof const& proof) {
  if (!is_canonical_scalar(proof.c) || !is_canonical_scalar(proof.s) || is_identity(y.data.data())) return false;
  Point r;
  if (!commitment(r, proof.s.data.data(), nullptr, proof.c.data.data(), y)) return false;
  return proof.c == challenge(domain::kPok, {binding, y.view(), r.view()});
}

std::size_t or_proof_bytes(bool abstain_allowed) { return kScalarBytes * 2 * (abstain_allowed ? 3 : 2); }

namespace {

/// What `encrypt` computes with; all of it is secret.
struct EncryptionWork {
  Element v;                      // the value, as a scalar
  Element v_point;                // v·G
  Element r;                      // ElGamal randomness
  Element r_x;                    // r·X
  Element veil, veil_point;       // see commit_to_branches
  Element other_c_sum;            // sum of the challenges of the branches that are not true
  Element true_c;                 // c minus that
  Element scalar, point, point2;  // temporaries
  std::array<Element, kValues.size()> w, c;
  std::array<std::uint8_t, kValues.size()> is_true;  // 0xff for the true branch, 0 for the others
  std::uint8_t any;
};

using Commitments = std::array<Point, 2 * kValues.size()>;  // a1, a2 of each branch from `first` on

/// Sets v, v·G and which branch is true. @return false if the choice is not admissible here, or not a value of the
/// enum. That a choice is admissible is no secret; asking for each value by itself would be a branch on which one it
/// is, in whatever order the compiler finds best.
bool take_choice(EncryptionWork& work, Choice choice, std::size_t first) {
  for (std::size_t i = first; i < kValues.size(); ++i) {
    work.is_true[i] = equality_mask(static_cast<std::uint32_t>(choice), kValues[i]);
    work.any = static_cast<std::uint8_t>(work.any | work.is_true[i]);
    assign_if(work.is_true[i], work.v, scalar_of(kValues[i]).data());
    assign_if(work.is_true[i], work.v_point, value_points()[i].data.data());
  }
  return sodium_is_zero(&work.any, 1) == 0;
}

/// A = r·G, B = r·X + v·G. v·G is taken from a table by masks, because libsodium branches on an identity result.
bool encrypt_value(EncryptionWork& work, std::uint8_t const* x, Ciphertext& out) {
  crypto_core_ristretto255_scalar_random(work.r.data());
  crypto_scalarmult_ristretto255_base(out.a.data.data(), work.r.data());
  if (crypto_scalarmult_ristretto255(work.r_x.data(), work.r.data(), x) != 0) return false;
  crypto_core_ristretto255_add(out.b.data.data(), work.r_x.data(), work.v_point.data());
  return true;
}

/// Every branch is computed alike. With w_i uniform and s_i = w_i + c_i·r, the verifier's commitments are
///   a1_i = s_i·G − c_i·A = w_i·G            a2_i = s_i·X − c_i·(B − v_i·G) = w_i·X + c_i·(v_i − v)·G,
/// so that those of the true branch do not depend on c_i, which is set last. To keep libsodium from meeting the scalar
/// 0 there, a random veil goes in and comes out again: a2_i = (w_i·X − veil·G) + (c_i·(v_i − v) + veil)·G.
bool commit_to_branches(EncryptionWork& work, std::uint8_t const* x, std::size_t first, Commitments& commitments) {
  crypto_core_ristretto255_scalar_random(work.veil.data());
  crypto_scalarmult_ristretto255_base(work.veil_point.data(), work.veil.data());
  for (std::size_t i = first; i < kValues.size(); ++i) {
    Point& a1 = commitments[2 * (i - first)];
    Point& a2 = commitments[2 * (i - first) + 1];
    crypto_core_ristretto255_scalar_random(work.w[i].data());
    crypto_core_ristretto255_scalar_random(work.c[i].data());
    crypto_scalarmult_ristretto255_base(a1.data.data(), work.w[i].data());
    if (crypto_scalarmult_ristretto255(work.point.data(), work.w[i].data(), x) != 0) return false;
    crypto_core_ristretto255_sub(work.point.data(), work.point.data(), work.veil_point.data());
    crypto_core_ristretto255_scalar_sub(work.scalar.data(), scalar_of(kValues[i]).data(), work.v.data());
    crypto_core_ristretto255_scalar_mul(work.scalar.data(), work.scalar.data(), work.c[i].data());
    crypto_core_ristretto255_scalar_add(work.scalar.data(), work.scalar.data(), work.veil.data());
    if (crypto_scalarmult_ristretto255_base(work.point2.data(), work.scalar.data()) != 0) return false;
    crypto_core_ristretto255_add(a2.data.data(), work.point.data(), work.point2.data());

    work.scalar = Element{};
    assign_if(static_cast<std::uint8_t>(~work.is_true[i]), work.scalar, work.c[i].data());
    crypto_core_ristretto255_scalar_add(work.other_c_sum.data(), work.other_c_sum.data(), work.scalar.data());
  }
  return true;
}

/// Gives the true branch what the others leave of c, and writes c_i ‖ s_i of each branch to `to`.
void answer(EncryptionWork& work, Scalar const& c, std::size_t first, std::uint8_t* to) {
  crypto_core_ristretto255_scalar_sub(work.true_c.data(), c.data.data(), work.other_c_sum.data());
  for (std::size_t i = first; i < kValues.size(); ++i, to += 2 * kScalarBytes) {
    assign_if(work.is_true[i], work.c[i], work.true_c.data());
    std::ranges::copy(work.c[i], to);
    crypto_core_ristretto255_scalar_mul(work.scalar.data(), work.c[i].data(), work.r.data());
    crypto_core_ristretto255_scalar_add(to + kScalarBytes, work.w[i].data(), work.scalar.data());
  }
}

}  // namespace

Result<OpenableVote> encrypt_openable(VoteBinding const& binding, Choice choice, bool abstain_allowed) {
  if (!is_valid_point(binding.election_key)) return Refusal::kBallotEncoding;
  std::uint8_t const* const x = binding.election_key.data.data();
  std::size_t const first = abstain_allowed ? 0 : 1;
  SecretBlock<EncryptionWork> work;
  if (!take_choice(*work, choice, first)) return Refusal::kBallotEncoding;

  OpenableVote out;
  Commitments commitments;
  if (!encrypt_value(*work, x, out.vote.ciphertext) || !commit_to_branches(*work, x, first, commitments)) {
    return Refusal::kInternal;
  }
  std::size_t const count = kValues.size() - first;
  Scalar const c = or_challenge(binding, out.vote.ciphertext, std::span(commitments).first(2 * count));
  out.vote.proof.resize(or_proof_bytes(abstain_allowed));
  answer(*work, c, first, out.vote.proof.data());
  out.r = Secret::copy_of(work->r);
  return out;
}

Result<EncryptedVote> encrypt(VoteBinding const& binding, Choice choice, bool abstain_allowed) {
  auto made = encrypt_openable(binding, choice, abstain_allowed);
  if (!made) return made.error();
  return std::move(made->vote);
}

bool opens_to(Ciphertext const& ciphertext, Point const& election_key, Secret const& r, Choice choice) {
  if (r.size() != kScalarBytes || !is_below_order(r.data()) || sodium_is_zero(r.data(), r.size()) == 1) return false;
  auto const value = std::ranges::find(kValues, static_cast<std::uint32_t>(choice));
  if (value == kValues.end() || !is_valid_point(election_key)) return false;
  Point const& v_point = value_points()[static_cast<std::size_t>(value - kValues.begin())];
  SecretBlock<Element> r_x;
  Point b;
  // r·X is not the identity: r is not 0, X is not it, and the group has prime order.
  return base_times(r.data()) == ciphertext.a &&
         crypto_scalarmult_ristretto255(r_x->data(), r.data(), election_key.data.data()) == 0 &&
         crypto_core_ristretto255_add(b.data.data(), r_x->data(), v_point.data.data()) == 0 && b == ciphertext.b;
}

Result<void> verify_vote(VoteBinding const& binding, Ciphertext const& ciphertext, ByteView proof,
                         bool abstain_allowed) {
  if (proof.size() != or_proof_bytes(abstain_allowed)) return Refusal::kBallotEncoding;
  for (std::size_t at = 0; at < proof.size(); at += kScalarBytes) {
    if (!is_below_order(proof.data() + at)) return Refusal::kBallotEncoding;
  }
  Point const& x = binding.election_key;
  if (is_identity(x.data.data()) || is_identity(ciphertext.a.data.data()) || is_identity(ciphertext.b.data.data())) {
    return Refusal::kBallotEncoding;
  }
  // Whether X, A and B are valid encodings shows in the computations below, each of which decodes its operands.
  std::size_t const first = abstain_allowed ? 0 : 1;
  std::array<Point, 2 * kValues.size()> commitments;
  Scalar c_sum;
  std::uint8_t const* from = proof.data();
  for (std::size_t i = first; i < kValues.size(); ++i, from += 2 * kScalarBytes) {
    std::uint8_t const* const c = from;
    std::uint8_t const* const s = from + kScalarBytes;
    Point b = ciphertext.b;  // B − v_i·G
    if (kValues[i] != 0 &&
        crypto_core_ristretto255_sub(b.data.data(), ciphertext.b.data.data(), value_points()[i].data.data()) != 0) {
      return Refusal::kBallotEncoding;
    }
    if (!commitment(commitments[2 * (i - first)], s, nullptr, c, ciphertext.a) ||
        !commitment(commitments[2 * (i - first) + 1], s, &x, c, b)) {
      return Refusal::kBallotEncoding;
    }
    crypto_core_ristretto255_scalar_add(c_sum.data.data(), c_sum.data.data(), c);
  }
  std::size_t const count = kValues.size() - first;
  if (c_sum != or_challenge(binding, ciphertext, std::span(commitments).first(2 * count))) {
    return Refusal::kBallotProof;
  }
  return {};
}

Result<TallyShare> make_tally_share(TallyKey const& key, Point const& sum_a, ByteView binding) {
  if (!is_valid_point(sum_a)) return Refusal::kBallotEncoding;
  TallyShare share;
  SecretBlock<Element> k;
  crypto_core_ristretto255_scalar_random(k->data());
  Point r1;
  Point r2;
  crypto_scalarmult_ristretto255_base(r1.data.data(), k->data());
  if (crypto_scalarmult_ristretto255(share.d.data.data(), key.secret().data(), sum_a.data.data()) != 0 ||
      crypto_scalarmult_ristretto255(r2.data.data(), k->data(), sum_a.data.data()) != 0) {
    return Refusal::kInternal;
  }
  share.proof.c = challenge(domain::kDleq,
                            {binding, key.public_share().view(), sum_a.view(), share.d.view(), r1.view(), r2.view()});
  respond(share.proof.s, *k, share.proof.c, key.secret());
  return share;
}

bool verify_tally_share(Point const& y, Point const& sum_a, TallyShare const& share, ByteView binding) {
  DleqProof const& proof = share.proof;
  if (!is_canonical_scalar(proof.c) || !is_canonical_scalar(proof.s)) return false;
  if (is_identity(y.data.data()) || is_identity(sum_a.data.data()) || is_identity(share.d.data.data())) return false;
  Point r1;
  Point r2;
  if (!commitment(r1, proof.s.data.data(), nullptr, proof.c.data.data(), y) ||
      !commitment(r2, proof.s.data.data(), &sum_a, proof.c.data.data(), share.d)) {
    return false;
  }
  return proof.c == challenge(domain::kDleq, {binding, y.view(), sum_a.view(), share.d.view(), r1.view(), r2.view()});
}

namespace {

/// (agree + 256·disagree)·G for every pair, by the number agree + disagree, grown as far as anybody has asked. One
/// table serves every number of ballots, because a smaller number needs a part of it.
class SumTable {
 public:
  std::optional<Sums> find(Point const& point, std::uint32_t ballots) {
    {
      std::shared_lock const lock(mutex_);
      if (levels_ > ballots) return look_up(point, ballots);
    }
    std::unique_lock const lock(mutex_);
    while (levels_ <= ballots) grow();
    return look_up(point, ballots);
  }

 private:
  std::optional<Sums> look_up(Point const& point, std::uint32_t ballots) const {
    auto const found = sums_.find(point);
    if (found == sums_.end() || found->second.agree + found->second.disagree > ballots) return std::nullopt;
    return found->second;
  }

  /// Adds the pairs with agree + disagree = levels_. newest_[d] is the point of (levels_ − 1 − d, d); one addition
  /// each.
  void grow() {
    std::vector<Point> next(levels_ + 1);
    for (std::uint32_t disagree = 0; levels_ != 0 && disagree <= levels_; ++disagree) {
      bool const last = disagree == levels_;  // agree = 0: one more disagreement; else one more agreement
      Point const& before = newest_[last ? disagree - 1 : disagree];
      crypto_core_ristretto255_add(next[disagree].data.data(), before.data.data(),
                                   value_points()[last ? 2 : 1].data.data());
    }
    for (std::uint32_t disagree = 0; disagree <= levels_; ++disagree) {
      sums_.emplace(next[disagree], Sums{levels_ - disagree, disagree});
    }
    newest_ = std::move(next);
    ++levels_;
  }

  std::shared_mutex mutex_;
  std::uint32_t levels_ = 0;  ///< sums of 0 … levels_ − 1 ballots are in the table
  std::vector<Point> newest_;
  std::unordered_map<Point, Sums, FixedBytesHash<Point>> sums_;
};

}  // namespace

Result<Sums> decode_sum(Point const& sum_b, std::span<Point const> shares, std::uint32_t ballots) {
  if (ballots > kBallotsMax) return Refusal::kThresholdRule;
  auto const sum_d = sum(shares);
  if (!sum_d) return sum_d.error();
  Point point;
  if (crypto_core_ristretto255_sub(point.data.data(), sum_b.data.data(), sum_d->data.data()) != 0) {
    return Refusal::kBallotEncoding;
  }
  static SumTable table;
  auto const found = table.find(point, ballots);
  if (!found) return Refusal::kThresholdRule;
  return *found;
}

}  // namespace piaojue::crypto::elgamal

// SPDX-License-Identifier: Apache-2.0
#include "crypto/blind_rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <span>
#include <vector>

namespace piaojue::crypto::blind_rsa {
namespace {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Number = std::unique_ptr<BIGNUM, FreeWith<&BN_clear_free>>;  // wiped: most of them are secret
using Montgomery = std::unique_ptr<BN_MONT_CTX, FreeWith<&BN_MONT_CTX_free>>;
using Scratch = std::unique_ptr<BN_CTX, FreeWith<&BN_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD, FreeWith<&EVP_MD_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<&EVP_MD_CTX_free>>;

constexpr std::size_t kHashBytes = 48;
constexpr std::size_t kModulusBytesMax = 4096 / 8;
constexpr std::uint32_t kExponent = 65537;
constexpr int kExponentSquarings = 16;  // 65537 = 2^16 + 1
constexpr std::uint32_t kSmallFactorsBelow = 1U << 16;

bool is_supported_size(std::uint32_t bits) { return bits == 2048 || bits == 3072 || bits == 4096; }

Number make_number() {
  Number out{BN_new()};
  if (!out) throw std::bad_alloc();
  return out;
}

Number number_of(ByteView bytes) {
  Number out{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  if (!out) throw std::bad_alloc();
  return out;
}

/// The same for what is secret. BN_bin2bn skips leading zero bytes one by one, and so takes longer for a larger number:
/// an encoded message that begins with one, which its token shows later, could be told when it was blinded. A bit above
/// all of them leaves nothing to skip. What is left in OpenSSL's numbers is whether the top word is zero, once in 2^64.
Number secret_number_of(ByteView bytes) {
  std::array<std::uint8_t, 1 + kModulusBytesMax> buffer;
  WipeOnExit const wipe(buffer);
  if (bytes.size() > kModulusBytesMax) std::abort();  // callers have compared it with the modulus
  buffer[0] = 1;
  std::ranges::copy(bytes, buffer.begin() + 1);
  Number out = number_of(ByteView(buffer).first(1 + bytes.size()));
  if (BN_clear_bit(out.get(), static_cast<int>(8 * bytes.size())) != 1) std::abort();
  return out;
}

Bytes bytes_of(BIGNUM const* number, std::size_t size) {
  Bytes out(size);
  if (BN_bn2binpad(number, out.data(), static_cast<int>(size)) < 0) std::abort();  // callers reduce before they write
  return out;
}

/// One a thread: temporaries of OpenSSL's arithmetic. Values that are secret are held in `Number` instead.
BN_CTX* scratch() {
  thread_local Scratch const ctx{BN_CTX_new()};
  if (!ctx) throw std::bad_alloc();
  return ctx.get();
}

/// Temporaries of one call, given back at its end.
class Frame {
 public:
  Frame() : ctx_(scratch()) { BN_CTX_start(ctx_); }
  ~Frame() { BN_CTX_end(ctx_); }
  Frame(Frame const&) = delete;
  Frame& operator=(Frame const&) = delete;
  BN_CTX* ctx() const { return ctx_; }
  BIGNUM* number() const {
    BIGNUM* const out = BN_CTX_get(ctx_);
    if (out == nullptr) throw std::bad_alloc();
    return out;
  }

 private:
  BN_CTX* ctx_;
};

// ---- SHA-384 and PSS ----------------------------------------------------------------------------------------------

using HashValue = std::array<std::uint8_t, kHashBytes>;

HashValue sha384(std::initializer_list<ByteView> parts) {
  static Digest const digest{EVP_MD_fetch(nullptr, "SHA384", nullptr)};
  thread_local DigestContext const ctx{EVP_MD_CTX_new()};
  HashValue out;
  bool ok = digest && ctx && EVP_DigestInit_ex2(ctx.get(), digest.get(), nullptr) == 1;
  for (ByteView const part : parts) ok = ok && EVP_DigestUpdate(ctx.get(), part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(ctx.get(), out.data(), nullptr) == 1;
  if (!ok) std::abort();
  return out;
}

/// data ^= MGF1-SHA-384(seed) (RFC 8017 §B.2.1).
void mgf1_xor(std::span<std::uint8_t> data, ByteView seed) {
  for (std::uint32_t counter = 0; !data.empty(); ++counter) {
    std::array<std::uint8_t, 4> const block_number = {
        static_cast<std::uint8_t>(counter >> 24), static_cast<std::uint8_t>(counter >> 16),
        static_cast<std::uint8_t>(counter >> 8), static_cast<std::uint8_t>(counter)};
    HashValue const mask = sha384({seed, block_number});
    std::size_t const size = std::min(data.size(), mask.size());
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(data[i] ^ mask[i]);
    data = data.subspan(size);
  }
}

constexpr std::array<std::uint8_t, 8> kPssZeros{};
constexpr std::uint8_t kPssTrailer = 0xbc;

/// RFC 8017 §9.1.1 with emBits = modulus_bits − 1, which for our sizes leaves exactly the top bit clear.
void pss_encode(std::span<std::uint8_t> em, ByteView message, ByteView salt) {
  HashValue const message_hash = sha384({message});
  HashValue const h = sha384({kPssZeros, message_hash, salt});
  std::span<std::uint8_t> const db = em.first(em.size() - kHashBytes - 1);
  std::ranges::fill(db, std::uint8_t{0});
  db[db.size() - salt.size() - 1] = 0x01;
  std::ranges::copy(salt, db.end() - static_cast<std::ptrdiff_t>(salt.size()));
  mgf1_xor(db, h);
  db[0] &= 0x7f;
  std::ranges::copy(h, em.begin() + static_cast<std::ptrdiff_t>(db.size()));
  em.back() = kPssTrailer;
}

/// RFC 8017 §9.1.2. `em` is spoilt.
bool pss_matches(std::span<std::uint8_t> em, ByteView message, std::size_t salt_size) {
  std::span<std::uint8_t> const db = em.first(em.size() - kHashBytes - 1);
  ByteView const h = em.subspan(db.size(), kHashBytes);
  if (em.back() != kPssTrailer || (em[0] & 0x80) != 0) return false;
  mgf1_xor(db, h);
  db[0] &= 0x7f;
  std::size_t const zeros = db.size() - salt_size - 1;
  if (db[zeros] != 0x01) return false;
  if (!std::ranges::all_of(db.first(zeros), [](std::uint8_t byte) { return byte == 0; })) return false;
  HashValue const message_hash = sha384({message});
  // Whoever finalizes does not show the message yet.
  HashValue const expected = sha384({kPssZeros, message_hash, db.last(salt_size)});
  return sodium_memcmp(expected.data(), h.data(), kHashBytes) == 0;
}

// ---- Arithmetic ---------------------------------------------------------------------------------------------------

void check(int result) {
  if (result != 1) throw std::bad_alloc();  // memory is the only way in which these can fail
}

__extension__ using Wide = unsigned __int128;

/// Odd primes below 2^16, four or more to a word, so that a modulus is reduced once by each word and not by each prime.
/// Division is exact and from below, as in Montgomery's reduction and in GMP's mpn_modexact_1_odd: two multiplications
/// a word and no division.
class SmallPrimes {
 public:
  SmallPrimes() {
    std::vector<bool> composite(kSmallFactorsBelow);
    for (std::uint32_t p = 3; p < kSmallFactorsBelow; p += 2) {
      if (composite[p]) continue;
      add(p);
      for (std::uint64_t multiple = std::uint64_t{p} * p; multiple < kSmallFactorsBelow; multiple += p) {
        composite[multiple] = true;
      }
    }
    for (auto& group : groups_) group.inverse = inverse_of(group.product);
  }

  /// Takes a time that depends on the number, which is public. @param number big-endian, of whole words.
  bool any_divides(ByteView number) const {
    std::array<std::uint64_t, kModulusBytesMax / 8> words;
    std::size_t const count = number.size() / 8;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t word = 0;
      for (std::uint8_t const byte : number.subspan(number.size() - 8 * (i + 1), 8)) word = word << 8 | byte;
      words[i] = word;
    }
    return std::ranges::any_of(groups_, [&](Group const& group) {
      std::uint64_t const left = remainder(std::span(words).first(count), group);
      return std::ranges::any_of(std::span(primes_).subspan(group.first, group.count),
                                 [&](Prime const& prime) { return left * prime.inverse <= prime.most; });
    });
  }

 private:
  struct Prime {
    std::uint64_t inverse, most;  ///< p divides x < 2^64 if x·p^−1 mod 2^64, then the quotient, is at most this
  };
  struct Group {
    std::uint64_t product, inverse;
    std::size_t first, count;
  };

  /// Of an odd number, modulo 2^64: Newton's iteration doubles the bits that are right, of which p itself has three.
  static std::uint64_t inverse_of(std::uint64_t odd) {
    std::uint64_t out = odd;
    for (int bits = 3; bits < 64; bits *= 2) out *= 2 - odd * out;
    return out;
  }

  void add(std::uint32_t p) {
    if (groups_.empty() || groups_.back().product > ~std::uint64_t{0} / p) groups_.push_back({1, 0, primes_.size(), 0});
    groups_.back().product *= p;
    ++groups_.back().count;
    primes_.push_back({inverse_of(p), ~std::uint64_t{0} / p});
  }

  /// @return r ≤ M with r ≡ −n·2^(−64·words) mod M, so that a prime of the group divides r if and only if it divides n.
  static std::uint64_t remainder(std::span<std::uint64_t const> words, Group const& group) {
    std::uint64_t carry = 0;
    for (std::uint64_t const word : words) {
      std::uint64_t const quotient = (word - carry) * group.inverse;
      carry = static_cast<std::uint64_t>(Wide{quotient} * group.product >> 64) + (word < carry ? 1 : 0);
    }
    return carry;
  }

  std::vector<Prime> primes_;
  std::vector<Group> groups_;
};

bool has_small_factor(ByteView modulus) {
  static SmallPrimes const primes;
  return primes.any_divides(modulus);
}

/// Only for public values, or for values that are uniform and independent of every secret.
bool inverse(BIGNUM* out, BIGNUM const* value, BIGNUM const* modulus, BN_CTX* ctx) {
  return BN_mod_inverse(out, value, modulus, ctx) != nullptr;
}

}  // namespace

std::size_t prefix_bytes(Variant v) {
  return v == Variant::kPssRandomized || v == Variant::kPssZeroRandomized ? TokenPrefix::kSize : 0;
}

std::size_t salt_bytes(Variant v) {
  return v == Variant::kPssRandomized || v == Variant::kPssDeterministic ? kHashBytes : 0;
}

// ---- Public key ---------------------------------------------------------------------------------------------------

struct PublicKey::Impl {
  Number n;
  Number n_minus_one;
  Montgomery montgomery;
  std::size_t bytes = 0;

  void multiply(BIGNUM* out, BIGNUM const* a, BIGNUM const* b, BN_CTX* ctx) const {
    check(BN_mod_mul_montgomery(out, a, b, montgomery.get(), ctx));  // a·b·R^−1
  }
  void to_montgomery(BIGNUM* out, BIGNUM const* a, BN_CTX* ctx) const {
    check(BN_to_montgomery(out, a, montgomery.get(), ctx));
  }
  /// out = x^(e−1)·R for x·R given, e = 65537; multiplying it by a plain value leaves Montgomery's form.
  void raise(BIGNUM* out, BIGNUM const* x, BN_CTX* ctx) const {
    multiply(out, x, x, ctx);
    for (int i = 1; i < kExponentSquarings; ++i) multiply(out, out, out, ctx);
  }
  /// out = s^e mod n, s < n, by 18 multiplications.
  void public_operation(BIGNUM* out, BIGNUM const* s, BN_CTX* ctx) const {
    to_montgomery(out, s, ctx);
    raise(out, out, ctx);
    multiply(out, out, s, ctx);
  }
};

Result<PublicKey> PublicKey::from_modulus(ByteView modulus, std::uint32_t modulus_bits) {
  if (!is_supported_size(modulus_bits) || modulus.size() != modulus_bits / 8 || (modulus[0] & 0x80) == 0 ||
      (modulus.back() & 1) == 0 || has_small_factor(modulus)) {
    return Refusal::kKeyParam;
  }
  auto impl = std::make_shared<Impl>();
  impl->n = number_of(modulus);
  impl->bytes = modulus.size();
  impl->n_minus_one = make_number();
  check(BN_sub(impl->n_minus_one.get(), impl->n.get(), BN_value_one()));
  impl->montgomery.reset(BN_MONT_CTX_new());
  if (!impl->montgomery) throw std::bad_alloc();
  check(BN_MONT_CTX_set(impl->montgomery.get(), impl->n.get(), scratch()));
  return PublicKey{std::move(impl)};
}

Bytes PublicKey::modulus() const { return bytes_of(impl_->n.get(), impl_->bytes); }

std::size_t PublicKey::bytes() const { return impl_->bytes; }

// ---- Private key --------------------------------------------------------------------------------------------------

struct PrivateKey::Impl {
  PublicKey public_key;
  Secret primes;  ///< p ‖ q
  Montgomery p;   ///< to tell whether a value shares a factor with n, without a slow gcd and in constant time
  Montgomery q;
  Key key;
  mutable std::mutex mutex;
  mutable std::vector<KeyContext> idle;  ///< contexts not in use; as many as threads ever signed at the same time

  /// A prepared context of this key, put back when it goes.
  class Lease {
   public:
    explicit Lease(Impl const& owner) : owner_(owner) {
      {
        std::lock_guard const lock(owner_.mutex);
        if (!owner_.idle.empty()) {
          ctx_ = std::move(owner_.idle.back());
          owner_.idle.pop_back();
        }
      }
      if (!ctx_) ctx_ = owner_.make_context();
    }
    ~Lease() {
      if (!ctx_) return;
      std::lock_guard const lock(owner_.mutex);
      owner_.idle.push_back(std::move(ctx_));
    }
    Lease(Lease const&) = delete;
    Lease& operator=(Lease const&) = delete;
    EVP_PKEY_CTX* get() const { return ctx_.get(); }

   private:
    Impl const& owner_;
    KeyContext ctx_;
  };

  KeyContext make_context() const {
    KeyContext ctx{EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)};
    if (!ctx || EVP_PKEY_sign_init(ctx.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_NO_PADDING) != 1) {
      return nullptr;
    }
    return ctx;
  }
};

PrivateKey::PrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PublicKey const& PrivateKey::public_key() const { return impl_->public_key; }

Secret PrivateKey::primes() const { return impl_->primes.clone(); }

Result<PrivateKey> PrivateKey::generate(std::uint32_t modulus_bits) {
  if (!is_supported_size(modulus_bits)) return Refusal::kKeyParam;
  Key const key{EVP_RSA_gen(modulus_bits)};  // e = 65537 by default
  BIGNUM* p = nullptr;
  BIGNUM* q = nullptr;
  bool const have_p = key && EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_FACTOR1, &p) == 1;
  bool const have_q = key && EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_FACTOR2, &q) == 1;
  Number const owned_p{p};
  Number const owned_q{q};
  if (!have_p || !have_q) return Refusal::kInternal;
  std::size_t const half = modulus_bits / 16;
  Secret primes(2 * half);
  if (BN_bn2binpad(p, primes.data(), static_cast<int>(half)) < 0 ||
      BN_bn2binpad(q, primes.data() + half, static_cast<int>(half)) < 0) {
    return Refusal::kInternal;
  }
  return from_primes(primes.view().first(half), primes.view().last(half));
}

namespace {

/// For reductions by a secret number: they take the same time whatever it is and whatever is reduced, which BN_mod does
/// not.
Montgomery montgomery_of(Number const& secret) {
  Scratch const own{BN_CTX_new()};  // as in derive_pair
  Montgomery out{BN_MONT_CTX_new()};
  if (!own || !out) throw std::bad_alloc();
  check(BN_MONT_CTX_set(out.get(), secret.get(), own.get()));
  return out;
}

/// The numbers of a key pair. All but n and e are secret: OpenSSL is told to compute with them in constant time.
struct PairNumbers {
  Number p, q;
  Number n = make_number(), e = make_number(), d = make_number();
  Number dp = make_number(), dq = make_number(), q_inverse = make_number();
};

/// All numbers of the pair from its primes, which are equally long and of a size that is supported.
Result<PairNumbers> derive_pair(ByteView p_bytes, ByteView q_bytes) {
  Scratch const own{BN_CTX_new()};  // not the thread's: what passes through here is secret and is freed below
  if (!own) throw std::bad_alloc();
  BN_CTX* const ctx = own.get();

  PairNumbers pair{number_of(p_bytes), number_of(q_bytes)};
  auto const& [p, q, n, e, d, dp, dq, q_inverse] = pair;
  Number const p_minus_one = make_number();
  Number const q_minus_one = make_number();
  Number const phi = make_number();
  for (BIGNUM* const secret : {p.get(), q.get(), d.get(), dp.get(), dq.get(), q_inverse.get(), p_minus_one.get(),
                               q_minus_one.get(), phi.get()}) {
    BN_set_flags(secret, BN_FLG_CONSTTIME);
  }
  if (BN_cmp(p.get(), q.get()) == 0 || BN_is_odd(p.get()) == 0 || BN_is_odd(q.get()) == 0) return Refusal::kKeyParam;
  check(BN_mul(n.get(), p.get(), q.get(), ctx));
  if (BN_num_bits(n.get()) != static_cast<int>(16 * p_bytes.size())) return Refusal::kKeyParam;
  check(BN_set_word(e.get(), kExponent));
  check(BN_sub(p_minus_one.get(), p.get(), BN_value_one()));
  check(BN_sub(q_minus_one.get(), q.get(), BN_value_one()));
  check(BN_mul(phi.get(), p_minus_one.get(), q_minus_one.get(), ctx));
  // d for φ(n) rather than λ(n): the private operation uses dp and dq only, and these are the same for both.
  if (!inverse(d.get(), e.get(), phi.get(), ctx)) return Refusal::kKeyParam;
  check(BN_mod(dp.get(), d.get(), p_minus_one.get(), ctx));
  check(BN_mod(dq.get(), d.get(), q_minus_one.get(), ctx));
  if (!inverse(q_inverse.get(), q.get(), p.get(), ctx)) return Refusal::kKeyParam;
  return pair;
}

/// The pair as a key of OpenSSL; `half` is the size of a prime in bytes. OSSL_PARAM_BLD would leave copies in freed
/// memory that nobody wiped; so the parameters are laid out by hand, in OpenSSL's native byte order, in memory that is
/// wiped.
Result<Key> import_pair(PairNumbers const& pair, std::size_t half) {
  struct Part {
    char const* name;
    BIGNUM const* value;
    std::size_t size;
  };
  std::array<Part, 8> const parts = {{{OSSL_PKEY_PARAM_RSA_N, pair.n.get(), 2 * half},
                                      {OSSL_PKEY_PARAM_RSA_E, pair.e.get(), 4},
                                      {OSSL_PKEY_PARAM_RSA_D, pair.d.get(), 2 * half},
                                      {OSSL_PKEY_PARAM_RSA_FACTOR1, pair.p.get(), half},
                                      {OSSL_PKEY_PARAM_RSA_FACTOR2, pair.q.get(), half},
                                      {OSSL_PKEY_PARAM_RSA_EXPONENT1, pair.dp.get(), half},
                                      {OSSL_PKEY_PARAM_RSA_EXPONENT2, pair.dq.get(), half},
                                      {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, pair.q_inverse.get(), half}}};
  Secret storage(9 * half + 4);
  std::array<OSSL_PARAM, parts.size() + 1> params{};
  std::uint8_t* at = storage.data();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (BN_bn2nativepad(parts[i].value, at, static_cast<int>(parts[i].size)) < 0) return Refusal::kKeyParam;
    params[i] = OSSL_PARAM_construct_BN(parts[i].name, at, parts[i].size);
    at += parts[i].size;
  }
  params.back() = OSSL_PARAM_construct_end();
  KeyContext const importer{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  EVP_PKEY* key = nullptr;
  if (!importer || EVP_PKEY_fromdata_init(importer.get()) != 1 ||
      EVP_PKEY_fromdata(importer.get(), &key, EVP_PKEY_KEYPAIR, params.data()) != 1) {
    return Refusal::kInternal;
  }
  return Key{key};
}

}  // namespace

Result<PrivateKey> PrivateKey::from_primes(ByteView p_bytes, ByteView q_bytes) {
  std::size_t const half = p_bytes.size();
  auto const bits = static_cast<std::uint32_t>(16 * half);
  if (q_bytes.size() != half || half > kModulusBytesMax / 2 || !is_supported_size(bits)) return Refusal::kKeyParam;
  auto pair = derive_pair(p_bytes, q_bytes);
  if (!pair) return pair.error();
  auto public_key = PublicKey::from_modulus(bytes_of(pair->n.get(), 2 * half), bits);
  if (!public_key) return public_key.error();
  auto key = import_pair(*pair, half);
  if (!key) return key.error();

  Secret primes(2 * half);
  std::ranges::copy(p_bytes, primes.data());
  std::ranges::copy(q_bytes, primes.data() + half);
  std::unique_ptr<Impl> impl{new Impl{
      *public_key, std::move(primes), montgomery_of(pair->p), montgomery_of(pair->q), std::move(*key), {}, {}}};
  KeyContext first = impl->make_context();
  if (!first) return Refusal::kInternal;
  impl->idle.push_back(std::move(first));
  return PrivateKey{std::move(impl)};
}

// ---- The protocol -------------------------------------------------------------------------------------------------

namespace {

/// Uniform in [1, n). What the rejections tell is about values that are thrown away.
Number random_below(PublicKey::Impl const& pk) {
  std::array<std::uint8_t, kModulusBytesMax> buffer;
  WipeOnExit const wipe(buffer);
  std::span<std::uint8_t> const drawn = std::span(buffer).first(pk.bytes);
  for (;;) {
    randombytes_buf(drawn.data(), drawn.size());
    Number out = secret_number_of(drawn);
    if (BN_is_zero(out.get()) == 0 && BN_ucmp(out.get(), pk.n.get()) < 0) return out;
  }
}

Number encoded(PublicKey::Impl const& pk, ByteView prepared_msg, ByteView salt) {
  std::array<std::uint8_t, kModulusBytesMax> buffer;
  WipeOnExit const wipe(buffer);
  std::span<std::uint8_t> const em = std::span(buffer).first(pk.bytes);
  pss_encode(em, prepared_msg, salt);
  return secret_number_of(em);
}

Secret secret_of(BIGNUM const* number, std::size_t size) {
  Secret out(size);
  if (BN_bn2binpad(number, out.data(), static_cast<int>(size)) < 0) std::abort();
  return out;
}

/// A number of exactly n_bytes and below n, or nothing.
BIGNUM* number_below(PublicKey::Impl const& pk, Frame const& frame, ByteView bytes) {
  if (bytes.size() != pk.bytes) return nullptr;
  BIGNUM* const out = frame.number();
  if (BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), out) == nullptr) throw std::bad_alloc();
  return BN_ucmp(out, pk.n.get()) < 0 ? out : nullptr;
}

bool verify_number(PublicKey::Impl const& pk, Frame const& frame, Variant variant, ByteView prepared_msg,
                   BIGNUM const* s) {
  BIGNUM* const m = frame.number();
  pk.public_operation(m, s, frame.ctx());
  std::array<std::uint8_t, kModulusBytesMax> buffer;
  std::span<std::uint8_t> const em = std::span(buffer).first(pk.bytes);
  return BN_bn2binpad(m, em.data(), static_cast<int>(em.size())) >= 0 &&
         pss_matches(em, prepared_msg, salt_bytes(variant));
}

}  // namespace

Bytes prepare(ByteView prefix, ByteView msg) {
  Bytes out;
  out.reserve(prefix.size() + msg.size());
  append(out, prefix);
  append(out, msg);
  return out;
}

Result<Blinding> blind(PublicKey const& key, Variant variant, ByteView prepared_msg) {
  PublicKey::Impl const& pk = key.impl();
  std::array<std::uint8_t, kHashBytes> salt_buffer;
  WipeOnExit const wipe_salt(salt_buffer);
  std::span<std::uint8_t> const salt = std::span(salt_buffer).first(salt_bytes(variant));
  randombytes_buf(salt.data(), salt.size());

  Number const m = encoded(pk, prepared_msg, salt);
  Number const r = random_below(pk);
  Number const veil = random_below(pk);
  BN_CTX* const ctx = scratch();
  Number const r_mont = make_number();  // r·R
  Number const work = make_number();
  Number const m_veil = make_number();  // m·veil
  pk.to_montgomery(r_mont.get(), r.get(), ctx);
  pk.to_montgomery(work.get(), veil.get(), ctx);
  pk.multiply(m_veil.get(), work.get(), m.get(), ctx);

  // u = (m·r·veil)^−1, and so r^−1 = u·(m·veil).
  Number const u = make_number();
  pk.multiply(work.get(), r_mont.get(), m_veil.get(), ctx);
  if (!inverse(u.get(), work.get(), pk.n.get(), ctx)) return Refusal::kKeyParam;
  Number const r_inverse = make_number();
  pk.to_montgomery(work.get(), u.get(), ctx);
  pk.multiply(r_inverse.get(), work.get(), m_veil.get(), ctx);

  // z = r^e·m = (r^(e−1)·R)·(r·R)·m·R^−2
  Number const z = make_number();
  pk.raise(work.get(), r_mont.get(), ctx);
  pk.multiply(work.get(), work.get(), r_mont.get(), ctx);
  pk.multiply(z.get(), work.get(), m.get(), ctx);
  return Blinding{bytes_of(z.get(), pk.bytes), secret_of(r_inverse.get(), pk.bytes)};
}

Result<Blinding> blind_deterministic(PublicKey const& key, Variant variant, ByteView prepared_msg, ByteView salt,
                                     ByteView inv) {
  PublicKey::Impl const& pk = key.impl();
  if (salt.size() != salt_bytes(variant) || inv.size() != pk.bytes) return Refusal::kKeyParam;
  Number const m = encoded(pk, prepared_msg, salt);
  Frame const frame;
  BIGNUM* const r = frame.number();
  BIGNUM* const z = frame.number();
  Number const r_inverse = number_of(inv);
  if (!inverse(z, m.get(), pk.n.get(), frame.ctx()) || !inverse(r, r_inverse.get(), pk.n.get(), frame.ctx())) {
    return Refusal::kKeyParam;
  }
  pk.public_operation(z, r, frame.ctx());
  check(BN_mod_mul(z, z, m.get(), pk.n.get(), frame.ctx()));
  return Blinding{bytes_of(z, pk.bytes), Secret::copy_of(inv)};
}

Result<Bytes> blind_sign(PrivateKey const& key, ByteView blinded_msg) {
  PrivateKey::Impl const& sk = key.impl();
  PublicKey::Impl const& pk = sk.public_key.impl();
  Frame const frame;
  BIGNUM* const z = number_below(pk, frame, blinded_msg);
  if (z == nullptr || BN_is_zero(z) == 1 || BN_is_one(z) == 1 || BN_ucmp(z, pk.n_minus_one.get()) >= 0) {
    return Refusal::kOutOfRange;
  }
  // gcd(z, n) = 1 iff neither prime divides z, and so z/R mod p. The remainders are wiped: a requester chose z, they
  // depend on p and q. Montgomery's reduction takes a number below p·R, and z < p·q is.
  Number const remainder = make_number();
  for (BN_MONT_CTX* const prime : {sk.p.get(), sk.q.get()}) {
    check(BN_from_montgomery(remainder.get(), z, prime, frame.ctx()));
    if (BN_is_zero(remainder.get()) == 1) return Refusal::kOutOfRange;
  }

  Bytes out(pk.bytes);
  {
    PrivateKey::Impl::Lease const lease(sk);
    std::size_t size = out.size();
    if (lease.get() == nullptr ||
        EVP_PKEY_sign(lease.get(), out.data(), &size, blinded_msg.data(), blinded_msg.size()) != 1 ||
        size != out.size()) {
      sodium_memzero(out.data(), out.size());
      return Refusal::kInternal;
    }
  }
  BIGNUM* const s = number_below(pk, frame, out);
  BIGNUM* const again = frame.number();
  if (s != nullptr) pk.public_operation(again, s, frame.ctx());
  if (s == nullptr || BN_ucmp(again, z) != 0) {
    sodium_memzero(out.data(), out.size());
    return Refusal::kInternal;
  }
  return out;
}

Result<Bytes> finalize(PublicKey const& key, Variant variant, ByteView prepared_msg, ByteView blind_sig,
                       Secret const& inv) {
  PublicKey::Impl const& pk = key.impl();
  Frame const frame;
  BIGNUM const* const s_blind = number_below(pk, frame, blind_sig);
  if (s_blind == nullptr || inv.size() != pk.bytes) return Refusal::kFinalizeFailed;
  Number const r_inverse = secret_number_of(inv.view());
  if (BN_ucmp(r_inverse.get(), pk.n.get()) >= 0) return Refusal::kFinalizeFailed;
  BIGNUM* const s = frame.number();
  pk.to_montgomery(r_inverse.get(), r_inverse.get(), frame.ctx());
  pk.multiply(s, r_inverse.get(), s_blind, frame.ctx());
  if (!verify_number(pk, frame, variant, prepared_msg, s)) return Refusal::kFinalizeFailed;
  return bytes_of(s, pk.bytes);
}

bool verify(PublicKey const& key, Variant variant, ByteView prepared_msg, ByteView sig) {
  PublicKey::Impl const& pk = key.impl();
  Frame const frame;
  BIGNUM const* const s = number_below(pk, frame, sig);
  return s != nullptr && verify_number(pk, frame, variant, prepared_msg, s);
}

bool raw_public_matches(PublicKey const& key, ByteView blinded_msg, ByteView blind_sig) {
  PublicKey::Impl const& pk = key.impl();
  Frame const frame;
  BIGNUM const* const z = number_below(pk, frame, blinded_msg);
  BIGNUM const* const s = number_below(pk, frame, blind_sig);
  if (z == nullptr || s == nullptr) return false;
  BIGNUM* const again = frame.number();
  pk.public_operation(again, s, frame.ctx());
  return BN_ucmp(again, z) == 0;
}

Result<Bytes> emsa_pss_encode(Variant variant, ByteView prepared_msg, ByteView salt, std::uint32_t modulus_bits) {
  if (!is_supported_size(modulus_bits) || salt.size() != salt_bytes(variant)) return Refusal::kKeyParam;
  Bytes em(modulus_bits / 8);
  pss_encode(em, prepared_msg, salt);
  return em;
}

}  // namespace piaojue::crypto::blind_rsa

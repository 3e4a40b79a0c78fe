// SPDX-License-Identifier: Apache-2.0
#include "crypto/types.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace piaojue::crypto {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct FreeDigestContext {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};

}  // namespace

Hash sha256(std::initializer_list<ByteView> parts) {
  // OpenSSL's implementation uses the processor's SHA instructions; fetching the digest anew each time would cost more
  // than hashing a tree node.
  static std::unique_ptr<EVP_MD, FreeDigest> const digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  thread_local std::unique_ptr<EVP_MD_CTX, FreeDigestContext> const ctx{EVP_MD_CTX_new()};
  Hash out;
  bool ok = digest && ctx && EVP_DigestInit_ex2(ctx.get(), digest.get(), nullptr) == 1;
  for (ByteView const part : parts) ok = ok && EVP_DigestUpdate(ctx.get(), part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(ctx.get(), out.data.data(), nullptr) == 1;
  if (!ok) std::abort();  // out of memory or no SHA-256 in the library: no later answer could be trusted
  return out;
}

}  // namespace piaojue::crypto

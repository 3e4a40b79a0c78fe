// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Seals the rows of the attempt in progress, each to its key in the store (specification §14).
#include "crypto/seal.h"
#include "server/own_halves.h"

namespace piaojue::server {

class AttemptSeal {
 public:
  AttemptSeal(meeting::Record const& record, OwnHalves const& halves) : record_(record), halves_(halves) {}

  /// Rows can be read and written. Not while the half is away, nor when it is lost.
  bool is_here() const { return halves_.key(of()).has_value(); }
  /// While it is here.
  Bytes seal(Bytes const& row, ByteView plain) const { return crypto::seal(**halves_.key(of()), plain, row); }
  /// @return kMalformed.
  Result<Bytes> open(Bytes const& row, ByteView sealed) const {
    auto const plain = crypto::unseal(**halves_.key(of()), sealed, row);
    if (!plain) return plain.error();
    return to_bytes(plain->view());
  }

 private:
  meeting::HalfOf of() const { return {record_.attempt()->open.batch, record_.attempt()->open.attempt}; }

  meeting::Record const& record_;
  OwnHalves const& halves_;
};

}  // namespace piaojue::server

// SPDX-License-Identifier: Apache-2.0
#include "server/log_writer.h"

namespace piaojue::server {

Result<std::uint64_t> LogWriter::append(meeting::Entry const& entry, ByteView bytes, Payload payload) {
  if (auto taken = record_.apply(entry, bytes); !taken) return taken.error();
  auto const index = feed_.add(entry, bytes);
  listener_.took_in(entry, index, std::move(payload));
  return index;
}

Result<std::uint64_t> LogWriter::append_own(meeting::Body body) {
  return append_own(meeting::made(std::move(body), meeting::kServer, server_key_));
}

Result<std::uint64_t> LogWriter::append_own(meeting::Made const& made, Payload payload) {
  if (made.bytes.size() > meeting::kEntryBytesMax) return Refusal::kTooLarge;
  return append(made.entry, made.bytes, std::move(payload));
}

}  // namespace piaojue::server

// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The next group: what is written, and what may leave once that is durable. The parts of Core put in; Core takes out.
/// A part is given a `Shelf` for each table that is its own and can write no other.
#include <array>
#include <functional>
#include <memory>
#include <unordered_map>
#include <variant>

#include "store/store.h"

namespace piaojue::server {

using crypto::Hash;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::TrusteeId;
using store::Contents;
using store::key_of;
using store::key_of_person;
using store::Rows;
using store::Store;
using store::Table;
using store::Write;
using store::Writes;

using SessionId = std::uint64_t;

/// Why a session is to be closed; what was output for it before is sent first.
enum class Close : std::uint8_t {
  kReplaced,   ///< the same person connected again, or has a new key
  kRefused,    ///< may not be here: unknown certificate, too many tries, no certificate but another request
  kMalformed,  ///< sent what is no ClientFrame
  kTooLarge,   ///< sent a frame beyond its limit
  kTooMany,    ///< Limits::sessions_max
};

using Frame = std::shared_ptr<Bytes const>;  ///< an encoded ServerFrame, shared between sessions
Frame share(Bytes bytes);

/// Of a session with a certificate, until Core has said more: nothing else than Hello is needed before that.
inline constexpr std::uint32_t kFrameBytesAtFirst = 64U << 10;
/// How large the session's frames may be from here on (specification §9.4).
struct FrameLimit {
  std::uint32_t bytes_max = 0;
};

struct Output {
  SessionId session = 0;
  std::variant<Frame, Close, FrameLimit> what;
};

struct CommitGroup {
  Writes writes;
  std::vector<Output> outputs;
};

/// In the order in which they leave. The log comes before what may speak of its newest entry.
/// Last what may take long: no vote stands behind it.
enum class Lane : std::uint8_t { kReply, kLog, kCosignature, kPush, kStatus, kAttachment };

class Outbox {
 public:
  void add(Lane lane, SessionId session, Frame frame);
  void reply(SessionId session, Bytes bytes) { add(Lane::kReply, session, share(std::move(bytes))); }
  void refuse(SessionId session, std::uint64_t request, Refusal code);
  /// Before everything else of the group.
  void limit(SessionId session, std::uint32_t frame_bytes_max);
  /// After everything else of the group.
  void close(SessionId session, Close reason);

  bool empty() const;
  /// In frames that wait here for that session.
  std::size_t bytes_for(SessionId session) const;
  CommitGroup take();
  /// During a recovery: whatever the replay would write is in the store already, and nobody is connected.
  void mute(bool muted) { muted_ = muted; }

 private:
  template <Table>
  friend class Shelf;
  static constexpr std::size_t kLanes = 6;

  Writes writes_;
  std::array<std::vector<Output>, kLanes> lanes_;
  std::vector<Output> limits_, closes_;
  std::unordered_map<SessionId, std::size_t> bytes_;
  bool muted_ = false;
};

/// One table of the store, for the part that it belongs to.
template <Table kTable>
class Shelf {
 public:
  explicit Shelf(Outbox& outbox) : outbox_(&outbox) {}

  void put(Bytes key, Bytes value) const {
    if (!outbox_->muted_) outbox_->writes_.put(kTable, std::move(key), std::move(value));
  }
  /// A row that must not be there yet.
  void add(Bytes key, Bytes value) const {
    if (!outbox_->muted_) outbox_->writes_.add(kTable, std::move(key), std::move(value));
  }
  void erase(Bytes key) const {
    if (!outbox_->muted_) outbox_->writes_.erase(kTable, std::move(key));
  }
  void erase_prefix(Bytes prefix) const {
    if (!outbox_->muted_) outbox_->writes_.erase_prefix(kTable, std::move(prefix));
  }
  /// What is erased or replaced must not survive in a journal either.
  void leave_no_trace() const {
    if (!outbox_->muted_) outbox_->writes_.truncate_journal = true;
  }

 private:
  Outbox* outbox_;
};

/// u32be inside a key of the store; 0 if the key ends before it.
std::uint32_t number_at(ByteView key, std::size_t at);

}  // namespace piaojue::server

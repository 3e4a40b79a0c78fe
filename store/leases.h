// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who serves a meeting. A node is one process; its row says until when it is alive, on the database's clock alone. A
/// lease is one meeting's row naming that process, with an epoch that each taking raises. Nothing rests on the clocks
/// of nodes: a process that was paused finds at its next commit whose the meeting is (postgres_store.h), and until it
/// has renewed again it does not even speak (`alive`).
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "store/postgres_pool.h"
#include "store/store.h"

namespace piaojue::store {

using MeetingNumber = std::uint32_t;  ///< 1 … meeting::kMeetingNumberMax

inline constexpr std::chrono::milliseconds kRenewEvery{2'000};
inline constexpr std::chrono::milliseconds kAliveFor{8'000};
/// How late the word of a living node may come, for what its machine and its database do meanwhile.
inline constexpr std::chrono::milliseconds kRenewalLateMax{1'500};

struct Lease {
  MeetingNumber meeting = 0;
  std::uint64_t epoch = 0;
};
/// Another process that is alive serves it.
struct Elsewhere {
  std::string node;     ///< its name
  std::string address;  ///< where laptops reach it, "192.0.2.7:7443"
  /// By the database's clock, until its time runs out.
  std::chrono::milliseconds alive_for{0};

  /// It has missed a renewal: nobody should be sent there before it has spoken again, or its time has run out.
  bool silent() const { return alive_for < kAliveFor - kRenewEvery - kRenewalLateMax; }
};
struct NoMeeting {};
using Taken = std::variant<Lease, Elsewhere, NoMeeting>;

class Node {
 public:
  /// Enters this process under `name`. Waits, kAliveFor and a little at most, for a process of that name that was alive
  /// until just now. Refused (kConflict): one of that name goes on living, and is named with its address. kStorage.
  [[nodiscard]] static Explained<std::unique_ptr<Node>> join(std::shared_ptr<PostgresPool> pool, std::string name,
                                                             std::string address);
  ~Node();

  /// Every kRenewEvery, from one thread. One that comes too late begins another life. @return kConflict: another
  /// process has entered under this name, or the row is gone: this one serves nothing any more and is to end. kStorage:
  /// try again. While the database may lose what it confirms (`unsafe`) nothing is renewed, and this is not alive.
  [[nodiscard]] Explained<void> renew();
  /// Less than kAliveFor, with a margin, has gone by since the last renewal that succeeded was sent, by a clock that
  /// also runs while the machine sleeps. While it is false nothing may be answered or pushed to anybody. Any thread.
  bool alive() const { return life() != 0; }
  /// Which life this is, from 1; 0: not alive. Another one begins when a renewal came too late: others may have served
  /// meanwhile, and what was loaded in an earlier life may not be spoken of any more. Any thread.
  std::uint64_t life() const;
  /// Why the database was found to be unsafe at the last renewal; nothing: it was not. Any thread.
  std::optional<Sentence> unsafe() const;

  /// The lease of a meeting, if it is free, this process's already, or its holder's time has run out. kBusy: somebody
  /// has had its row locked for kLockedFor, as a commit has or a psql that was left open; to be asked again.
  [[nodiscard]] Explained<Taken> take(MeetingNumber meeting);
  /// Once nothing is committed under it any more. Of one that is another's by now it does nothing. Tried once: where it
  /// is refused the lease is still this process's, and to be given back again. kBusy as `take`.
  [[nodiscard]] Explained<void> give_back(Lease const& lease);
  /// Gives everything back and takes this process's row away.
  [[nodiscard]] Explained<void> leave();

  struct Identity {
    std::string name;
    std::array<std::uint8_t, 16> process{};  ///< random: two processes of one name are two
  };
  Identity const& identity() const;
  std::shared_ptr<PostgresPool> const& pool() const;

  struct Impl;
  explicit Node(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::store

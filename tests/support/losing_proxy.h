// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A network that fails where it hurts: between a program and its database, at a COMMIT. It passes bytes on,
/// unencrypted, and looks for that word in them, and for the name of the statement that is it.
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace piaojue::test {

class LosingProxy {
 public:
  enum class Loss : unsigned char {
    kNone,
    kAnswer,   ///< the COMMIT arrives and is done, its answer is lost with the connection
    kCommit,   ///< the connection is lost before the COMMIT arrives, and what was sent with it
    kStall,    ///< the COMMIT, and what was sent with it, arrives nowhere, and nothing more in either direction; the
               ///< connection stays
    kMiddle,   ///< as kStall, right behind the packet with the fence, which locks the meeting's row
    kSilence,  ///< the COMMIT is done, and nothing more comes back; the connection stays
  };

  explicit LosingProxy(unsigned upstream_port);
  ~LosingProxy();
  LosingProxy(LosingProxy const&) = delete;
  LosingProxy& operator=(LosingProxy const&) = delete;

  unsigned port() const { return port_; }
  /// At the next `times` COMMITs. @param then  called once each has happened, before the connection is cut
  void lose(Loss loss, int times = 1, std::function<void()> then = {});
  /// The most bytes that came between two Syncs.
  std::size_t largest_piece() const { return largest_piece_; }
  /// Under which the statement with the fence was prepared, in all sessions.
  std::set<std::string> fence_names();
  /// How often it has.
  int lost() const { return lost_; }
  /// From now on nothing passes in either direction; what is connected stays so.
  void silence() { silent_ = true; }
  /// Cuts all connections, and each new one at once, until `reach(true)`.
  void reach(bool reachable);

 private:
  struct Pair;
  void run();
  /// @return false: the pair is to be closed.
  bool pass(Pair& pair, bool from_client);
  bool pass_to_server(Pair& pair, std::string_view bytes);
  void happened();

  unsigned port_ = 0;
  unsigned upstream_port_;
  int listener_ = -1;
  std::mutex mutex_;
  Loss loss_ = Loss::kNone;
  int times_ = 0;
  std::function<void()> then_;
  std::set<std::string> fence_names_;
  std::atomic<int> lost_{0};
  std::atomic<std::size_t> largest_piece_{0};
  std::atomic<bool> reachable_{true};
  std::atomic<bool> silent_{false};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace piaojue::test

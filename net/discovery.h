// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Servers in the room, found by themselves: DNS-SD over multicast, "_piaojue._tcp", where the system has Avahi. Its
/// own commands do the work, as children; without them, as on Windows, nothing is announced and nothing is found, and
/// addresses are typed.
///
/// Anybody in the network can announce anything. What is found is a proposal of an address, in the words of whoever
/// announced it: server and laptop prove to each other by the slip's code who they are (specification §9.1).
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace piaojue::net {

inline constexpr std::size_t kFoundMax = 16;
inline constexpr std::size_t kFoundTitleMax = 63;  ///< bytes, as DNS has it
inline constexpr std::size_t kFoundTextMax = 64U << 10;

struct FoundServer {
  std::string title;  ///< UTF-8 of characters that show and turn no text around; whoever announced it says so
  std::string host;   ///< an address in numbers; an IPv6 one without brackets, none that is good on one link alone
  std::uint16_t port = 0;
  bool operator==(FoundServer const&) const = default;
};

/// What `avahi-browse -rp` prints: lines that are no resolved service of this kind, or say what can not be, are passed
/// over; the same address comes once; at most kFoundMax, of the first kFoundTextMax bytes.
std::vector<FoundServer> read_found(std::string_view printed);

/// Blocks until the list is complete, at most five seconds.
std::vector<FoundServer> find_servers();

/// Announces for as long as it lives, and no longer than this program.
class Announcement {
 public:
  /// @param title cut to kFoundTitleMax bytes. @return null: there is nothing to announce with.
  static std::unique_ptr<Announcement> start(std::string_view title, std::uint16_t port);
  ~Announcement();
  Announcement(Announcement const&) = delete;
  Announcement& operator=(Announcement const&) = delete;

 private:
  struct Impl;
  explicit Announcement(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::net

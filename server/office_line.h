// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside server/ only: one connection of an office to its service, asked and waited for.
#include "net/channel.h"
#include "server/office_client.h"

namespace piaojue::server {

class OfficeLine {
 public:
  /// Refused, kBusy: nobody there, or the line broke; another try may go better. kBadSignature: who is there does not
  /// take this office, or is another service.
  [[nodiscard]] static Explained<std::unique_ptr<OfficeLine>> open(meeting::SlipAddress const& address,
                                                                   net::TlsContext const& tls, Milliseconds patience);
  ~OfficeLine();

  /// Refused, kBusy or kBadSignature: the line broke. What the service refused is an answer.
  [[nodiscard]] Explained<office_wire::Answer> ask(office_wire::What const& what, Milliseconds patience);
  net::Channel const& channel() const;

  struct Impl;
  explicit OfficeLine(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::server

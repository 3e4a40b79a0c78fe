// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One TLS connection that carries frames: one strand, every wait with a deadline, every queue with a bound
/// (specification §9). Asio and OpenSSL stay behind the implementation.
///
/// Life: `Listener` or `connect` hands out a Channel whose handshake is complete → `start` → any number of `on_frame` →
/// exactly one `on_close`, the last thing that happens. Dropping a Channel that was never started closes its socket; a
/// started one keeps itself alive until `on_close` has returned, then lets both handlers go.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.h"
#include "net/loop.h"
#include "net/tls.h"

namespace piaojue::net {

enum class CloseReason : std::uint8_t {
  kLocal,             ///< `close()` or `finish()` of this side
  kPeer,              ///< the peer ended the stream in order, between two frames
  kTruncated,         ///< the stream ended inside a frame, or without TLS's close_notify
  kNetwork,           ///< reset, unreachable, …
  kTls,               ///< handshake or record refused: wrong pin, foreign or expired certificate, garbage, TLS 1.2
  kConnectFailed,     ///< no such host, connection refused
  kConnectTimeout,    ///< ChannelLimits::connect_deadline
  kHandshakeTimeout,  ///< ChannelLimits::handshake_deadline
  kFrameTimeout,      ///< ChannelLimits::frame_deadline: a frame began and did not end (slow loris)
  kStrangerTimeout,   ///< ChannelLimits::stranger_deadline: no certificate, and the time is up
  kIdleTimeout,       ///< ChannelLimits::idle_deadline
  kWriteTimeout,      ///< ChannelLimits::write_deadline: the peer does not read
  kFrameTooLarge,     ///< a header announced more than the limit of this connection
  kFrameMalformed,    ///< an empty frame
  kSendOverflow,      ///< the outbound queue reached its bound: the peer does not read fast enough
  kRateLimit,         ///< more frames than ChannelLimits::inbound_frames_per_s allows
  kTooMany,           ///< a bound of ListenOptions
  kReplaced,          ///< for the session layer: the same person connected again
  kRefused,           ///< for the session layer: the peer may not be here
  kShutdown,          ///< this program is ending
  kProxyHeader,       ///< a proxy of ListenOptions::proxies did not begin with a header, or with none for TCP
  kInternal,          ///< a handler threw
};
/// Such as "FRAME_TIMEOUT".
std::string_view name(CloseReason reason);

struct Closed {
  CloseReason reason = CloseReason::kLocal;
  std::string detail;  ///< for the log, in English; holds nothing that the peer chose
};

/// Bounds of one connection. The defaults are those of the server.
struct ChannelLimits {
  std::uint32_t frame_bytes_max = kFrameBytesMax;
  /// On the server's side while the peer has shown no certificate.
  std::uint32_t frame_bytes_max_unauthenticated = kFrameBytesMaxUnauthenticated;
  Milliseconds connect_deadline{10'000};    ///< client: resolving, TCP and TLS together
  Milliseconds handshake_deadline{10'000};  ///< server: TLS, from accept on
  /// Server, while the peer has shown no certificate: its whole life, from the end of the handshake on.
  Milliseconds stranger_deadline{10'000};
  Milliseconds frame_deadline{15'000};  ///< from a frame's first byte to its last
  Milliseconds idle_deadline{45'000};   ///< between frames; heartbeats are the upper layer's matter
  Milliseconds write_deadline{15'000};  ///< for each 64 KiB (or less) of a frame to be taken by the network
  Milliseconds finish_deadline{3'000};  ///< for `finish` as a whole
  std::size_t send_queue_frames_max = 1'024;
  std::size_t send_queue_bytes_max = 64U << 20;
  /// Token bucket; 0 is no limit. A peer beyond it is closed.
  std::uint32_t inbound_frames_per_s = 0;
  std::uint32_t inbound_frames_burst = 64;
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  /// Both run on the channel's strand: never at the same time, so a session needs no lock. A handler that throws closes
  /// the channel (kInternal).
  using OnFrame = std::function<void(Bytes payload)>;
  using OnClose = std::function<void(Closed const&)>;

  ~Channel();
  Channel(Channel const&) = delete;
  Channel& operator=(Channel const&) = delete;

  /// Begins to read and write. Once; from any thread. What was sent before is kept.
  void start(OnFrame on_frame, OnClose on_close);

  /// Queues one payload (the header is added here). From any thread; payloads leave in the order of the calls of one
  /// thread. The shared form lets one encoded push go to a hundred connections without a copy.
  /// @return false: already closing, empty, over frame_bytes_max, or the queue is at its bound, in which last case the
  ///         channel is closed with kSendOverflow. Nothing is queued then.
  bool send(Bytes payload);
  bool send(std::shared_ptr<Bytes const> payload);

  /// Ends the connection now, without close_notify (the peer sees kTruncated); what is queued is dropped before this
  /// returns, but for the frame that is on its way. From any thread, any number of times: the first reason counts.
  void close(CloseReason reason = CloseReason::kLocal, std::string detail = {});
  /// Takes nothing new in either direction, sends what is queued, says close_notify, closes. For "refuse, and say why".
  void finish(CloseReason reason = CloseReason::kLocal, std::string detail = {});

  /// Stops handing out frames (at most one more after this returns, if it is called off the strand) and lets TCP hold
  /// the peer back; neither the idle nor the frame deadline runs meanwhile. For a session that has enough work.
  void pause();
  void resume();

  /// What was queued and has not been taken by the network yet. Of one that was closed only `alone`, of the frame that
  /// was on its way, says what is held until it has ended. From any thread.
  struct Waiting {
    std::size_t frames = 0;
    std::size_t bytes = 0;
    std::size_t alone = 0;  ///< of them, in frames that nobody else holds; with the one that is being written
  };
  Waiting waiting() const;
  /// Runs the task on the strand once no more than so much waits, now if that is so already; never, if the channel ends
  /// before. One at a time: a second call replaces the first. From any thread.
  void when_drained(std::size_t frames, std::size_t bytes, Task task);

  /// For the frames that follow, such as after an enrolment. From any thread.
  void set_frame_bytes_max(std::uint32_t frame_bytes_max);

  /// SHA-256 of the SPKI of the peer's verified certificate: on the server's side the client's TLS key, or nothing if
  /// it presented none; on the client's side always the pin.
  std::optional<Hash> peer_spki_sha256() const;
  /// The server's SubjectPublicKeyInfo, DER: at both ends the same.
  Bytes const& server_spki() const;
  /// What the client asked for (TlsContext::asking_for), at both ends the same; empty: nothing. Of a listener over
  /// TlsContext::servers it is the name that was found; elsewhere the peer's word, and nothing rests on it.
  std::string const& server_name() const;
  /// 32 bytes of RFC 8446 §7.5 (label "EXPORTER-piaojue-enrol", empty context): the same at both ends of this
  /// connection, and at no other one, also not of whoever sits between two.
  crypto::Exporter const& exporter() const;
  /// "192.0.2.7:50312", "[2001:db8::7]:50312"; behind a proxy the client's, as the proxy says. For the log only; never
  /// an authority.
  std::string const& remote() const;
  /// On the server's side: what counts as one address (specification §9.4), without a port; of IPv6 its /64.
  std::string const& address() const;
  /// Runs a task in order with the handlers.
  void post(Task task);
  Strand const& strand() const;

  struct Impl;
  explicit Channel(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

struct ListenOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 0;             ///< 0: any free one, see Listener::port
  std::size_t connections_max = 512;  ///< beyond it a connection is closed as soon as it is accepted
  /// Unfinished handshakes and connections without a certificate (specification §9.4). Beyond it the address with most
  /// of them loses its oldest.
  std::size_t strangers_max = 64;
  /// Of these, from one address (IPv6: one /64). Beyond it a connection is closed as soon as it is accepted.
  std::size_t strangers_per_address_max = 8;
  /// Literal addresses of peers from whom every connection begins with a PROXY protocol v2 header (net/proxy_header.h);
  /// what it says is the client's address from then on, for all bounds and for the log. Nobody else's header is
  /// believed: in front of TLS it is garbage. Of connections that have not said theirs there are at most
  /// `strangers_max`, beyond that the oldest is closed; the handshake's deadline runs from accept on.
  std::vector<std::string> proxies = {};
};

/// Accepts connections and completes their handshakes.
class Listener {
 public:
  /// Runs on the new channel's strand; `start` it there, or keep it and start it later. Dropped, it closes.
  using OnChannel = std::function<void(std::shared_ptr<Channel>)>;
  /// A connection that did not become a channel (kTls, kHandshakeTimeout, kTooMany, …): for counters and the log.
  using OnRefused = std::function<void(std::string const& remote, Closed const&)>;

  /// @return kMalformed: the address, or one of the proxies, is not a literal IP address. kConflict: the address is in
  /// use or not ours.
  [[nodiscard]] static Result<std::shared_ptr<Listener>> listen(boost::asio::io_context& io, ListenOptions options,
                                                                TlsContext tls, ChannelLimits limits,
                                                                OnChannel on_channel, OnRefused on_refused = {});
  ~Listener();  ///< stops
  std::uint16_t port() const;
  /// No new connections and no handshakes any more; established channels live on. From any thread.
  void stop();
  std::size_t connections() const;  ///< open ones, handshakes included

  struct Impl;
  explicit Listener(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

/// Resolves, connects and completes the handshake. `on_done` runs exactly once, on the strand of the channel: with the
/// channel, or with nothing and the reason. TLS 1.3 lets a client finish before the server has judged its certificate:
/// a refused client certificate shows as kTls at the first read, after `start`.
void connect(boost::asio::io_context& io, std::string host, std::uint16_t port, TlsContext const& tls,
             ChannelLimits limits, std::function<void(std::shared_ptr<Channel>, Closed)> on_done);

}  // namespace piaojue::net

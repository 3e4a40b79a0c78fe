// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From a slip to a running session, for the command line and for the page alike: enrolment, unlocking, the session.
/// Blocking: a page's host calls these on a worker thread.
#include "base/explained.h"
#include "client/material_folder.h"
#include "client/session/enrolment.h"
#include "client/session/session.h"
#include "net/tls.h"

namespace piaojue::client {

/// A refusal in words. @param place where; empty: its name.
Explanation explain(Refusal code, std::string place = {});
/// What a person gives for a slip: its line, typed text, or a file with it.
struct SlipText {
  std::optional<meeting::SlipAddress> address;  ///< nothing: typed without one
  meeting::SlipCode code;
  /// As it fills in a form: its line, or the typed text.
  std::string text() const;
};
/// @return as meeting::parse_slip, find_slip and parse_slip_code; kProof: typed wrong.
[[nodiscard]] Result<SlipText> read_slip_text(std::string_view text);
/// Of `read_slip_text`, in words.
Explanation explain_slip(Refusal code);

/// How far this folder is with this slip.
enum class Enrolment : std::uint8_t {
  kNew,    ///< no keys yet: the passphrase is a new one
  kBegun,  ///< keys are made, the server has not answered yet
  kDone,
};
/// Explains, with kConflict: the folder is another person's, or was enrolled with another slip.
[[nodiscard]] Explained<Enrolment> enrolment_of(Wallet& wallet, meeting::SlipCode const& code);
/// Another slip may be begun with: everything but the preferences goes. Explains, with kConflict: the log has begun, so
/// that others know these keys and this person may have signed.
[[nodiscard]] Explained<void> forget(Wallet& wallet);

/// What a passphrase opens.
struct Unlocked {
  Profile profile;
  Keys keys;
};

/// Nothing: another passphrase sealed the keys.
using IfUnlocked = std::optional<Unlocked>;

/// Makes keys if there are none, and enrols; can be repeated until it succeeds. Explains as `enrolment_of` and
/// `enrol_online`.
[[nodiscard]] Explained<IfUnlocked> enrol(Wallet& wallet, meeting::Slip const& slip, std::string_view passphrase,
                                          std::chrono::milliseconds patience);

/// @param profile of a finished enrolment.
[[nodiscard]] Explained<IfUnlocked> unlock(Wallet& wallet, Profile profile, std::string_view passphrase);

struct StartOptions {
  Lang lang = Lang::kZh;
  std::string host;  ///< instead of the profile's; empty: the profile's
  std::uint16_t port = 0;
  MaterialFolder* materials = nullptr;  ///< nothing: no files are shown
};
/// A session over its wallet, and how it reaches its server.
struct Started {
  std::unique_ptr<Session> session;
  net::TlsContext tls;
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] Explained<Started> start(Unlocked unlocked, Wallet& wallet, StartOptions const& options);

/// Beside the file, then renamed: an auditor never finds half a record. @return kStorage.
[[nodiscard]] Result<void> write_file(std::string const& path, ByteView bytes);

}  // namespace piaojue::client

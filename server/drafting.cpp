// SPDX-License-Identifier: Apache-2.0
#include "server/drafting.h"

#include "crypto/seal.h"
#include "server/enrolments.h"
#include "server/meeting_rules.h"
#include "server/settings.h"
#include "server/suggestions.h"
#include "sheets/committee.h"
#include "strings/refusals.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;
namespace {

constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kValidDays = 400;  ///< of the server's certificate: longer than a meeting is prepared

/// `what` with {code} and {sentence}.
Explanation refused(Text const& what, Refusal code) {
  return Sentence(what, {{"code", piaojue::name(code)}, {"sentence", strings::sentence_of(code)}});
}

Explained<void> check_size(WrittenFile const& file, std::size_t bytes_max) {
  if (file.bytes.size() <= bytes_max) return {};
  return unusable(Sentence(text::kFileTooLarge, {{"path", file.name}, {"bytes", std::uint64_t{bytes_max}}}));
}

Explained<void> check_sizes(WrittenMeeting const& written) {
  if (auto ok = check_size(written.members, sheets::kSheetBytesMax); !ok) return ok;
  if (auto ok = check_size(written.candidates, sheets::kSheetBytesMax); !ok) return ok;
  if (auto ok = check_size(written.meeting, kMeetingTomlBytesMax); !ok) return ok;
  return written.recusals ? check_size(*written.recusals, sheets::kSheetBytesMax) : Explained<void>();
}

/// All that is wrong with sheets, a line each; how many more, once there are so many that nobody reads them: each is
/// said inside of the next.
class Faults {
 public:
  template <class T>
  void add(std::string const& file, sheets::Imported<T> const& imported) {
    if (imported) return;
    for (auto const& error : imported.error()) {
      if (++count_ > kSaidMax) continue;
      Sentence one(text::kInitSheetFault, {{"file", file}, {"fault", error.sentence()}});
      said_ =
          said_ ? Sentence(text::kInitSheetFaultNext, {{"before", std::move(*said_)}, {"fault", std::move(one)}}) : one;
    }
  }
  std::optional<Sentence> said() && {
    if (count_ <= kSaidMax) return std::move(said_);
    return Sentence(text::kInitSheetFaultsMore, {{"before", std::move(*said_)}, {"count", count_ - kSaidMax}});
  }

 private:
  static constexpr std::uint64_t kSaidMax = 50;
  std::uint64_t count_ = 0;
  std::optional<Sentence> said_;
};

/// Nobody votes on herself: an expert who applies is suggested a recusal, or the meeting is not drafted.
Explained<void> check_own_votes(ReadMeeting const& read, std::vector<sheets::ProposedRecusal> const& proposed,
                                std::string const& candidates) {
  for (auto const& one : proposed) {
    if (one.cause != sheets::RecusalCause::kSamePerson) continue;
    auto const is_it = [&](Suggestion const& s) { return s.person == one.person && s.question == one.candidate; };
    if (std::ranges::any_of(read.suggestions, is_it)) continue;
    return unusable(Sentence(text::kInitExpertApplies, {{"expert", read.manifest.people[one.person - 1].name},
                                                        {"person", one.person},
                                                        {"question", one.candidate}}),
                    candidates);
  }
  return {};
}

Explained<void> make_credentials(DraftedMeeting& meeting, std::string const& host, std::uint64_t now_s) {
  net::Validity const validity{now_s - kDay, now_s + kValidDays * kDay};
  auto authority = net::make_authority("piaojue meeting", validity);
  if (!authority) return refused(text::kInitAuthorityFailed, authority.error());
  auto tls = net::make_server_certificate(*authority, host, validity);
  if (!tls) return refused(text::kInitCertificateFailed, tls.error());
  auto const spki = net::spki_sha256(tls->certificate_pem);
  if (!spki) return refused(text::kInitCertificateUnreadable, spki.error());
  meeting.keys.authority = std::move(*authority);
  meeting.keys.tls = std::move(*tls);
  meeting.tls_spki = *spki;
  return {};
}

}  // namespace

Explained<ReadMeeting> read_written(WrittenMeeting const& written) {
  if (auto const fits = check_sizes(written); !fits) return fits.error();
  auto const members = sheets::import_members(written.members.bytes);
  auto const candidates = sheets::import_candidates(written.candidates.bytes);
  Faults faults;
  faults.add(written.members.name, members);
  faults.add(written.candidates.name, candidates);
  if (auto said = std::move(faults).said()) return unusable(std::move(*said));
  auto manifest = parse_meeting(as_text(written.meeting.bytes), *members, *candidates);
  if (!manifest) return unusable(manifest.error().what, written.meeting.name);
  if (auto const allowed = check_meeting(*manifest); !allowed) {
    return unusable(allowed.error().what, written.meeting.name);
  }
  ReadMeeting read{std::move(*manifest), {}};
  if (written.recusals) {
    auto suggestions = read_suggested(written.recusals->bytes, read.manifest);
    if (!suggestions) return unusable(suggestions.error().what, written.recusals->name);
    read.suggestions = std::move(*suggestions);
  }
  auto const proposed = sheets::propose_recusals(*members, *candidates);
  if (auto const apart = check_own_votes(read, proposed, written.candidates.name); !apart) return apart.error();
  return read;
}

meeting::Slip make_slip(Writes& writes, Secret const& seal_key, meeting::MeetingId const& meeting_id,
                        MeetingPlace const& place, PersonId person) {
  meeting::Slip slip{place.address, {place.number, person, {}}};
  randombytes_buf(slip.code.bits.data(), slip.code.bits.size());
  write_slip(writes, seal_key, person, meeting::enrol_key(slip.code.bits, meeting_id, person));
  return slip;
}

Explained<DraftedMeeting> draft_meeting(ReadMeeting read, MeetingPlace const& place, std::uint64_t now_s) {
  DraftedMeeting out{.manifest = std::move(read.manifest),
                     .suggestions = std::move(read.suggestions),
                     .keys = {.authority = {},
                              .tls = {},
                              .server = crypto::SigningKey::generate(),
                              .checkpoint = crypto::SigningKey::generate(),
                              .box = crypto::BoxKey::generate(),
                              .seal = Secret::random(crypto::kSealKeyBytes)},
                     .tls_spki = {},
                     .slips = {},
                     .writes = {}};
  if (auto const done = make_credentials(out, place.address.host, now_s); !done) return done.error();
  auto& manifest = out.manifest;
  randombytes_buf(manifest.meeting_id.data(), manifest.meeting_id.size());
  manifest.server_key = out.keys.server.public_key();
  manifest.checkpoint_key = out.keys.checkpoint.public_key();
  manifest.server_box_key = out.keys.box.public_key();
  auto writes = write_draft(manifest, out.suggestions);
  if (!writes) return unusable(refused(text::kInitMeetingInvalid, writes.error()).what);
  out.writes = std::move(*writes);
  for (PersonId person = 1; person <= manifest.people.size(); ++person) {
    out.slips.push_back(make_slip(out.writes, out.keys.seal, manifest.meeting_id, place, person));
  }
  return out;
}

Result<meeting::Manifest> with_enrolled_keys(Contents const& contents) {
  auto manifest = read_draft(contents);
  if (!manifest) return manifest.error();
  Outbox outbox;
  meeting::Record const not_open;
  Draft const draft(std::move(*manifest), not_open);
  Enrolments enrolments(draft, not_open, Shelf<Table::kEnrolment>(outbox));
  if (auto const loaded = enrolments.load(contents); !loaded) return loaded.error();
  return enrolments.with_keys();
}

Contents contents_of(Writes const& writes) {
  Contents out;
  for (auto const& write : writes.list) store::apply_write(out, write);
  return out;
}

}  // namespace piaojue::server

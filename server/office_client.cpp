// SPDX-License-Identifier: Apache-2.0
#include "server/office_client.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <map>
#include <numeric>
#include <thread>

#include "crypto/running_hash.h"
#include "server/drafting.h"
#include "server/materials.h"
#include "server/office_line.h"
#include "server/slips.h"
#include "sheets/sheet.h"
#include "strings/offices.h"
#include "strings/refusals.h"
#include "strings/server.h"

namespace piaojue::server {

namespace json = boost::json;
namespace ow = office_wire;
namespace text = strings::offices;
using store::kFilePieceBytes;
using store::MeetingNumber;
using store::RequestId;

namespace {

constexpr std::size_t kJsonBytesMax = 64U << 10;
constexpr Milliseconds kBackoffMin{200}, kBackoffMax{2'000};
constexpr unsigned kRecordTries = 5;

fs::path settings_of(fs::path const& folder) { return folder / "office.json"; }
fs::path requests_of(fs::path const& folder) { return folder / "requests"; }

/// What the service said, in its words.
Explanation said(ow::Refused const& refused, Lang lang) {
  auto const& words = lang == Lang::kZh ? refused.zh : refused.en;
  if (words.empty()) return {strings::sentence_of(refused.code), {}, refused.code};
  return {Sentence(text::kServiceSays, {{"words", words}}), {}, refused.code};
}
Explanation unreadable() { return {text::kAnswerUnreadable, {}, Refusal::kUnknownType}; }

/// What is wrong with the line, and to whom it leads.
Explanation at_address(std::string const& address, Explanation const& why) {
  if (why.code != Refusal::kBusy && why.code != Refusal::kBadSignature) return why;
  auto const& words = why.code == Refusal::kBadSignature ? text::kNoOffices : text::kNoService;
  return {Sentence(words, {{"address", address}, {"reason", why.what}}), {}, why.code};
}

/// The answer that was to come, or what was said instead.
template <class T>
Explained<T> as(Explained<ow::Answer> answer, Lang lang) {
  if (!answer) return answer.error();
  if (auto* wanted = std::get_if<T>(&*answer)) return std::move(*wanted);
  if (auto const* refused = std::get_if<ow::Refused>(&*answer)) return said(*refused, lang);
  return unreadable();
}

Explained<void> make_folder(fs::path const& path) {
  if (::mkdir(path.c_str(), 0700) != 0) return system_error(strings::server::kFileNotCreated, path);
  return {};
}

/// Beside the target first: a folder is complete or not there.
template <class F>
Explained<void> make_whole(fs::path const& target, F const& fill) {
  std::error_code ignored;
  if (fs::exists(target, ignored) && !(fs::is_directory(target, ignored) && fs::is_empty(target, ignored))) {
    return unusable(Sentence(text::kFolderThere, {{"path", target.string()}}));
  }
  auto const partial = fs::path(target.string() + ".partial-" + std::to_string(::getpid()));
  Explained<void> done = make_folder(partial);
  if (done) done = fill(partial);
  if (done) done = sync_directory(partial);
  if (done && ::rename(partial.c_str(), target.c_str()) != 0) {
    done = system_error(strings::server::kFileNotCreated, target);
  }
  if (!done) {
    fs::remove_all(partial, ignored);
    return done;
  }
  return sync_directory(target.has_parent_path() ? target.parent_path() : fs::path("."));
}

bool holds_exactly(fs::path const& folder, std::map<std::string, std::string> const& files) {
  std::error_code ignored;
  auto const there = std::distance(fs::directory_iterator(folder, ignored), fs::directory_iterator());
  if (files.empty() || static_cast<std::size_t>(there) != files.size()) return false;
  return std::ranges::all_of(files, [&](auto const& one) {
    auto const bytes = read_file(folder / one.first, one.second.size());
    return bytes && as_text(*bytes) == one.second;
  });
}

// ---- Enrolling

Explained<void> write_office(fs::path const& folder, OfficeFolder const& office) {
  json::object const settings{{"address", meeting::format_slip_address(office.address)},
                              {"pin", to_hex(office.pin.view())},
                              {"office", office.office},
                              {"name", office.name}};
  auto const write = [&](char const* name, ByteView bytes) { return write_file(folder / name, bytes); };
  if (auto done = write("office.json", as_bytes(json::serialize(settings) + "\n")); !done) return done;
  if (auto done = write("certificate.pem", as_bytes(office.credential.certificate_pem)); !done) return done;
  if (auto done = write("key.pem", office.credential.key_pem.view()); !done) return done;
  return make_folder(requests_of(folder));
}

/// One conversation over one line: what fails in it with kBusy may go better the next time.
Explained<OfficeFolder> enrol_once(meeting::Slip const& slip, Secret const& key, ByteView csr,
                                   OfficeReach const& reach) {
  auto const tls = net::TlsContext::enrolling();
  if (!tls) return Explanation(strings::sentence_of(tls.error()));
  auto const at = meeting::format_slip_address(slip.address);
  auto const line = OfficeLine::open(slip.address, tls->asking_for(reach.server_name), reach.patience);
  if (!line) return at_address(at, line.error());
  auto& on = **line;
  auto const asked = [&](ow::What const& what) {
    auto answer = on.ask(what, reach.patience);
    return answer ? std::move(answer) : Explained<ow::Answer>(at_address(at, answer.error()));
  };
  auto const proof = as<ow::Proof>(asked(ow::EnrolStart{slip.code.person}), reach.lang);
  if (!proof) return proof.error();
  auto const& channel = on.channel();
  auto const code_key = office_key(slip.code.bits, proof->service_id, slip.code.person);
  auto const spki = channel.server_spki();
  if (!crypto::same(proof->proof, office_server_proof(code_key, channel.exporter(), spki))) {
    return Explanation(text::kWrongCode, {}, Refusal::kProof);
  }
  ow::EnrolKey const bring{to_bytes(csr), office_client_proof(code_key, channel.exporter(), csr)};
  auto const enrolled = as<ow::Enrolled>(asked(bring), reach.lang);
  if (!enrolled) return enrolled.error();
  auto const issued = net::spki_sha256(enrolled->certificate);
  if (!issued || *issued != net::spki_sha256_of_csr(csr)) return unreadable();
  return OfficeFolder{
      slip.address, crypto::sha256({spki}), slip.code.person, enrolled->name, {key.clone(), enrolled->certificate}};
}

// ---- Drafts

/// A draft with where its parts are read from.
struct Sending {
  ow::OfficeDraft draft;
  struct From {
    Bytes bytes;    ///< of a sheet
    fs::path path;  ///< of a file
  };
  std::vector<From> from;
};

std::uint32_t add_part(Sending& to, Hash const& hash, std::uint64_t size, Sending::From from) {
  auto& parts = to.draft.parts;
  auto const same = std::ranges::find(parts, hash, &store::DraftPart::sha256);
  if (same != parts.end()) return same->number;  // one file of two candidates
  auto const number = static_cast<std::uint32_t>(parts.size());
  parts.push_back({number, hash, size});
  to.from.push_back(std::move(from));
  return number;
}

Explained<WrittenFile> read_sheet(fs::path const& path, std::size_t bytes_max) {
  auto bytes = read_file(path, bytes_max);
  if (!bytes) return unusable(bytes.error().what);
  return WrittenFile{path.string(), std::move(*bytes)};
}

/// Read here as the service will: what is wrong is said with the names that it has here, before anything is sent.
Explained<Sending> prepare(OfficeDraftInput const& input) {
  auto toml = read_sheet(input.meeting, kMeetingTomlBytesMax);
  if (!toml) return toml.error();
  auto members = read_sheet(input.members, sheets::kSheetBytesMax);
  if (!members) return members.error();
  auto candidates = read_sheet(input.candidates, sheets::kSheetBytesMax);
  if (!candidates) return candidates.error();
  WrittenMeeting written{std::move(*toml), std::move(*members), std::move(*candidates), {}};
  if (input.recusals) {
    auto recusals = read_sheet(*input.recusals, sheets::kSheetBytesMax);
    if (!recusals) return recusals.error();
    written.recusals = std::move(*recusals);
  }
  auto read = read_written(written);
  if (!read) return read.error();
  Sending out;
  auto const add = [&](WrittenFile& file) {
    auto const hash = crypto::sha256({file.bytes});
    auto const size = file.bytes.size();
    return add_part(out, hash, size, {std::move(file.bytes), {}});
  };
  out.draft.meeting = add(written.meeting);
  out.draft.members = add(written.members);
  out.draft.candidates = add(written.candidates);
  if (written.recusals) out.draft.recusals = add(*written.recusals);
  if (!input.materials) return out;
  auto const files = read_materials(*input.materials, read->manifest, input.on_files);
  if (!files) return files.error();
  for (auto const& file : *files) {
    auto const& is = file.attachment;
    out.draft.files.push_back({file.question, is.name, add_part(out, is.sha256, is.size, {{}, file.from})});
  }
  return out;
}

/// @return nothing: it has become shorter, or can not be read.
std::optional<Bytes> piece_of(Sending::From const& from, std::uint64_t offset, std::size_t length) {
  if (from.path.empty()) return to_bytes(ByteView(from.bytes).subspan(offset, length));
  Descriptor const file(::open(from.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd < 0) return std::nullopt;
  Bytes out(length);
  for (std::size_t have = 0; have < length;) {
    auto const got = ::pread(file.fd, out.data() + have, length - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace

Explained<OfficeFolder> enrol_office(fs::path const& folder, meeting::Slip const& slip, OfficeReach const& reach) {
  piaojue::init();
  std::error_code ignored;
  if (fs::exists(folder, ignored) && !(fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored))) {
    return unusable(Sentence(text::kFolderThere, {{"path", folder.string()}}));
  }
  auto const key = net::make_tls_key();
  if (!key) return Explanation(strings::sentence_of(key.error()));
  auto const csr = net::make_csr(*key);
  if (!csr) return Explanation(strings::sentence_of(csr.error()));
  // One key for all tries: an answer that was lost is given again for the same key only.
  auto const until = std::chrono::steady_clock::now() + reach.patience;
  for (auto backoff = kBackoffMin;; backoff = std::min(backoff * 2, kBackoffMax)) {
    auto enrolled = enrol_once(slip, *key, *csr, reach);
    if (!enrolled && enrolled.error().code == Refusal::kBusy && std::chrono::steady_clock::now() + backoff < until) {
      std::this_thread::sleep_for(backoff);
      continue;
    }
    if (!enrolled) {
      auto const code = enrolled.error().code;
      if (code == Refusal::kNotOnRoll) return Explanation(text::kWrongCode, {}, Refusal::kProof);
      if (code == Refusal::kConflict) return Explanation(text::kSlipUsed, {}, Refusal::kConflict);
      return enrolled;
    }
    auto const made = make_whole(folder, [&](fs::path const& partial) { return write_office(partial, *enrolled); });
    if (!made) return made.error();
    return enrolled;
  }
}

Explained<OfficeFolder> read_office(fs::path const& folder) {
  auto const path = settings_of(folder);
  auto const fault = [&] { return Explanation(Sentence(text::kFolderUnusable, {{"path", folder.string()}})); };
  auto const file = read_file(path, kJsonBytesMax);
  if (!file) return file.error();
  auto const certificate = read_file(folder / "certificate.pem", net::kPemBytesMax);
  if (!certificate) return certificate.error();
  auto key = read_file(folder / "key.pem", net::kPemBytesMax);
  if (!key) return key.error();
  WipeOnExit const wipe(*key);
  boost::system::error_code failed;
  auto const parsed = json::parse(as_text(*file), failed);
  if (failed || !parsed.is_object()) return fault();
  auto const text_at = [&](char const* name) {
    auto const* value = parsed.as_object().if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  auto const address = meeting::parse_slip_address(text_at("address"));
  auto const pin_bytes = from_hex(text_at("pin"));
  auto const pin = pin_bytes ? Hash::from(*pin_bytes) : std::nullopt;
  auto const* number = parsed.as_object().if_contains("office");
  if (!address || !pin || number == nullptr || !number->is_int64()) return fault();
  return OfficeFolder{*address,
                      *pin,
                      static_cast<OfficeNumber>(number->as_int64()),
                      text_at("name"),
                      {Secret::copy_of(*key), std::string(as_text(*certificate))}};
}

Explained<void> hold_office(fs::path const& folder) {
  auto const path = folder / "lock";
  // Not closed: the end of the process gives it back.
  int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(strings::server::kFileNotCreated, path);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &whole) == 0) return {};
  return Explanation(text::kOfficeSends, {}, Refusal::kBusy);
}

// ---- At the service

struct OfficeAtService::Impl {
  fs::path folder;
  OfficeFolder office;
  OfficeReach reach;
  net::TlsContext tls;
  std::unique_ptr<OfficeLine> line;

  Explained<ow::Answer> ask(ow::What const& what);
  template <class T>
  Explained<T> told(ow::What const& what) {
    return as<T>(ask(what), reach.lang);
  }
  Explained<RequestId> request(std::string const& name) const;
  void forget_request(std::string const& name) const;
  using OnBytes = std::function<void(std::uint64_t)>;
  Explained<void> send_part(RequestId const& request, Sending const& sending, std::uint32_t part, std::uint64_t have,
                            OnBytes const& told_of);
};

OfficeAtService::OfficeAtService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OfficeAtService::~OfficeAtService() = default;

Explained<std::unique_ptr<OfficeAtService>> OfficeAtService::open(fs::path const& folder, OfficeReach reach) {
  piaojue::init();
  auto office = read_office(folder);
  if (!office) return office.error();
  auto const tls = net::TlsContext::client(office->pin, office->credential.clone());
  if (!tls) return Explanation(Sentence(text::kFolderUnusable, {{"path", folder.string()}}));
  auto asking = tls->asking_for(reach.server_name);
  return std::make_unique<OfficeAtService>(
      std::make_unique<Impl>(Impl{folder, std::move(*office), std::move(reach), std::move(asking), nullptr}));
}

/// Over a new line where the old one broke, until patience is over since it broke.
Explained<ow::Answer> OfficeAtService::Impl::ask(ow::What const& what) {
  auto until = std::chrono::steady_clock::now() + reach.patience;
  for (auto backoff = kBackoffMin;; backoff = std::min(backoff * 2, kBackoffMax)) {
    Explanation why;
    if (!line) {
      auto opened = OfficeLine::open(office.address, tls, reach.patience);
      if (opened)
        line = std::move(*opened);
      else
        why = opened.error();
    }
    if (line) {
      auto answer = line->ask(what, reach.answer);
      if (answer) return answer;
      why = answer.error();
      if (why.code != Refusal::kBusy && why.code != Refusal::kBadSignature) return answer;
      line.reset();
    }
    bool const hopeless = why.code == Refusal::kBadSignature;
    if (hopeless || std::chrono::steady_clock::now() + backoff >= until)
      return at_address(meeting::format_slip_address(office.address), why);
    std::this_thread::sleep_for(backoff);
  }
}

/// The one that was chosen before, or a new one: on the disk before it is used.
Explained<RequestId> OfficeAtService::Impl::request(std::string const& name) const {
  auto const path = requests_of(folder) / name;
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    auto const bytes = read_file(path, RequestId::kSize);
    if (!bytes) return bytes.error();
    if (auto const known = RequestId::from(*bytes)) return *known;
    fs::remove(path, ignored);  // cut off while it was written: it was never used
  }
  RequestId fresh;
  randombytes_buf(fresh.data.data(), fresh.data.size());
  if (auto const done = write_file(path, fresh.view()); !done) return done.error();
  if (auto const done = sync_directory(requests_of(folder)); !done) return done.error();
  return fresh;
}

void OfficeAtService::Impl::forget_request(std::string const& name) const {
  std::error_code ignored;
  fs::remove(requests_of(folder) / name, ignored);
}

Explained<void> OfficeAtService::Impl::send_part(RequestId const& request, Sending const& sending, std::uint32_t part,
                                                 std::uint64_t have, OnBytes const& told_of) {
  auto const size = sending.draft.parts[part].size;
  auto const& from = sending.from[part];
  while (have < size) {
    auto const length = static_cast<std::size_t>(std::min<std::uint64_t>(kFilePieceBytes, size - have));
    auto bytes = piece_of(from, have, length);
    if (!bytes) return unusable(Sentence(strings::server::kMaterialsChanged, {{"path", from.path.string()}}));
    auto const kept = told<ow::PieceKept>(ow::PutPiece{request, part, have, std::move(*bytes)});
    if (!kept) {
      bool const changed = kept.error().code == Refusal::kConflict && !from.path.empty();
      if (changed) return unusable(Sentence(strings::server::kMaterialsChanged, {{"path", from.path.string()}}));
      return kept.error();
    }
    if (kept->have <= have) return unreadable();
    told_of(kept->have - have);
    have = kept->have;
  }
  return {};
}

Explained<MeetingNumber> OfficeAtService::create(OfficeDraftInput const& input) {
  auto const sending = prepare(input);
  if (!sending) return sending.error();
  auto const name = to_hex(crypto::sha256({ow::encode(sending->draft)}).view());
  auto const request = impl_->request(name);
  if (!request) return request.error();
  auto const begun = impl_->told<ow::DraftBegun>(ow::BeginDraft{*request, sending->draft});
  if (!begun) return begun.error();
  if (begun->have.size() != sending->draft.parts.size()) return unreadable();
  std::uint64_t all = 0, there = 0;
  for (auto const& part : sending->draft.parts) all += part.size;
  auto const told_of = [&](std::uint64_t more) {
    there += more;
    if (input.on_sent) input.on_sent(there, all);
  };
  told_of(std::accumulate(begun->have.begin(), begun->have.end(), std::uint64_t{0}));
  for (std::uint32_t part = 0; part < begun->have.size(); ++part) {
    auto const sent = impl_->send_part(*request, *sending, part, begun->have[part], told_of);
    if (!sent) return sent.error();
    if (input.on_files) input.on_files(FilesStep::kCopied, part + 1);
  }
  auto const created = impl_->told<ow::Created>(ow::CreateMeeting{*request});
  if (!created) return created.error();
  impl_->forget_request(name);
  return created->meeting;
}

Explained<MeetingNumber> OfficeAtService::rehearse(MeetingNumber meeting) {
  auto const name = "rehearsal-" + std::to_string(meeting);
  auto const request = impl_->request(name);
  if (!request) return request.error();
  auto const created = impl_->told<ow::Created>(ow::Rehearse{*request, meeting});
  if (!created) return created.error();
  impl_->forget_request(name);
  return created->meeting;
}

Explained<std::vector<ow::Listed>> OfficeAtService::list() {
  std::vector<ow::Listed> out;
  for (;;) {
    auto page = impl_->told<ow::MeetingList>(ow::ListMeetings{out.empty() ? 0 : out.back().meeting});
    if (!page) return page.error();
    bool const more = page->more && !page->meetings.empty();
    for (auto& one : page->meetings) {
      if (!out.empty() && one.meeting <= out.back().meeting) return unreadable();
      out.push_back(std::move(one));
    }
    if (!more) return out;
  }
}

Explained<std::vector<ow::EnrolledPerson>> OfficeAtService::enrolled(MeetingNumber meeting) {
  auto people = impl_->told<ow::People>(ow::GetEnrolled{meeting});
  if (!people) return people.error();
  return std::move(people->people);
}

Explained<std::size_t> OfficeAtService::slips(MeetingNumber meeting, fs::path const& out) {
  auto const slips = impl_->told<ow::Slips>(ow::GetSlips{meeting});
  if (!slips) return slips.error();
  meeting::Manifest printed;
  printed.title = slips->title;
  printed.date = slips->date;
  printed.rehearsal = slips->rehearsal;
  for (auto const& one : slips->slips) {
    meeting::Person person;
    person.name = one.name;
    person.employer = one.employer;
    person.roles = one.roles;
    printed.people.push_back(std::move(person));
  }
  std::map<std::string, std::string> files;
  for (PersonId p = 1; p <= slips->slips.size(); ++p) {
    auto const slip = meeting::parse_slip(slips->slips[p - 1].line);
    if (!slip || slip->code.person != p || slip->code.meeting != meeting) return unreadable();
    files[slip_name(printed, p) + ".txt"] = slip_file(*slip, printed);
  }
  // Written before, and the service was not told.
  if (!holds_exactly(out, files)) {
    auto const written = make_whole(out, [&](fs::path const& partial) -> Explained<void> {
      for (auto const& [name, bytes] : files)
        if (auto done = write_file(partial / name, as_bytes(bytes)); !done) return done;
      return {};
    });
    if (!written) return written.error();
  }
  if (auto const erased = impl_->told<ow::SlipsErased>(ow::SlipsKept{meeting}); !erased) return erased.error();
  return slips->slips.size();
}

Explained<std::uint64_t> OfficeAtService::record(MeetingNumber meeting, fs::path const& out) {
  std::error_code ignored;
  if (fs::exists(out, ignored)) return unusable(Sentence(text::kFolderThere, {{"path", out.string()}}));
  for (unsigned tries = 1;; ++tries) {
    auto piece = impl_->told<ow::RecordPiece>(ow::GetRecord{meeting, 0, {}});
    Bytes whole;
    while (piece && !piece->bytes.empty()) {
      append(whole, piece->bytes);
      if (whole.size() >= piece->size) break;
      piece = impl_->told<ow::RecordPiece>(ow::GetRecord{meeting, whole.size(), piece->sha256});
    }
    if (!piece && piece.error().code == Refusal::kConflict && tries < kRecordTries) continue;
    if (!piece) return piece.error();
    if (whole.size() != piece->size || crypto::sha256({whole}) != piece->sha256) return unreadable();
    auto const partial = fs::path(out.string() + ".partial-" + std::to_string(::getpid()));
    auto done = write_file(partial, whole);
    if (done && ::rename(partial.c_str(), out.c_str()) != 0) done = system_error(strings::server::kFileNotCreated, out);
    if (!done) {
      fs::remove(partial, ignored);
      return done.error();
    }
    return whole.size();
  }
}

}  // namespace piaojue::server

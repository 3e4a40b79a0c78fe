// SPDX-License-Identifier: Apache-2.0
#include "server/directory.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <qrencode.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "crypto/seal.h"
#include "protocol/meeting/slip.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "store/sqlite_store.h"
#include "strings/refusals.h"

namespace piaojue::server {

using store::SqliteOptions;
using store::SqliteStore;
namespace {

constexpr std::size_t kTomlBytesMax = 256U << 10;
constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kValidDays = 400;  ///< of the server's certificate: longer than a meeting is prepared
constexpr std::size_t kSlipNameBytesMax = 120;

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string system_error(std::string const& what, fs::path const& path) {
  return what + " " + path.string() + ": " + std::strerror(errno);
}

bool sync_directory(fs::path const& path) {
  Descriptor const directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return directory.fd >= 0 && ::fsync(directory.fd) == 0;
}

Failure refused(std::string const& what, Refusal code) {
  return {what + ": " + std::string(piaojue::name(code)) + ", " + std::string(strings::sentence_of(code).en), false};
}

Outcome<Secret> read_secret(fs::path const& path) {
  auto file = read_file(path, 4096);
  if (auto* failure = std::get_if<Failure>(&file)) return std::move(*failure);
  auto& text = std::get<Bytes>(file);
  WipeOnExit const wipe(text);
  std::string_view hex = as_text(text);
  if (hex.ends_with('\n')) hex.remove_suffix(1);
  auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32) return Failure{path.string() + " is not a key of 64 hexadecimal digits"};
  WipeOnExit const wipe_bytes(*bytes);
  return Secret::copy_of(*bytes);
}

std::optional<Failure> write_secret(fs::path const& path, Secret const& secret) {
  auto text = to_hex(secret.view()) + "\n";
  auto failure = write_file(path, as_bytes(text));
  sodium_memzero(text.data(), text.size());
  return failure;
}

Outcome<net::Credential> read_credential(fs::path const& certificate, fs::path const& key) {
  auto pem = read_file(certificate, net::kPemBytesMax);
  if (auto* failure = std::get_if<Failure>(&pem)) return std::move(*failure);
  auto secret = read_file(key, net::kPemBytesMax);
  if (auto* failure = std::get_if<Failure>(&secret)) return std::move(*failure);
  auto& bytes = std::get<Bytes>(secret);
  WipeOnExit const wipe(bytes);
  return net::Credential{Secret::copy_of(bytes), std::string(as_text(std::get<Bytes>(pem)))};
}

/// A port that is free now. The slips carry it, so it must be known before the server runs.
std::optional<std::uint16_t> free_port(std::string const& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), "0", &hints, &found) != 0) return std::nullopt;
  std::optional<std::uint16_t> port;
  Descriptor const socket{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (socket.fd >= 0 && ::bind(socket.fd, found->ai_addr, found->ai_addrlen) == 0 &&
      ::getsockname(socket.fd, reinterpret_cast<sockaddr*>(&bound), &length) == 0) {
    port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6 const*>(&bound)->sin6_port
                                             : reinterpret_cast<sockaddr_in const*>(&bound)->sin_port);
  }
  ::freeaddrinfo(found);
  return port;
}

/// Two modules a character, so that it prints square: upper half, lower half, both, none. Black on white paper.
std::string qr_code(std::string const& text) {
  struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
  };
  std::unique_ptr<QRcode, Free> const code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M));
  if (!code) return {};
  auto const dark = [&](int x, int y) {
    bool const inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
    return inside && (code->data[y * code->width + x] & 1) != 0;
  };
  constexpr int kQuiet = 4;
  std::string out;
  for (int y = -kQuiet; y < code->width + kQuiet; y += 2) {
    std::string line;
    for (int x = -kQuiet; x < code->width + kQuiet; ++x) {
      bool const upper = dark(x, y);
      bool const lower = dark(x, y + 1);
      line += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

/// A name as part of a file's name.
std::string file_name(std::string const& name) {
  std::string out;
  for (char const c : name) {
    auto const byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f || c == '/' || c == '\\' ? '_' : c;
  }
  // Cut between characters, not inside one.
  std::size_t length = std::min(out.size(), kSlipNameBytesMax);
  while (length > 0 && length < out.size() && (static_cast<unsigned char>(out[length]) & 0xc0) == 0x80) --length;
  return out.substr(0, length);
}

std::string padded(PersonId person, std::size_t people) {
  auto number = std::to_string(person);
  auto const digits = std::max<std::size_t>(2, std::to_string(people).size());
  return std::string(digits - std::min(digits, number.size()), '0') + number;
}

std::string role_words(std::uint32_t roles) {
  std::string words;
  auto const add = [&](meeting::Role role, char const* word) {
    if (!(roles & role)) return;
    if (!words.empty()) words += "、";
    words += word;
  };
  add(meeting::kChair, "主任委员");
  add(meeting::kExpert, "专家");
  add(meeting::kClerk, "工作人员");
  add(meeting::kSupervisor, "监督人员");
  add(meeting::kScreen, "大屏");
  return words;
}

template <class T>
std::string fault_list(std::string const& file, sheets::Imported<T> const& imported) {
  std::string text;
  if (imported) return text;
  for (auto const& error : imported.error()) text += (text.empty() ? "" : "\n") + file + ": " + error.text();
  return text;
}

}  // namespace

Outcome<Bytes> read_file(fs::path const& path, std::size_t bytes_max) {
  Descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return Failure{system_error("can not read", path)};
  Bytes bytes;
  std::array<std::uint8_t, 16384> buffer;
  WipeOnExit const wipe(buffer);
  for (;;) {
    auto const got = ::read(file.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure{system_error("can not read", path)};
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > bytes_max) {
      return Failure{path.string() + " is larger than " + std::to_string(bytes_max) + " bytes"};
    }
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + got);
  }
}

std::optional<Failure> write_file(fs::path const& path, ByteView bytes) {
  Descriptor const file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.fd < 0) return Failure{system_error("can not create", path)};
  while (!bytes.empty()) {
    auto const wrote = ::write(file.fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return Failure{system_error("can not write", path)};
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  if (::fsync(file.fd) != 0) return Failure{system_error("can not write", path)};
  return std::nullopt;
}

Outcome<Settings> Directory::read_settings() const {
  auto file = read_file(settings(), kTomlBytesMax);
  if (auto* failure = std::get_if<Failure>(&file)) return std::move(*failure);
  auto read = parse_settings(as_text(std::get<Bytes>(file)));
  if (!read.value) return Failure{settings().string() + ": " + read.error, true};
  return std::move(*read.value);
}

Outcome<Keys> Directory::read_keys() const {
  auto authority = read_credential(keys() / "ca.pem", keys() / "ca-key.pem");
  if (auto* failure = std::get_if<Failure>(&authority)) return std::move(*failure);
  auto tls = read_credential(keys() / "tls.pem", keys() / "tls-key.pem");
  if (auto* failure = std::get_if<Failure>(&tls)) return std::move(*failure);
  std::vector<Secret> secrets;
  for (auto const* name : {"signing.key", "checkpoint.key", "seal.key"}) {
    auto secret = read_secret(keys() / name);
    if (auto* failure = std::get_if<Failure>(&secret)) return std::move(*failure);
    secrets.push_back(std::move(std::get<Secret>(secret)));
  }
  auto server = crypto::SigningKey::from_seed(secrets[0]);
  auto checkpoint = crypto::SigningKey::from_seed(secrets[1]);
  if (!server || !checkpoint) return Failure{"the keys in " + keys().string() + " are not usable"};
  return Keys{std::move(std::get<net::Credential>(authority)), std::move(std::get<net::Credential>(tls)),
              std::move(*server), std::move(*checkpoint), std::move(secrets[2])};
}

std::string slip_file(std::string const& line, meeting::Manifest const& manifest, PersonId person) {
  auto const& who = manifest.people[person - 1];
  std::string out = "票决 登记单 / enrolment slip\n\n";
  out += "会议：" + manifest.title + (manifest.rehearsal ? "（演练 / rehearsal）" : "") + "\n";
  out += "日期：" + manifest.date + "\n";
  out += "第 " + std::to_string(person) + " 号：" + who.name;
  if (!who.employer.empty()) out += "（" + who.employer + "）";
  out += "\n身份：" + role_words(who.roles) + "\n\n";
  out += "本单只能由本人使用一次，用后即毁。在本人电脑上输入或扫描下面一行：\n";
  out += "Good for one enrolment by this person only; destroy it afterwards. Type or scan this line:\n\n";
  out += line + "\n\n" + qr_code(line);
  return out;
}

Outcome<InitResult> init_directory(Directory const& directory, InitInput const& input, std::uint64_t now_s) {
  piaojue::init();
  auto const& target = directory.path();
  std::error_code ignored;
  if (fs::exists(directory.database(), ignored)) {
    return Failure{target.string() + " holds a meeting already; nothing was changed"};
  }
  if (fs::exists(target, ignored) && !fs::is_empty(target, ignored)) {
    return Failure{target.string() + " is not an empty directory; nothing was changed"};
  }

  // ---- What people wrote
  auto const read = [](fs::path const& path, std::size_t bytes_max) {
    auto file = read_file(path, bytes_max);
    if (auto* failure = std::get_if<Failure>(&file)) failure->input = true;
    return file;
  };
  auto const members_file = read(input.members, sheets::kSheetBytesMax);
  if (auto const* failure = std::get_if<Failure>(&members_file)) return *failure;
  auto const candidates_file = read(input.candidates, sheets::kSheetBytesMax);
  if (auto const* failure = std::get_if<Failure>(&candidates_file)) return *failure;
  auto const meeting_file = read(input.meeting, kTomlBytesMax);
  if (auto const* failure = std::get_if<Failure>(&meeting_file)) return *failure;
  auto const members = sheets::import_members(std::get<Bytes>(members_file));
  auto const candidates = sheets::import_candidates(std::get<Bytes>(candidates_file));
  if (!members || !candidates) {
    auto text = fault_list(input.members.string(), members);
    auto const more = fault_list(input.candidates.string(), candidates);
    if (!text.empty() && !more.empty()) text += "\n";
    return Failure{text + more, true};
  }
  auto meeting = parse_meeting(as_text(std::get<Bytes>(meeting_file)), *members, *candidates);
  if (!meeting.value) return Failure{input.meeting.string() + ": " + meeting.error, true};
  auto& manifest = *meeting.value;

  Settings settings;
  auto const listen = parse_address(input.listen);
  if (!listen) return Failure{"--listen must be an address and a port, such as 192.0.2.10:7443", true};
  settings.listen = *listen;
  settings.host = input.host;
  if (settings.listen.port == 0) {
    auto const port = free_port(settings.listen.host);
    if (!port) return Failure{"no free port on " + settings.listen.host + ": is it an address of this machine?", true};
    settings.listen.port = *port;
  }
  auto const& slip_host = settings.slip_host();
  if (slip_host == "0.0.0.0" || slip_host == "::") {
    return Failure{"slips must name an address that laptops can reach: give --host, or another address to --listen",
                   true};
  }

  // ---- Keys and draft
  net::Validity const validity{now_s - kDay, now_s + kValidDays * kDay};
  auto authority = net::make_authority("piaojue meeting", validity);
  if (!authority) return refused("the CA could not be made", authority.error());
  auto tls = net::make_server_certificate(*authority, slip_host, validity);
  if (!tls) return refused("the server's certificate could not be made", tls.error());
  auto const spki = net::spki_sha256(tls->certificate_pem);
  if (!spki) return refused("the server's certificate could not be read", spki.error());
  auto const server_key = crypto::SigningKey::generate();
  auto const checkpoint_key = crypto::SigningKey::generate();
  randombytes_buf(manifest.meeting_id.data(), manifest.meeting_id.size());
  manifest.server_key = server_key.public_key();
  manifest.checkpoint_key = checkpoint_key.public_key();
  auto writes = write_draft(manifest);
  if (!writes) {
    auto failure = refused("this meeting is not valid (docs/specification.md, section 10.1)", writes.error());
    failure.input = true;
    return failure;
  }

  // ---- Onto the disk: beside the target first, so that a directory is either complete or not there
  auto const partial = fs::path(target.string() + ".partial-" + std::to_string(::getpid()));
  Directory const staging(partial);
  auto const clean_up = [&](Failure failure) -> Outcome<InitResult> {
    std::error_code error;
    fs::remove_all(partial, error);
    return failure;
  };
  for (auto const& path : {partial, staging.keys(), staging.slips()}) {
    if (::mkdir(path.c_str(), 0700) != 0) return clean_up({system_error("can not create", path)});
  }
  std::optional<Failure> failure;
  auto const keep = [&](std::optional<Failure> result) {
    if (!failure && result) failure = std::move(result);
  };
  keep(write_file(staging.settings(), as_bytes(format_settings(settings))));
  keep(write_file(staging.keys() / "ca.pem", as_bytes(authority->certificate_pem)));
  keep(write_file(staging.keys() / "ca-key.pem", authority->key_pem.view()));
  keep(write_file(staging.keys() / "tls.pem", as_bytes(tls->certificate_pem)));
  keep(write_file(staging.keys() / "tls-key.pem", tls->key_pem.view()));
  keep(write_secret(staging.keys() / "signing.key", server_key.seed()));
  keep(write_secret(staging.keys() / "checkpoint.key", checkpoint_key.seed()));
  keep(write_secret(staging.keys() / "seal.key", Secret::random(crypto::kSealKeyBytes)));
  for (PersonId person = 1; person <= manifest.people.size(); ++person) {
    auto const code = new_enrolment_code();
    write_code(*writes, person, code);
    auto const line = meeting::format_slip({slip_host, settings.listen.port, *spki, manifest.meeting_id, person, code});
    auto const name =
        padded(person, manifest.people.size()) + "-" + file_name(manifest.people[person - 1].name) + ".txt";
    keep(write_file(staging.slips() / name, as_bytes(slip_file(line, manifest, person))));
  }
  if (failure) return clean_up(std::move(*failure));
  {
    SqliteOptions options;
    options.create = true;
    std::string error;
    auto store = SqliteStore::open(staging.database().string(), options, &error);
    if (!store) return clean_up({"the database could not be made: " + error});
    if (auto const done = (*store)->commit(*writes); !done) {
      return clean_up({"the database could not be written: " + (*store)->last_error()});
    }
  }
  for (auto const& path : {staging.keys(), staging.slips(), partial}) {
    if (!sync_directory(path)) return clean_up({system_error("can not write", path)});
  }
  // Onto nothing or an empty directory; anything else, and this refuses.
  if (::rename(partial.c_str(), target.c_str()) != 0) return clean_up({system_error("can not create", target)});
  auto const parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (!sync_directory(parent)) return Failure{system_error("can not write", parent)};

  return InitResult{manifest.people.size(), manifest.candidates.size(), manifest.batches.size(), settings.listen,
                    net::format_fingerprint(*spki)};
}

Outcome<fs::path> new_slip(Directory const& directory, PersonId person) {
  piaojue::init();
  auto settings = directory.read_settings();
  if (auto* failure = std::get_if<Failure>(&settings)) return std::move(*failure);
  auto tls = read_file(directory.keys() / "tls.pem", net::kPemBytesMax);
  if (auto* failure = std::get_if<Failure>(&tls)) return std::move(*failure);
  auto const spki = net::spki_sha256(as_text(std::get<Bytes>(tls)));
  if (!spki) return refused("the server's certificate could not be read", spki.error());
  std::string error;
  auto store = SqliteStore::open(directory.database().string(), {}, &error);
  if (!store) return Failure{"the database could not be opened: " + error};
  auto const contents = (*store)->load();
  if (!contents) return Failure{"the database could not be read: " + (*store)->last_error()};
  auto const manifest = read_draft(*contents);
  if (!manifest) return Failure{directory.database().string() + " holds no meeting"};
  if (person < 1 || person > manifest->people.size()) {
    return Failure{
        "there is no person " + std::to_string(person) + "; there are " + std::to_string(manifest->people.size()),
        true};
  }

  auto const code = new_enrolment_code();
  auto const& there = std::get<Settings>(settings);
  auto const line =
      meeting::format_slip({there.slip_host(), there.listen.port, *spki, manifest->meeting_id, person, code});
  Writes writes;
  auto const old_codes = (*store)->codes(person);
  if (!old_codes) return Failure{"the database could not be read: " + (*store)->last_error()};
  for (auto const& old : *old_codes) writes.erase(Table::kCode, key_of(person, old));
  write_code(writes, person, code);

  auto const stem = padded(person, manifest->people.size()) + "-" + file_name(manifest->people[person - 1].name);
  auto const text = slip_file(line, *manifest, person);
  for (unsigned copy = 2; copy < 100; ++copy) {
    auto const path = directory.slips() / (stem + "-" + std::to_string(copy) + ".txt");
    std::error_code ignored;
    if (fs::exists(path, ignored)) continue;
    fs::create_directories(directory.slips(), ignored);
    // The slip first: a code that nobody has on paper would void the old one for nothing.
    if (auto failure = write_file(path, as_bytes(text))) return std::move(*failure);
    if (auto const done = (*store)->commit(writes); !done) {
      fs::remove(path, ignored);
      return Failure{"the database could not be written: " + (*store)->last_error()};
    }
    return path;
  }
  return Failure{"there are too many slips of this person in " + directory.slips().string()};
}

}  // namespace piaojue::server

// SPDX-License-Identifier: Apache-2.0
#include "office_fixture.h"

#include "server/clock.h"

namespace piaojue::server::test {

namespace {

/// Certificates are judged by the machine's own clock.
std::uint64_t const kNow = now_s();
constexpr std::string_view kServerSpki = "SubjectPublicKeyInfo";

}  // namespace

Sendable sendable(SheetsOfDraft const& sheets) {
  Sendable out;
  auto const add = [&](ByteView bytes) {
    auto const number = static_cast<std::uint32_t>(out.parts.size());
    out.draft.parts.push_back({number, crypto::sha256({bytes}), bytes.size()});
    out.parts.push_back(to_bytes(bytes));
    return number;
  };
  out.draft.meeting = add(as_bytes(sheets.meeting));
  out.draft.members = add(as_bytes(sheets.members));
  out.draft.candidates = add(as_bytes(sheets.candidates));
  if (sheets.recusals) out.draft.recusals = add(as_bytes(*sheets.recusals));
  for (auto const& [name, bytes] : sheets.files) out.draft.files.push_back({1, name, add(bytes)});
  return out;
}

RequestId request_of(std::uint8_t value) {
  RequestId out;
  out.data.fill(value);
  return out;
}

OfficeFixture::OfficeFixture() : identity(must(load_identity(offices, seal, "127.0.0.1", kNow))) { restart(); }

OfficeWorld OfficeFixture::world() {
  return {.offices = offices,
          .seal = seal,
          .seal_keys = [this](MeetingNumber, Keys const& keys, ServiceKey) { return seal.seal(keys.seal.view(), {}); },
          .address = {"192.0.2.7", 443},
          .now_ms = [this] { return now_ms; },
          .now_s = [] { return kNow; },
          .failed = [this](Explanation const& why) { failures.push_back(why.in(Lang::kEn)); }};
}

OfficeSession OfficeFixture::connect(std::optional<Hash> const& certificate, std::string const& address) {
  OfficeSession session;
  session.peer = {certificate, address, {}, to_bytes(as_bytes(kServerSpki))};
  session.peer.exporter.data.fill(++connections_);
  return session;
}

wire::Answer OfficeFixture::ask(OfficeSession& session, wire::What const& what) {
  auto const id = ++last_id_;
  auto answer = desk->answer(session, wire::encode_request(id, what));
  if (answer.heavy) answer = answer.heavy();
  closed = answer.close;
  auto reply = must(wire::parse_reply(answer.frame));
  EXPECT_EQ(reply.id, id);
  return std::move(reply.answer);
}

wire::Answer OfficeFixture::ask(Hash const& certificate, wire::What const& what) {
  auto session = connect(certificate);
  return ask(session, what);
}

NewOffice OfficeFixture::add(std::string const& name) {
  return must(add_office(offices, seal, identity, {"192.0.2.7", 443}, name));
}

OfficeFixture::Client OfficeFixture::new_client() {
  Client out{must(net::make_tls_key()), {}, {}};
  out.csr = must(net::make_csr(out.key));
  out.spki = must(net::spki_sha256_of_csr(out.csr));
  return out;
}

wire::EnrolKey OfficeFixture::key_frame(OfficeSession const& session, meeting::Slip const& slip,
                                        Client const& client) const {
  auto const key = office_key(slip.code.bits, identity.service_id, slip.code.person);
  return {client.csr, office_client_proof(key, session.peer.exporter, client.csr)};
}

wire::Answer OfficeFixture::enrol(meeting::Slip const& slip, Client const& client) {
  auto session = connect(std::nullopt);
  auto const proof = of<wire::Proof>(ask(session, wire::EnrolStart{slip.code.person}));
  auto const key = office_key(slip.code.bits, proof.service_id, slip.code.person);
  EXPECT_TRUE(crypto::same(proof.proof, office_server_proof(key, session.peer.exporter, session.peer.server_spki)));
  return ask(session, key_frame(session, slip, client));
}

Hash OfficeFixture::office(std::string const& name) {
  auto const client = new_client();
  of<wire::Enrolled>(enrol(add(name).slip, client));
  return client.spki;
}

void OfficeFixture::send(Hash const& certificate, RequestId const& request, Sendable const& draft) {
  auto session = connect(certificate);
  of<wire::DraftBegun>(ask(session, wire::BeginDraft{request, draft.draft}));
  for (std::uint32_t p = 0; p < draft.parts.size(); ++p) {
    ByteView const bytes = draft.parts[p];
    for (std::size_t at = 0; at < bytes.size(); at += store::kFilePieceBytes) {
      auto const length = std::min(store::kFilePieceBytes, bytes.size() - at);
      auto const kept =
          of<wire::PieceKept>(ask(session, wire::PutPiece{request, p, at, to_bytes(bytes.subspan(at, length))}));
      EXPECT_GE(kept.have, at + length);  // all, if it was sent before
    }
  }
}

MeetingNumber OfficeFixture::create(Hash const& certificate, RequestId const& request, Sendable const& draft) {
  send(certificate, request, draft);
  return of<wire::Created>(ask(certificate, wire::CreateMeeting{request})).meeting;
}

}  // namespace piaojue::server::test

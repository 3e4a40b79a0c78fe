// SPDX-License-Identifier: Apache-2.0
#include "session_fixture.h"

#include <gtest/gtest.h>

#include "crypto/box.h"

namespace piaojue::test {

namespace wire = server::wire;
using client::Keys;
using crypto::SigningKey;

namespace {

SigningKey copy(SigningKey const& key) { return SigningKey::from_seed(key.seed()).value(); }
crypto::BoxKey copy(crypto::BoxKey const& key) { return crypto::BoxKey::from_secret(key.secret().clone()).value(); }

}  // namespace

SessionFixture::SessionFixture(MeetingOptions options, PersonId person) : meeting(std::move(options)), me(person) {
  piaojue::init();
}

void SessionFixture::start() {
  client::Profile profile;
  profile.meeting_id = meeting.manifest.meeting_id;
  profile.person = me;
  profile.name = "某人";
  auto const& own = meeting.keys_of(me);
  profile.identity_key = own.identity.public_key();
  profile.witness_key = own.witness.public_key();
  profile.box_key = own.box.public_key();
  client::SessionConfig config{
      .profile = profile,
      .keys = Keys{copy(own.identity), copy(own.witness), copy(own.box), Secret::copy_of(Bytes(32, 7)), {}},
      .token_keys = [](std::uint32_t bits) { return crypto::blind_rsa::PrivateKey::generate(bits); },
      .parallel = {},
      .write_file = {},
      .lang = Lang::kEn,
      .limits = limits,
      .materials = materials};
  session = Session::open(std::move(config), wallet).value();
  tick(0);
}

void SessionFixture::connect() {
  session->connected();
  pump();
}

void SessionFixture::disconnect() {
  session->disconnected();
  pump();
}

void SessionFixture::crash() {
  session.reset();
  wallet.crash();
  start();
  connect();
}

void SessionFixture::say(std::string const& line) {
  session->command(line);
  pump();
}

void SessionFixture::tick(std::uint64_t ms) {
  static std::uint64_t now_ms = 0;
  now_ms += ms;
  session->tick(now_ms, 1'700'000'000 + now_ms / 1000);
  pump();
}

std::vector<boost::json::object> SessionFixture::seen(std::string_view event) const {
  std::vector<boost::json::object> out;
  for (auto const& one : events) {
    if (std::string_view(one.at("event").as_string()) == event) out.push_back(one);
  }
  return out;
}

std::size_t SessionFixture::replies(std::string_view word) const {
  std::size_t out = 0;
  for (auto const& one : seen("reply")) out += std::string_view(one.at("command").as_string()) == word ? 1 : 0;
  return out;
}

boost::json::object SessionFixture::reply(std::string_view word) {
  auto const all = seen("reply");
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (std::string_view(it->at("command").as_string()) == word) return *it;
  }
  ADD_FAILURE() << "no reply to " << word;
  return {{"ok", false}, {"code", "none"}};
}

void SessionFixture::receive(Bytes const& frame) {
  session->on_frame(frame);
  pump();
}

void SessionFixture::pump() {
  for (;;) {
    for (auto const& line : session->take_events()) events.push_back(boost::json::parse(line).as_object());
    auto const jobs = session->take_jobs();
    for (auto const& job : jobs) {
      job.run();
      session->finish_job(job.id);
    }
    auto const frames = session->take_frames();
    if (frames.empty() && jobs.empty()) return;
    for (auto const& frame : frames) {
      auto const request = wire::parse_request(frame).value();
      requests.push_back(request);
      if (instead) {
        if (auto const answer = instead(request)) {
          if (!answer->empty()) session->on_frame(*answer);
          continue;
        }
      }
      if (auto const* hello = std::get_if<wire::Hello>(&request.what)) {
        session->on_frame(wire::welcome(request.id, meeting.manifest.meeting_id, meeting.entries.size(), me, 1, {}));
        std::vector<wire::EntryBytes> list;
        for (auto i = hello->next_index; i < meeting.entries.size(); ++i) {
          list.push_back(std::make_shared<Bytes const>(meeting.entries[i]));
        }
        if (!list.empty()) session->on_frame(wire::log_push(hello->next_index, list, meeting.note()));
        push();
        for (auto const& [trustee, issued] : issued_pushes) session->on_frame(issued);
      } else if (auto const* submit = std::get_if<wire::Submit>(&request.what)) {
        auto const entry = decode_entry(submit->entry).value();
        auto const at = std::ranges::find(meeting.entries, submit->entry);
        if (at != meeting.entries.end()) {
          session->on_frame(wire::accepted(request.id, static_cast<std::uint64_t>(at - meeting.entries.begin())));
          continue;
        }
        if (auto const taken = meeting.submit_bytes(submit->entry); !taken) {
          session->on_frame(wire::refused(request.id, taken.error()));
          continue;
        }
        if (entry.type() == EntryType::kTokenRequest) blinded = meeting::parse_token_payload(submit->payload).value();
        if (entry.type() == EntryType::kEnvelopeCast) {
          meeting.experts[me].onions = meeting::parse_envelope_payload(submit->payload).value();
        }
        session->on_frame(wire::accepted(request.id, meeting.entries.size() - 1));
        push();
      } else if (auto const* relay = std::get_if<wire::Relay>(&request.what)) {
        answer(request.id, *relay);
      } else if (auto const* cosign = std::get_if<wire::Cosign>(&request.what)) {
        session->on_frame(wire::accepted(request.id, cosign->cosignature.tree_size));
      } else if (std::holds_alternative<wire::Ping>(request.what)) {
        session->on_frame(wire::pong(request.id));
      }
    }
  }
}

/// As the server does it: for itself it holds halves, for others it hands on.
void SessionFixture::answer(std::uint64_t id, wire::Relay const& relay) {
  if (relay.to != kServer) {
    session->on_frame(online.contains(relay.to) ? wire::relayed(id) : wire::refused(id, Refusal::kBusy));
    return;
  }
  session->on_frame(wire::relayed(id));
  auto const& own = meeting.keys_of(me);
  if (relay.kind == meeting::RelayKind::kDeposit && holds_halves) {
    auto const deposit = meeting::parse_deposit(relay.body).value();
    auto half = meeting::open_deposit({meeting.record.meeting(), me, kServer}, own.identity.public_key(),
                                      meeting.people.at(kServer).box, deposit);
    must(halves.take(me, own.box.public_key(), deposit.of, must(std::move(half))));
    session->on_frame(wire::relay_push(kServer, meeting::RelayKind::kHeld, meeting::encode_half_of(deposit.of)));
  }
  if (relay.kind == meeting::RelayKind::kWithdraw) {
    auto const returned = halves.give_back(me, meeting::parse_half_of(relay.body).value());
    session->on_frame(wire::relay_push(kServer, meeting::RelayKind::kReturn, meeting::encode_returned(returned)));
  }
}

std::optional<Secret> SessionFixture::half(meeting::HalfOf const& of) {
  auto half = meeting::open_returned(meeting.keys_of(me).box, halves.give_back(me, of).sealed);
  return half ? std::optional(std::move(*half)) : std::nullopt;
}

void SessionFixture::relay(PersonId from, meeting::RelayKind kind, Bytes const& body) {
  receive(wire::relay_push(from, kind, body));
}

std::vector<Bytes> SessionFixture::relayed_to(PersonId person, meeting::RelayKind kind) const {
  std::vector<Bytes> out;
  for (auto const& sent_one : sent<wire::Relay>()) {
    if (sent_one.to == person && sent_one.kind == kind) out.push_back(sent_one.body);
  }
  return out;
}

void SessionFixture::push() {
  auto const from = session->record().size();
  if (from < meeting.entries.size()) {
    std::vector<wire::EntryBytes> list;
    for (auto i = from; i < meeting.entries.size(); ++i) {
      list.push_back(std::make_shared<Bytes const>(meeting.entries[i]));
    }
    session->on_frame(wire::log_push(from, list, meeting.note()));
  }
  if (push_cosignatures) {
    std::vector<log::Cosignature> list;
    for (auto const& [size, witnessed] : meeting.checkpoints) {
      for (auto const& cosignature : witnessed.cosignatures) {
        if (cosignature.person != me) list.push_back(cosignature);
      }
    }
    session->on_frame(wire::cosignature_push(list));
  }
  for (auto const& line : session->take_events()) events.push_back(boost::json::parse(line).as_object());
}

void SessionFixture::push_entry(Bytes const& entry, std::string const& note) {
  std::vector<wire::EntryBytes> const list{std::make_shared<Bytes const>(entry)};
  receive(wire::log_push(session->record().size(), list, note));
}

std::string SessionFixture::sign_note(std::uint64_t size, Hash const& root) const {
  return log::sign_checkpoint({meeting.manifest.origin(), size, root}, meeting.people.at(kServer).witness);
}

void SessionFixture::open_batch(BatchId batch) {
  meeting.all_keys(batch);
  must(meeting.open(batch));
  blinded.clear();
  issued_pushes.clear();
  push();
  pump();
}

void SessionFixture::issue(TrusteeId trustee, std::function<void(BlindSigs&)> const& before,
                           std::function<void(BlindSigs&)> const& after) {
  auto const& attempt = meeting.attempt();
  auto const& keys = meeting.trustee_keys.at({attempt.open.batch, attempt.open.attempt, trustee});
  auto const cast = attempt.cast_of(me);
  BlindSigs sigs;
  for (auto const& [q, list] : blinded) {
    sigs[q] = crypto::blind_rsa::blind_sign(*keys.token_keys.at(q), list.at(trustee)).value();
  }
  if (before) before(sigs);
  must(meeting.submit(TokensIssued{attempt.open_hash, trustee, me, cast,
                                   tokens_issued_digest(attempt.open_hash, trustee, me, cast, sigs)},
                      {meeting.manifest.trustees.at(trustee)}));
  if (after) after(sigs);
  issued_pushes[trustee] = wire::issued_push(meeting.entries.size() - 1, meeting::encode_issued_payload(sigs));
  push();
  receive(issued_pushes[trustee]);
}

void SessionFixture::issue_all() {
  for (TrusteeId trustee = 0; trustee < meeting.attempt().holders.size(); ++trustee) issue(trustee);
}

void SessionFixture::vote_all(std::string const& choice) {
  for (QuestionId const q : meeting.attempt().questions_of(me)) say("vote " + std::to_string(q) + " " + choice);
}

void SessionFixture::others_cast() {
  for (PersonId const p : meeting.attempt().open.present) {
    if (p == me) continue;
    meeting.all_tokens(p);
    must(meeting.cast(p, {}));
  }
  push();
  pump();
}

void SessionFixture::close() {
  must(meeting.close_batch());
  push();
  pump();
}

void SessionFixture::mix() {
  auto const hops = static_cast<TrusteeId>(meeting.attempt().holders.size());
  for (TrusteeId trustee = 0; trustee < hops; ++trustee) must(meeting.close_issuance(trustee));
  for (TrusteeId trustee = 0; trustee < hops; ++trustee) must(meeting.mix(trustee));
  push();
  pump();
}

void SessionFixture::box(std::function<void(BallotBox&)> const& change) {
  auto body = meeting.make_box();
  if (change) change(body);
  must(meeting.submit(body, {kServer}));
  if (meeting.witnessed) meeting.witness();
  push();
  pump();
}

void SessionFixture::others_confirm() {
  for (PersonId const p : meeting.attempt().entitled()) {
    if (p != me) must(meeting.confirm(p));
  }
  push();
  pump();
}

}  // namespace piaojue::test

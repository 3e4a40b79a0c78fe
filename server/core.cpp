// SPDX-License-Identifier: Apache-2.0
#include "server/core.h"

#include <sodium.h>

#include <deque>
#include <unordered_map>

#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/slip.h"
#include "server/wire.h"

namespace piaojue::server {

using crypto::SigningPublicKey;
using meeting::BatchPhase;
using meeting::Entry;
using meeting::EntryType;
using meeting::Manifest;
using meeting::MeetingPhase;
using meeting::Record;

namespace {

constexpr std::string_view kDraftKey = "draft";
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFormat = "1";
constexpr std::string_view kKeyChangeReason = "新设备凭登记单登记 (enrolled with a new slip)";

Bytes text_key(std::string_view text) { return to_bytes(as_bytes(text)); }

/// u32be inside a key of the store.
std::uint32_t number_at(ByteView key, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | key[at + i];
  return number;
}

struct HashOf {
  std::size_t operator()(Hash const& hash) const { return FixedBytesHash<Hash>{}(hash); }
};
template <class T>
using ByHash = std::unordered_map<Hash, T, HashOf>;

void strip_keys(Manifest& manifest) {
  for (auto& person : manifest.people) {
    person.identity_key.reset();
    person.witness_key.reset();
    person.possession.reset();
  }
}

/// 1 < z < n − 1, both big-endian and of n's length. A token request outside it is refused before it is in the log,
/// because it is the only one that this expert can make in this attempt.
bool blinded_in_range(ByteView z, ByteView n) {
  if (z.size() != n.size() || z.empty()) return false;
  auto const is_small = std::all_of(z.begin(), z.end() - 1, [](auto b) { return b == 0; }) && z.back() <= 1;
  // n is odd, so n − 1 differs from n in the last bit only.
  auto limit = to_bytes(n);
  limit.back() &= 0xfe;
  return !is_small && std::lexicographical_compare(z.begin(), z.end(), limit.begin(), limit.end());
}

bool ended(BatchPhase phase) { return phase == BatchPhase::kDeclared || phase == BatchPhase::kVoided; }

/// How a certificate's holder stands with the log.
enum class Standing : std::uint8_t {
  kCurrent,  ///< its keys are the person's keys
  kWaiting,  ///< the person enrolled anew, and KeyChange is not in the log yet: may watch
  kEnded,    ///< replaced
};

struct Session {
  wire::Enrolment const* enrolment = nullptr;  ///< nothing: no certificate
  PersonId person = 0;
  Standing standing = Standing::kEnded;
  bool screen = false;
  bool hello = false;
  bool closing = false;
  std::uint64_t pushed = 0;  ///< entries that it has
  std::uint32_t wrong_codes = 0;
};

struct Proposal {
  Entry entry;
  Bytes bytes;
  PersonId by = 0;  ///< whose submission it was; 0: this server's
};

/// What travels in the attempt in progress and is deleted when it has ended.
struct Delivery {
  Hash open;
  bool live = false;
  std::map<PersonId, Bytes> token_payloads;
  std::map<std::pair<PersonId, TrusteeId>, Bytes> issued_payloads;
  std::map<std::pair<PersonId, TrusteeId>, std::uint64_t> issued_index;
  std::map<PersonId, Bytes> envelopes;
  std::map<PersonId, std::vector<Hash>> onions;  ///< of each current envelope
  ByHash<PersonId> onion_owner;
  std::map<std::uint32_t, Bytes> mixes;  ///< by hop
  std::map<PersonId, Secret> seal_keys;
  std::optional<std::vector<QuestionId>> fed;    ///< live questions for which hop 0 was given its input
  std::optional<std::vector<QuestionId>> boxed;  ///< live questions for which the box was begun
};

/// A payload that was checked against its entry, on its way into the log with it.
struct Payload {
  Bytes raw;
  std::vector<Hash> onions;  ///< of an envelope
};

}  // namespace

struct Core::Impl final : trustee::TrusteeStore {
  explicit Impl(Config c) : config(std::move(c)) {}

  // ---- What is configured and drafted
  Config config;
  Manifest draft;     ///< without keys
  Bytes draft_bytes;  ///< its encoding
  bool replaying = false;

  // ---- What the log says
  Record record;
  meeting::Witnesses witnesses;
  std::vector<wire::EntryBytes> entries;
  std::vector<std::uint64_t> chunk_starts;  ///< where full LogPushes begin, so that sessions share them
  std::size_t chunk_bytes = 0;
  std::map<std::size_t, std::weak_ptr<Bytes const>> chunk_frames;
  ByHash<std::uint64_t> leaf_index;
  ByHash<std::uint64_t> logged_proposals;
  std::optional<BatchPhase> last_phase;
  std::map<PersonId, std::uint64_t> key_since;  ///< size of the log from which the person's keys are the current ones

  // ---- Checkpoints
  std::set<std::uint64_t> noted;  ///< sizes with a signed note
  std::uint64_t noted_size = 0;
  std::string note;  ///< of noted_size
  std::map<PersonId, log::Cosignature> newest_cosignature;
  std::set<std::pair<std::uint64_t, PersonId>> cosigned;

  // ---- People
  std::map<PersonId, std::deque<wire::Enrolment>> enrolments;  ///< by number; a deque keeps addresses
  ByHash<wire::Enrolment const*> by_code;
  ByHash<wire::Enrolment const*> by_spki;
  std::set<SigningPublicKey> keys_seen;
  double wrong_codes = 0;
  std::uint64_t wrong_codes_at_ms = 0;
  bool throttled = false;  ///< said so in the log

  std::map<SessionId, Session> sessions;
  std::map<Hash, Proposal> proposals;
  bool recheck_proposals = false;
  Delivery delivery;

  // ---- Trustee 0 and other heavy work
  std::map<std::string, Bytes> trustee_rows;
  std::unique_ptr<trustee::Trustee> trustee;
  bool look_for_work = true;
  JobId last_job = 0;
  std::map<JobId, std::function<void()>> running;

  // ---- The next group
  Writes writes;
  std::vector<Output> replies;
  std::vector<log::Cosignature> new_cosignatures;
  std::vector<Output> pushes;  ///< leave after the log pushes of the group
  std::vector<Output> closes;
  bool status_changed = false;
  std::vector<Notice> notices;

  void notice(std::string event, std::string detail = {}, std::uint64_t number = 0) {
    if (!replaying) notices.push_back({std::move(event), std::move(detail), number});
  }
  static Frame share(Bytes bytes) { return std::make_shared<Bytes const>(std::move(bytes)); }
  void reply(SessionId session, Bytes bytes) { replies.push_back({session, share(std::move(bytes))}); }
  void refuse(SessionId session, std::uint64_t id, Refusal code) { reply(session, wire::refused(id, code)); }
  void close(SessionId id, Close reason) {
    auto const it = sessions.find(id);
    if (it == sessions.end() || it->second.closing) return;
    it->second.closing = true;
    closes.push_back({id, reason});
    status_changed = status_changed || it->second.hello;
  }
  void push(SessionId session, Frame const& frame) { pushes.push_back({session, frame}); }
  void push_all(Frame const& frame) {
    for (auto const& [id, session] : sessions) {
      if (session.hello && !session.closing) push(id, frame);
    }
  }
  /// To the session under the person's current keys, if there is one.
  void push_person(PersonId person, Frame const& frame) {
    for (auto const& [id, session] : sessions) {
      if (session.person == person && session.standing == Standing::kCurrent && session.hello && !session.closing) {
        push(id, frame);
      }
    }
  }

  // ================================================================================================ Recovery

  Result<void> load(Contents const& contents);
  Result<void> load_delivery(Contents const& contents);

  // ================================================================================================ People

  Manifest const& people() const { return record.phase() == MeetingPhase::kBeforeOpen ? draft : record.manifest(); }
  meeting::Person const* person(PersonId id) const {
    auto const& list = people().people;
    return id >= 1 && id <= list.size() ? &list[id - 1] : nullptr;
  }
  wire::Enrolment const* newest(PersonId id) const {
    auto const it = enrolments.find(id);
    return it == enrolments.end() || it->second.empty() ? nullptr : &it->second.back();
  }
  Standing standing(wire::Enrolment const& enrolment) const {
    bool const is_newest = newest(enrolment.person) == &enrolment;
    if (record.phase() == MeetingPhase::kBeforeOpen) return is_newest ? Standing::kCurrent : Standing::kEnded;
    if (record.identity_key(enrolment.person) == enrolment.identity_key) return Standing::kCurrent;
    return is_newest ? Standing::kWaiting : Standing::kEnded;
  }
  void add_enrolment(wire::Enrolment enrolment) {
    auto& list = enrolments[enrolment.person];
    auto const* added = &list.emplace_back(std::move(enrolment));
    by_code[added->code] = added;
    by_spki[added->spki] = added;
    keys_seen.insert(added->identity_key);
    keys_seen.insert(added->witness_key);
  }
  /// After an enrolment or a KeyChange: closes what has ended, gives a waiting session its rights.
  void restand(PersonId id);
  void enrol(SessionId id, Session& session, std::uint64_t request, wire::Enrol const& in);
  void propose_key_change(PersonId id);

  // ================================================================================================ The log

  Result<std::uint64_t> append(Entry const& entry, ByteView bytes, Payload payload = {});
  void took_in(Entry const& entry, std::uint64_t index, Payload payload);
  Result<std::uint64_t> append_own(meeting::Body const& body) {
    auto const bytes = meeting::signed_entry(body, meeting::kServer, config.server_key);
    auto const entry = meeting::decode_entry(bytes);
    if (!entry) return entry.error();
    return append(*entry, bytes);
  }
  void end_attempt();
  void submit(SessionId id, Session& session, std::uint64_t request, wire::Submit const& in);
  Result<Payload> check_payload(Entry const& entry, ByteView raw) const;
  Result<void> policy(Entry const& entry) const;
  void incident(Entry const& entry);

  // ================================================================================================ Proposals

  Result<void> propose(Hash const& id, Entry entry, Bytes bytes, PersonId by);
  void close_proposal(Hash const& id, std::optional<Refusal> refused);
  /// Adds signatures of `more`, in order of signers. @return false: nothing new.
  static bool merge(Entry& entry, std::vector<meeting::EntrySignature> const& more);
  /// A proposal with a further signature: into the log if complete.
  void advance(SessionId session, std::uint64_t request, Hash const& id, Entry entry);
  void countersign(SessionId id, Session& session, std::uint64_t request, wire::Countersign const& in);
  void recheck();

  // ================================================================================================ The rest

  void hello(SessionId id, Session& session, std::uint64_t request, wire::Hello const& in);
  void resume(SessionId id, Session const& session);
  void cosign(SessionId id, Session& session, std::uint64_t request, wire::Cosign const& in);
  void get_seal_key(SessionId id, Session& session, std::uint64_t request, wire::GetSealKey const& in);
  void get_draft(SessionId id, Session& session, std::uint64_t request);
  Bytes draft_with_keys() const;

  std::optional<TrusteeId> trustee_of(PersonId id) const {
    auto const& list = record.manifest().trustees;
    for (TrusteeId t = 1; t < list.size(); ++t) {
      if (list[t] == id) return t;
    }
    return std::nullopt;
  }
  std::vector<Frame> log_frames(std::uint64_t from);
  void feed_hop0();
  void feed_tokens(PersonId person);
  void begin_box(std::vector<Job>& out);

  // ---- TrusteeStore: a write of the group that carries the entry which rests on it
  Result<void> save(std::string const& name, Secret const& plain) override {
    auto sealed = crypto::seal(config.seal_key, plain.view(), as_bytes(name));
    // What it replaces may hold keys that are destroyed by this very write.
    if (trustee_rows.contains(name)) writes.truncate_journal = true;
    trustee_rows[name] = sealed;
    writes.put(Table::kTrustee, text_key(name), std::move(sealed));
    return {};
  }
  Result<std::optional<Secret>> load(std::string const& name) override {
    auto const it = trustee_rows.find(name);
    if (it == trustee_rows.end()) return std::optional<Secret>();
    auto plain = crypto::unseal(config.seal_key, it->second, as_bytes(name));
    if (!plain) return Refusal::kStorage;
    return std::optional<Secret>(std::move(*plain));
  }
  Result<void> erase(std::string const& name) override {
    if (trustee_rows.erase(name) == 0) return {};
    writes.erase(Table::kTrustee, text_key(name));
    writes.truncate_journal = true;
    return {};
  }
};

// ==================================================================================================== Recovery

Result<void> Core::Impl::load(Contents const& contents) {
  replaying = true;
  auto drafted = read_draft(contents);
  if (!drafted) return drafted.error();
  draft = std::move(*drafted);
  draft_bytes = meeting::encode_body(draft);
  if (draft.server_key != config.server_key.public_key() ||
      draft.checkpoint_key != config.checkpoint_key.public_key()) {
    return Refusal::kStorage;
  }

  for (auto const& [key, value] : contents[Table::kEnrolment]) {
    if (key.size() != 8) return Refusal::kStorage;
    auto row = wire::parse_enrolment(number_at(key, 0), number_at(key, 4), value);
    if (!row) return row.error();
    if (!person(row->person) || row->number != enrolments[row->person].size()) return Refusal::kStorage;
    add_enrolment(std::move(*row));
  }
  for (auto const& [name, sealed] : contents[Table::kTrustee]) {
    trustee_rows[std::string(as_text(name))] = sealed;
  }
  trustee = std::make_unique<trustee::Trustee>(0, meeting::kServer, config.server_key, *this, config.token_keys,
                                               config.lookahead);
  trustee->set_parallel(config.parallel);

  // Entries through the same path as live ones; each cosignature as soon as its tree is there, which is when the keys
  // that it was made with are the current ones.
  std::multimap<std::uint64_t, log::Cosignature> cosignatures;
  for (auto const& [key, value] : contents[Table::kCosignature]) {
    auto row = meeting::parse_cosignature(value);
    if (!row) return Refusal::kStorage;
    cosignatures.emplace(row->tree_size, *row);
  }
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    if (key != key_of(record.size())) return Refusal::kLogInconsistent;
    auto const entry = meeting::decode_entry(bytes);
    if (!entry) return Refusal::kLogInconsistent;
    if (auto const index = append(*entry, bytes); !index) return Refusal::kLogInconsistent;
    auto const [begin, end] = cosignatures.equal_range(record.size());
    for (auto it = begin; it != end; ++it) {
      if (auto const added = witnesses.add(record, it->second); !added) return Refusal::kLogInconsistent;
      newest_cosignature[it->second.person] = it->second;
      cosigned.emplace(it->second.tree_size, it->second.person);
    }
  }
  if (cosigned.size() != cosignatures.size()) return Refusal::kLogInconsistent;
  for (auto const& [key, value] : contents[Table::kCheckpoint]) {
    std::string const text(as_text(value));
    auto const checkpoint = log::open_checkpoint(text, draft.origin(), config.checkpoint_key.public_key());
    if (!checkpoint || key != key_of(checkpoint->size) || checkpoint->size > record.size() ||
        checkpoint->root != record.tree().root(checkpoint->size)) {
      return Refusal::kLogInconsistent;
    }
    noted.insert(checkpoint->size);
    noted_size = checkpoint->size;
    note = text;
  }
  if (auto loaded = load_delivery(contents); !loaded) return loaded;
  for (auto const& [key, bytes] : contents[Table::kProposal]) {
    auto const id = Hash::from(key);
    auto entry = meeting::decode_entry(bytes);
    if (!id || !entry) return Refusal::kStorage;
    PersonId const by = entry->signatures.empty() ? meeting::kServer : entry->signatures.front().signer;
    proposals.emplace(*id, Proposal{std::move(*entry), bytes, by});
  }

  // Whatever the replay would have written is in the store already.
  writes = {};
  replies.clear();
  pushes.clear();
  closes.clear();
  status_changed = false;
  recheck_proposals = true;
  replaying = false;
  return {};
}

Result<void> Core::Impl::load_delivery(Contents const& contents) {
  if (!delivery.live) return {};
  auto const& attempt = *record.attempt();
  auto const prefix = key_of(delivery.open);
  auto const each = [&](Table table, auto const& take) {
    auto const& rows = contents[table];
    for (auto it = rows.lower_bound(prefix); it != rows.end(); ++it) {
      ByteView const key = it->first;
      if (key.size() < prefix.size() || !std::ranges::equal(key.first(prefix.size()), prefix)) break;
      auto const rest = key.subspan(prefix.size());
      take(rest.size() >= 4 ? number_at(rest, 0) : 0, rest.size() >= 8 ? number_at(rest, 4) : 0, it->second);
    }
  };
  each(Table::kTokenPayload, [&](auto p, auto, auto const& raw) { delivery.token_payloads[p] = raw; });
  each(Table::kIssuedPayload, [&](auto p, auto t, auto const& raw) { delivery.issued_payloads[{p, t}] = raw; });
  each(Table::kMixOutput, [&](auto hop, auto, auto const& raw) { delivery.mixes[hop] = raw; });
  bool intact = true;
  each(Table::kEnvelope, [&](auto p, auto, auto const& raw) {
    auto const onions = meeting::parse_envelope_payload(raw);
    intact = intact && onions.has_value();
    if (!onions) return;
    delivery.envelopes[p] = raw;
    for (auto const& [question, onion] : *onions) {
      auto const hash = crypto::sha256({onion});
      delivery.onions[p].push_back(hash);
      delivery.onion_owner[hash] = p;
    }
  });
  each(Table::kSealKey, [&](auto p, auto, auto const& sealed) {
    auto key = crypto::unseal(config.seal_key, sealed, key_of(delivery.open, p));
    intact = intact && key.has_value();
    if (key) delivery.seal_keys.insert_or_assign(p, std::move(*key));
  });
  for (auto const& [p, request] : attempt.requests) intact = intact && delivery.token_payloads.contains(p);
  for (auto const& [p, cast] : attempt.casts) intact = intact && delivery.envelopes.contains(p);
  for (std::uint32_t hop = 0; hop < attempt.mixes.size(); ++hop) intact = intact && delivery.mixes.contains(hop);
  if (!intact) return Refusal::kStorage;
  for (auto const& [p, request] : attempt.requests) feed_tokens(p);
  return {};
}

// ==================================================================================================== People

void Core::Impl::restand(PersonId id) {
  for (auto& [session_id, session] : sessions) {
    if (session.person != id || session.closing) continue;
    auto const now = standing(*session.enrolment);
    if (now == session.standing) continue;
    session.standing = now;
    if (now == Standing::kEnded) {
      close(session_id, Close::kReplaced);
    } else if (now == Standing::kCurrent && session.hello) {
      status_changed = true;
      resume(session_id, session);
    }
  }
}

void Core::Impl::enrol(SessionId id, Session& session, std::uint64_t request, wire::Enrol const& in) {
  auto const now = config.now_ms ? config.now_ms() : 0;
  auto const& limits = config.limits;
  if (limits.wrong_code_ms > 0 && now > wrong_codes_at_ms) {
    auto const forgiven = static_cast<double>(now - wrong_codes_at_ms) / static_cast<double>(limits.wrong_code_ms);
    wrong_codes = std::max(0.0, wrong_codes - forgiven);
  }
  wrong_codes_at_ms = std::max(now, wrong_codes_at_ms);
  if (wrong_codes + 1 > limits.wrong_codes_burst) {
    if (!std::exchange(throttled, true)) notice("throttled");
    return refuse(id, request, Refusal::kBusy);
  }
  throttled = false;

  auto const* who = person(in.person);
  auto const hash = code_hash(in.code);
  bool known = false;
  if (who && config.codes) {
    auto const codes = config.codes(in.person);
    if (!codes) return refuse(id, request, Refusal::kStorage);
    // Every one is compared, in constant time: how long it takes tells nothing about how near a guess was.
    for (auto const& one : *codes) known |= sodium_memcmp(one.data.data(), hash.data.data(), Hash::kSize) == 0;
    auto const used = by_code.find(hash);
    known |= used != by_code.end() && used->second->person == in.person;
  }
  if (!known) {
    wrong_codes += 1;
    ++session.wrong_codes;
    notice("wrong_code");
    refuse(id, request, Refusal::kNotOnRoll);
    if (session.wrong_codes >= limits.wrong_codes_per_session) close(id, Close::kRefused);
    return;
  }

  Bytes number;
  append_u32be(number, in.person);
  auto const digest =
      crypto::sha256({number, in.identity_key.view(), in.witness_key.view(), in.possession.view(), in.csr});
  if (auto const used = by_code.find(hash); used != by_code.end()) {
    auto const& before = *used->second;
    if (before.request != digest) return refuse(id, request, Refusal::kConflict);
    return reply(id, wire::enrolled(request, before.certificate, before.authority, who->name, who->roles));
  }
  if (record.phase() == MeetingPhase::kClosed) return refuse(id, request, Refusal::kWrongPhase);
  auto const input = meeting::possession_input(draft.meeting_id, in.person, in.identity_key, in.witness_key);
  if (!crypto::verify(in.identity_key, {input}, in.possession)) return refuse(id, request, Refusal::kBadSignature);
  auto const taken = [&](SigningPublicKey const& key) {
    return keys_seen.contains(key) || key == draft.server_key || key == draft.checkpoint_key;
  };
  if (in.identity_key == in.witness_key || taken(in.identity_key) || taken(in.witness_key)) {
    return refuse(id, request, Refusal::kConflict);
  }
  auto issued = config.issue_certificate(in.csr, in.person);
  if (!issued) return refuse(id, request, issued.error());
  if (by_spki.contains(issued->spki)) return refuse(id, request, Refusal::kConflict);

  wire::Enrolment row;
  row.person = in.person;
  row.number = static_cast<std::uint32_t>(enrolments[in.person].size());
  row.code = hash;
  row.request = digest;
  row.identity_key = in.identity_key;
  row.witness_key = in.witness_key;
  row.possession = in.possession;
  row.spki = issued->spki;
  row.certificate = issued->certificate_pem;
  row.authority = issued->authority_pem;
  writes.put(Table::kEnrolment, key_of(row.person, row.number), wire::encode_enrolment(row));
  add_enrolment(std::move(row));
  status_changed = true;
  recheck_proposals = true;
  std::uint64_t enrolled = 0;
  for (auto const& [p, list] : enrolments) enrolled += list.empty() ? 0 : 1;
  notice("enrolled", {}, enrolled);
  reply(id, wire::enrolled(request, issued->certificate_pem, issued->authority_pem, who->name, who->roles));
  restand(in.person);
  propose_key_change(in.person);
}

void Core::Impl::propose_key_change(PersonId id) {
  auto const* enrolment = newest(id);
  if (record.phase() != MeetingPhase::kOpen || !enrolment || record.identity_key(id) == enrolment->identity_key) return;
  meeting::KeyChange body{record.meeting(),        id,
                          enrolment->identity_key, enrolment->witness_key,
                          enrolment->possession,   std::string(kKeyChangeReason)};
  auto const body_bytes = meeting::encode_body(body);
  auto bytes = meeting::encode_entry(EntryType::kKeyChange, body_bytes, {});
  auto entry = meeting::decode_entry(bytes);
  Result<void> done;
  if (entry) {
    done = propose(meeting::proposal_id(EntryType::kKeyChange, body_bytes), std::move(*entry), std::move(bytes),
                   meeting::kServer);
  } else {
    done = entry.error();
  }
  if (!done) notice("key_change_refused", std::string(piaojue::name(done.error())));
}

// ==================================================================================================== The log

Result<std::uint64_t> Core::Impl::append(Entry const& entry, ByteView bytes, Payload payload) {
  if (auto taken = record.apply(entry, bytes); !taken) return taken.error();
  auto const index = record.size() - 1;
  auto owned = to_bytes(bytes);
  if (!replaying) writes.put(Table::kEntry, key_of(index), owned);
  if (entries.empty() || chunk_bytes + owned.size() > config.limits.push_bytes) {
    chunk_starts.push_back(index);
    chunk_bytes = 0;
  }
  chunk_bytes += owned.size();
  entries.push_back(std::make_shared<Bytes const>(std::move(owned)));
  leaf_index.emplace(record.tree().leaf(index), index);
  logged_proposals.emplace(meeting::proposal_id(entry.type(), entry.body_bytes), index);
  took_in(entry, index, std::move(payload));
  recheck_proposals = true;
  look_for_work = true;
  return index;
}

void Core::Impl::took_in(Entry const& entry, std::uint64_t index, Payload payload) {
  auto const id = meeting::proposal_id(entry.type(), entry.body_bytes);
  if (proposals.contains(id)) close_proposal(id, std::nullopt);

  switch (entry.type()) {
    case EntryType::kMeetingOpen:
      notice("meeting_open");
      for (auto const& [p, list] : enrolments) {
        restand(p);
        if (!replaying) propose_key_change(p);
      }
      status_changed = true;
      break;
    case EntryType::kMeetingClose:
      notice("meeting_close", {}, record.size());
      break;
    case EntryType::kKeyChange: {
      auto const p = std::get<meeting::KeyChange>(entry.body).person;
      key_since[p] = record.size();
      newest_cosignature.erase(p);
      restand(p);
      break;
    }
    case EntryType::kBatchOpen:
      delivery = {};
      delivery.open = record.attempt()->open_hash;
      delivery.live = true;
      break;
    case EntryType::kTokenRequest: {
      auto const& body = std::get<meeting::TokenRequest>(entry.body);
      if (replaying) break;
      writes.put(Table::kTokenPayload, key_of(delivery.open, body.person), payload.raw);
      auto const frame = share(wire::token_work(index, payload.raw));
      delivery.token_payloads[body.person] = std::move(payload.raw);
      for (auto const t : record.attempt()->hops) {
        if (t != 0) push_person(record.manifest().trustees[t], frame);
      }
      feed_tokens(body.person);
      break;
    }
    case EntryType::kTokensIssued: {
      auto const& body = std::get<meeting::TokensIssued>(entry.body);
      delivery.issued_index[{body.person, body.trustee}] = index;
      if (replaying) break;
      writes.put(Table::kIssuedPayload, key_of(delivery.open, body.person, body.trustee), payload.raw);
      push_person(body.person, share(wire::issued_push(index, payload.raw)));
      delivery.issued_payloads[{body.person, body.trustee}] = std::move(payload.raw);
      break;
    }
    case EntryType::kEnvelopeCast: {
      auto const& body = std::get<meeting::EnvelopeCast>(entry.body);
      if (replaying) break;
      writes.put(Table::kEnvelope, key_of(delivery.open, body.person), payload.raw);
      delivery.envelopes[body.person] = std::move(payload.raw);
      for (auto const& onion : delivery.onions[body.person]) delivery.onion_owner.erase(onion);
      for (auto const& onion : payload.onions) delivery.onion_owner[onion] = body.person;
      delivery.onions[body.person] = std::move(payload.onions);
      break;
    }
    case EntryType::kMixStep: {
      if (replaying) break;
      auto const& attempt = *record.attempt();
      auto const hop = static_cast<std::uint32_t>(attempt.mixes.size() - 1);
      writes.put(Table::kMixOutput, key_of(delivery.open, hop), payload.raw);
      if (hop + 1 < attempt.hops.size()) {
        auto const next = attempt.hops[hop + 1];
        push_person(record.manifest().trustees[next], share(wire::mix_work(delivery.open, next, payload.raw)));
      }
      delivery.mixes[hop] = std::move(payload.raw);
      break;
    }
    case EntryType::kConfirm: {
      auto const p = std::get<meeting::Confirm>(entry.body).person;
      if (replaying) break;
      if (delivery.seal_keys.erase(p) > 0) writes.erase(Table::kSealKey, key_of(delivery.open, p));
      break;
    }
    default:
      break;
  }

  if (auto const& attempt = record.attempt()) {
    if (last_phase != attempt->phase)
      notice("batch_phase", std::string(meeting::phase_name(attempt->phase)), attempt->open.batch);
    last_phase = attempt->phase;
    if (delivery.live && ended(attempt->phase)) end_attempt();
  }
}

void Core::Impl::end_attempt() {
  auto const prefix = key_of(delivery.open);
  for (auto const table :
       {Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope, Table::kMixOutput, Table::kSealKey}) {
    writes.erase_prefix(table, prefix);
  }
  writes.truncate_journal = true;
  delivery = {};
}

Result<void> Core::Impl::policy(Entry const& entry) const {
  if (auto const* opening = std::get_if<Manifest>(&entry.body)) {
    // The clerk's program fills in nothing: what is signed is what was drafted, with the keys that were enrolled.
    auto plain = *opening;
    strip_keys(plain);
    if (meeting::encode_body(plain) != draft_bytes) return Refusal::kConflict;
    for (PersonId p = 1; p <= opening->people.size(); ++p) {
      auto const& key = opening->people[p - 1].identity_key;
      auto const* enrolment = newest(p);
      if (key && (!enrolment || enrolment->identity_key != *key ||
                  enrolment->witness_key != opening->people[p - 1].witness_key)) {
        return Refusal::kConflict;
      }
    }
  }
  if (auto const* change = std::get_if<meeting::KeyChange>(&entry.body)) {
    // Other keys would lock the person out: there is no certificate that goes with them.
    auto const* enrolment = newest(change->person);
    if (!enrolment || enrolment->identity_key != change->identity_key ||
        enrolment->witness_key != change->witness_key) {
      return Refusal::kConflict;
    }
  }
  return {};
}

Result<Payload> Core::Impl::check_payload(Entry const& entry, ByteView raw) const {
  Payload payload{to_bytes(raw), {}};
  auto const same_questions = [](auto const& map, std::vector<QuestionId> const& questions) {
    return std::ranges::equal(map, questions, {}, [](auto const& pair) { return pair.first; });
  };
  switch (entry.type()) {
    case EntryType::kTokenRequest: {
      auto const& body = std::get<meeting::TokenRequest>(entry.body);
      auto const& attempt = *record.attempt();
      auto const messages = meeting::parse_token_payload(raw);
      if (!messages) return messages.error();
      if (!same_questions(*messages, attempt.questions_of(body.person))) return Refusal::kConflict;
      for (auto const& [question, list] : *messages) {
        if (list.size() != attempt.hops.size()) return Refusal::kConflict;
        for (std::size_t hop = 0; hop < list.size(); ++hop) {
          if (!blinded_in_range(list[hop], attempt.keys[hop].token_keys.at(question))) return Refusal::kOutOfRange;
        }
      }
      if (meeting::token_request_digest(body.batch_open, body.person, *messages) != body.digest) {
        return Refusal::kConflict;
      }
      return payload;
    }
    case EntryType::kTokensIssued: {
      auto const& body = std::get<meeting::TokensIssued>(entry.body);
      auto const& attempt = *record.attempt();
      auto const sigs = meeting::parse_issued_payload(raw);
      if (!sigs) return sigs.error();
      if (!same_questions(*sigs, attempt.questions_of(body.person))) return Refusal::kConflict;
      for (auto const& [question, sig] : *sigs) {
        if (sig.size() != attempt.shape.modulus_bytes) return Refusal::kOutOfRange;
      }
      if (meeting::tokens_issued_digest(body.batch_open, body.trustee, body.person, *sigs) != body.digest) {
        return Refusal::kConflict;
      }
      return payload;
    }
    case EntryType::kEnvelopeCast: {
      auto const& body = std::get<meeting::EnvelopeCast>(entry.body);
      auto const& attempt = *record.attempt();
      auto const onions = meeting::parse_envelope_payload(raw);
      if (!onions) return onions.error();
      if (!same_questions(*onions, attempt.questions_of(body.person))) return Refusal::kConflict;
      auto const onion_bytes = attempt.shape.bytes() + attempt.hops.size() * crypto::onion::kLayerBytes;
      std::set<Hash> own;
      for (auto const& [question, onion] : *onions) {
        if (onion.size() != onion_bytes) return Refusal::kMixSize;
        auto const hash = crypto::sha256({onion});
        auto const owner = delivery.onion_owner.find(hash);
        // A copied onion would make every hop refuse the whole batch.
        if (!own.insert(hash).second || (owner != delivery.onion_owner.end() && owner->second != body.person)) {
          return Refusal::kMixDuplicate;
        }
        payload.onions.push_back(hash);
      }
      if (meeting::envelope_digest(body.batch_open, body.person, body.sequence, *onions) != body.digest) {
        return Refusal::kConflict;
      }
      return payload;
    }
    case EntryType::kMixStep: {
      auto const& body = std::get<meeting::MixStep>(entry.body);
      auto const& attempt = *record.attempt();
      auto const mixed = meeting::parse_mix_payload(raw);
      if (!mixed) return mixed.error();
      auto const layers = attempt.hops.size() - 1 - attempt.mixes.size();
      auto const item_bytes = attempt.shape.bytes() + layers * crypto::onion::kLayerBytes;
      if (mixed->salt.size() != 32 || mixed->items.size() != body.counts.size()) return Refusal::kConflict;
      for (auto const& [question, items] : mixed->items) {
        auto const count = body.counts.find(question);
        if (count == body.counts.end()) return Refusal::kConflict;
        if (count->second.out != items.size()) return Refusal::kMixSize;
        for (auto const& item : items) {
          if (item.size() != item_bytes) return Refusal::kMixSize;
        }
      }
      if (meeting::mix_output_hash(body.batch_open, body.trustee, mixed->salt, mixed->items) != body.output_hash) {
        return Refusal::kConflict;
      }
      return payload;
    }
    default:
      if (!raw.empty()) return Refusal::kMalformed;
      return payload;
  }
}

void Core::Impl::incident(Entry const& entry) {
  auto const& body = std::get<meeting::TokenRequest>(entry.body);
  auto const key = record.identity_key(body.person);
  auto const input = crypto::entry_signing_input(meeting::name(EntryType::kTokenRequest), entry.body_bytes);
  // Only what the person really signed is held against it, and only if it differs from what was answered.
  if (!key || entry.signatures.size() != 1 || entry.signatures.front().signer != body.person ||
      !crypto::verify(*key, {input}, entry.signatures.front().signature)) {
    return;
  }
  // Refused when there is one already: once per person and code.
  auto const logged = append_own(meeting::Incident{body.batch_open, body.person,
                                                   static_cast<std::uint32_t>(Refusal::kAlreadyIssued), body.digest});
  if (logged) notice("incident", std::string(piaojue::name(Refusal::kAlreadyIssued)));
}

void Core::Impl::submit(SessionId id, Session& session, std::uint64_t request, wire::Submit const& in) {
  if (auto const it = leaf_index.find(log::leaf_hash(in.entry)); it != leaf_index.end()) {
    return reply(id, wire::accepted(request, it->second));
  }
  auto entry = meeting::decode_entry(in.entry);
  if (!entry) return refuse(id, request, entry.error());
  auto const signer = [&](auto const& signature) { return signature.signer == session.person; };
  if (std::ranges::none_of(entry->signatures, signer)) return refuse(id, request, Refusal::kNotAuthorised);
  auto const proposal = meeting::proposal_id(entry->type(), entry->body_bytes);
  if (auto const it = logged_proposals.find(proposal); it != logged_proposals.end()) {
    return reply(id, wire::accepted(request, it->second));
  }
  if (auto const allowed = policy(*entry); !allowed) return refuse(id, request, allowed.error());
  if (auto const it = proposals.find(proposal); it != proposals.end()) {
    auto merged = it->second.entry;
    if (!merge(merged, entry->signatures)) return reply(id, wire::pending(request, proposal));
    return advance(id, request, proposal, std::move(merged));
  }
  if (!record.signatures_complete(*entry)) {
    // By its name first: what somebody signs who is not asked is not a proposal with something added.
    if (auto const allowed = record.check(*entry, Record::Signatures::kPartial); !allowed) {
      return refuse(id, request, allowed.error());
    }
    if (!in.payload.empty()) return refuse(id, request, Refusal::kMalformed);
    if (auto const done = propose(proposal, std::move(*entry), in.entry, session.person); !done) {
      return refuse(id, request, done.error());
    }
    return reply(id, wire::pending(request, proposal));
  }
  if (auto const allowed = record.check(*entry); !allowed) {
    if (allowed.error() == Refusal::kAlreadyIssued && entry->type() == EntryType::kTokenRequest) incident(*entry);
    return refuse(id, request, allowed.error());
  }
  auto payload = check_payload(*entry, in.payload);
  if (!payload) return refuse(id, request, payload.error());
  auto const index = append(*entry, in.entry, std::move(*payload));
  if (!index) return refuse(id, request, index.error());
  reply(id, wire::accepted(request, *index));
}

// ==================================================================================================== Proposals

Result<void> Core::Impl::propose(Hash const& id, Entry entry, Bytes bytes, PersonId by) {
  if (proposals.contains(id)) return {};
  if (auto allowed = policy(entry); !allowed) return allowed;
  if (auto allowed = record.check(entry, Record::Signatures::kPartial); !allowed) return allowed;
  std::size_t of_person = 0;
  std::size_t total = bytes.size();
  for (auto const& [other, proposal] : proposals) {
    total += proposal.bytes.size();
    if (proposal.by == by) ++of_person;
  }
  // The server's own are bounded by the slips that were given out.
  if (by != meeting::kServer &&
      (proposals.size() >= config.limits.proposals_max || of_person >= config.limits.proposals_per_person_max ||
       total > config.limits.proposal_bytes_max)) {
    return Refusal::kBusy;
  }
  writes.put(Table::kProposal, key_of(id), bytes);
  push_all(share(wire::proposal_push(id, bytes)));
  proposals.emplace(id, Proposal{std::move(entry), std::move(bytes), by});
  return {};
}

void Core::Impl::close_proposal(Hash const& id, std::optional<Refusal> refused) {
  if (proposals.erase(id) == 0) return;
  writes.erase(Table::kProposal, key_of(id));
  push_all(share(wire::proposal_closed(id, refused)));
}

bool Core::Impl::merge(Entry& entry, std::vector<meeting::EntrySignature> const& more) {
  bool added = false;
  for (auto const& signature : more) {
    auto const at = std::ranges::lower_bound(entry.signatures, signature.signer, {}, &meeting::EntrySignature::signer);
    if (at != entry.signatures.end() && at->signer == signature.signer) continue;
    entry.signatures.insert(at, signature);
    added = true;
  }
  return added;
}

void Core::Impl::advance(SessionId session, std::uint64_t request, Hash const& id, Entry entry) {
  auto bytes = meeting::encode_entry(entry.type(), entry.body_bytes, entry.signatures);
  if (auto const allowed = record.check(entry, Record::Signatures::kPartial); !allowed) {
    return refuse(session, request, allowed.error());
  }
  if (!record.signatures_complete(entry)) {
    auto& proposal = proposals.at(id);
    writes.put(Table::kProposal, key_of(id), bytes);
    push_all(share(wire::proposal_push(id, bytes)));
    proposal.entry = std::move(entry);
    proposal.bytes = std::move(bytes);
    return reply(session, wire::pending(request, id));
  }
  auto const index = append(entry, bytes);
  if (!index) return refuse(session, request, index.error());
  reply(session, wire::accepted(request, *index));
}

void Core::Impl::countersign(SessionId id, Session& session, std::uint64_t request, wire::Countersign const& in) {
  if (in.signer != session.person) return refuse(id, request, Refusal::kNotAuthorised);
  if (auto const it = logged_proposals.find(in.proposal); it != logged_proposals.end()) {
    return reply(id, wire::accepted(request, it->second));
  }
  auto const it = proposals.find(in.proposal);
  if (it == proposals.end()) return refuse(id, request, Refusal::kUnknown);
  auto entry = it->second.entry;
  if (!merge(entry, {{in.signer, in.signature}})) return reply(id, wire::pending(request, in.proposal));
  advance(id, request, in.proposal, std::move(entry));
}

void Core::Impl::recheck() {
  recheck_proposals = false;
  std::vector<std::pair<Hash, Refusal>> outdated;
  for (auto const& [id, proposal] : proposals) {
    auto allowed = policy(proposal.entry);
    if (allowed) allowed = record.check(proposal.entry, Record::Signatures::kPartial);
    if (!allowed) outdated.emplace_back(id, allowed.error());
  }
  for (auto const& [id, code] : outdated) close_proposal(id, code);
}

// ==================================================================================================== The rest

void Core::Impl::hello(SessionId id, Session& session, std::uint64_t request, wire::Hello const& in) {
  // Somebody who knows more than this server talked to another one, or to this one before it lost its disk.
  if (in.next_index > record.size()) return refuse(id, request, Refusal::kLogInconsistent);
  auto const& who = *person(session.person);
  reply(id, wire::welcome(request, draft.meeting_id, record.size(), session.person, who.roles));
  session.hello = true;
  session.pushed = in.next_index;
  status_changed = true;
  if (!newest_cosignature.empty()) {
    std::vector<log::Cosignature> all;
    for (auto const& [p, cosignature] : newest_cosignature) all.push_back(cosignature);
    push(id, share(wire::cosignature_push(all)));
  }
  for (auto const& [proposal_id, proposal] : proposals) {
    push(id, share(wire::proposal_push(proposal_id, proposal.bytes)));
  }
  if (session.standing == Standing::kCurrent) resume(id, session);
}

void Core::Impl::resume(SessionId id, Session const& session) {
  if (!delivery.live) return;
  auto const& attempt = *record.attempt();
  auto const t = trustee_of(session.person);
  auto const hop = t ? attempt.hop_of(*t) : std::nullopt;
  if (hop && attempt.phase == BatchPhase::kVoting) {
    for (auto const& [p, raw] : delivery.token_payloads) {
      auto const issued = attempt.issued.find(p);
      if (issued != attempt.issued.end() && issued->second.contains(*t)) continue;
      push(id, share(wire::token_work(attempt.request_index.at(p), raw)));
    }
  }
  if (hop && *hop > 0 && attempt.phase == BatchPhase::kMixing && attempt.mixes.size() == *hop) {
    push(id, share(wire::mix_work(delivery.open, *t, delivery.mixes.at(*hop - 1))));
  }
  auto const begin = delivery.issued_payloads.lower_bound({session.person, 0});
  for (auto it = begin; it != delivery.issued_payloads.end() && it->first.first == session.person; ++it) {
    push(id, share(wire::issued_push(delivery.issued_index.at(it->first), it->second)));
  }
}

void Core::Impl::cosign(SessionId id, Session& session, std::uint64_t request, wire::Cosign const& in) {
  auto const& cosignature = in.cosignature;
  if (cosignature.person != session.person) return refuse(id, request, Refusal::kNotAuthorised);
  if (cosigned.contains({cosignature.tree_size, cosignature.person})) {
    return reply(id, wire::accepted(request, cosignature.tree_size));
  }
  if (cosignature.tree_size > record.size()) return refuse(id, request, Refusal::kOutOfRange);
  if (!noted.contains(cosignature.tree_size)) return refuse(id, request, Refusal::kUnknown);
  // Under a key that the person did not have yet at that size, no verifier would accept it.
  auto const since = key_since.find(cosignature.person);
  if (since != key_since.end() && cosignature.tree_size < since->second) {
    return refuse(id, request, Refusal::kNotOnRoll);
  }
  if (auto const added = witnesses.add(record, cosignature); !added) return refuse(id, request, added.error());
  writes.put(Table::kCosignature, key_of(cosignature.tree_size, cosignature.person),
             meeting::encode_cosignature(cosignature));
  cosigned.emplace(cosignature.tree_size, cosignature.person);
  auto& newest_one = newest_cosignature[cosignature.person];
  if (newest_one.tree_size <= cosignature.tree_size) newest_one = cosignature;
  new_cosignatures.push_back(cosignature);
  look_for_work = true;
  reply(id, wire::accepted(request, cosignature.tree_size));
}

void Core::Impl::get_seal_key(SessionId id, Session& session, std::uint64_t request, wire::GetSealKey const& in) {
  if (!delivery.live || delivery.open != in.batch_open) return refuse(id, request, Refusal::kUnknown);
  auto const& attempt = *record.attempt();
  if (!attempt.present(session.person)) return refuse(id, request, Refusal::kNotOnRoll);
  if (attempt.open.paper || attempt.confirms.contains(session.person)) {
    return refuse(id, request, Refusal::kWrongPhase);
  }
  auto it = delivery.seal_keys.find(session.person);
  if (it == delivery.seal_keys.end()) {
    it = delivery.seal_keys.emplace(session.person, Secret::random(crypto::kSealKeyBytes)).first;
    auto const key = key_of(delivery.open, session.person);
    writes.put(Table::kSealKey, key, crypto::seal(config.seal_key, it->second.view(), key));
  }
  reply(id, wire::seal_key(request, it->second.view()));
}

Bytes Core::Impl::draft_with_keys() const {
  auto manifest = draft;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    auto const* enrolment = newest(p);
    if (!enrolment) continue;
    auto& person_of_draft = manifest.people[p - 1];
    person_of_draft.identity_key = enrolment->identity_key;
    person_of_draft.witness_key = enrolment->witness_key;
    person_of_draft.possession = enrolment->possession;
  }
  return meeting::encode_body(manifest);
}

void Core::Impl::get_draft(SessionId id, Session& session, std::uint64_t request) {
  if (!(person(session.person)->roles & meeting::kClerk)) return refuse(id, request, Refusal::kNotAuthorised);
  if (record.phase() != MeetingPhase::kBeforeOpen) return refuse(id, request, Refusal::kWrongPhase);
  reply(id, wire::draft(request, draft_with_keys()));
}

std::vector<Frame> Core::Impl::log_frames(std::uint64_t from) {
  std::vector<Frame> frames;
  auto const size = record.size();
  auto chunk = static_cast<std::size_t>(std::ranges::upper_bound(chunk_starts, from) - chunk_starts.begin());
  while (from < size) {
    auto const end = chunk < chunk_starts.size() ? chunk_starts[chunk] : size;
    std::span<wire::EntryBytes const> const list(entries.data() + from, end - from);
    bool const whole = end < size && from == chunk_starts[chunk - 1];
    Frame frame;
    if (whole) frame = chunk_frames[chunk].lock();
    if (!frame) frame = share(wire::log_push(from, list, end == size ? note : std::string()));
    if (whole) chunk_frames[chunk] = frame;
    frames.push_back(std::move(frame));
    from = end;
    ++chunk;
  }
  return frames;
}

// ==================================================================================================== Heavy work

void Core::Impl::feed_tokens(PersonId p) {
  auto const messages = meeting::parse_token_payload(delivery.token_payloads.at(p));
  if (messages) trustee->on_token_work(p, delivery.open, *messages);
}

void Core::Impl::feed_hop0() {
  if (!delivery.live) return;
  auto const& attempt = *record.attempt();
  if (attempt.phase != BatchPhase::kMixing || !attempt.mixes.empty() || delivery.fed == attempt.live()) return;
  delivery.fed = attempt.live();
  std::map<PersonId, meeting::Onions> envelopes;
  for (auto const& [p, leaf] : attempt.counted) {
    auto const raw = delivery.envelopes.find(p);
    if (raw == delivery.envelopes.end()) continue;  // refused below, by name
    if (auto onions = meeting::parse_envelope_payload(raw->second)) envelopes.emplace(p, std::move(*onions));
  }
  auto items = trustee::onions_to_items(record, envelopes);
  if (!items) {
    return notice("mix_input_refused", std::string(piaojue::name(items.error())));
  }
  trustee->on_mix_input(delivery.open, std::move(*items), {});
}

void Core::Impl::begin_box(std::vector<Job>& out) {
  if (!delivery.live) return;
  auto const& attempt = *record.attempt();
  if (attempt.phase != BatchPhase::kMixing || attempt.mixes.size() != attempt.hops.size()) return;
  if (delivery.boxed == attempt.live()) return;
  auto const last = delivery.mixes.find(static_cast<std::uint32_t>(attempt.hops.size() - 1));
  if (last == delivery.mixes.end()) return;
  delivery.boxed = attempt.live();
  struct Work {
    Record record;
    Bytes raw;
    std::optional<meeting::BallotBox> box;
  };
  auto work = std::make_shared<Work>(Work{record, last->second, std::nullopt});
  auto const id = ++last_job;
  out.push_back({id, "box/" + std::to_string(attempt.open.batch) + "/" + std::to_string(attempt.open.attempt),
                 [work, parallel = config.parallel] {
                   auto const mixed = meeting::parse_mix_payload(work->raw);
                   if (mixed) work->box = trustee::make_ballot_box(work->record, mixed->items, parallel);
                 },
                 false});
  running[id] = [this, work] {
    if (!work->box) return notice("box_refused", "unreadable");
    auto const logged = append_own(*work->box);
    // Refused when a Void came in between: the next look finds other live questions and begins again.
    if (!logged) notice("box_refused", std::string(piaojue::name(logged.error())));
  };
}

// ==================================================================================================== Core

Core::Core(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Core::~Core() = default;

Result<std::unique_ptr<Core>> Core::recover(Config config, Contents const& contents) {
  piaojue::init();
  auto impl = std::make_unique<Impl>(std::move(config));
  if (auto loaded = impl->load(contents); !loaded) return loaded.error();
  return std::unique_ptr<Core>(new Core(std::move(impl)));
}

void Core::open(SessionId id, std::optional<Hash> const& spki) {
  auto& core = *impl_;
  if (core.sessions.contains(id)) return;
  auto& session = core.sessions[id];
  if (core.sessions.size() > core.config.limits.sessions_max) return core.close(id, Close::kTooMany);
  if (!spki) {
    auto const strangers = std::ranges::count_if(core.sessions, [](auto const& one) { return !one.second.enrolment; });
    if (static_cast<std::size_t>(strangers) > core.config.limits.strangers_max) core.close(id, Close::kTooMany);
    return;
  }
  auto const it = core.by_spki.find(*spki);
  if (it == core.by_spki.end()) return core.close(id, Close::kRefused);
  session.enrolment = it->second;
  session.standing = core.standing(*it->second);
  session.person = it->second->person;
  session.screen = core.person(session.person)->roles == meeting::kScreen;
  if (session.standing == Standing::kEnded) return core.close(id, Close::kRefused);
  for (auto& [other_id, other] : core.sessions) {
    if (other_id != id && other.enrolment == session.enrolment) core.close(other_id, Close::kReplaced);
  }
}

void Core::closed(SessionId id) {
  auto const it = impl_->sessions.find(id);
  if (it == impl_->sessions.end()) return;
  if (it->second.hello) impl_->status_changed = true;
  impl_->sessions.erase(it);
}

void Core::on_frame(SessionId id, ByteView frame) {
  auto& core = *impl_;
  auto const it = core.sessions.find(id);
  if (it == core.sessions.end() || it->second.closing) return;
  auto& session = it->second;
  auto parsed = wire::parse_request(frame);
  if (!parsed) return core.close(id, Close::kMalformed);
  auto const request = parsed->id;
  auto const& what = parsed->what;
  if (!session.enrolment && parsed->enrolment) {
    if (auto const* enrol = std::get_if<wire::Enrol>(&what)) return core.enrol(id, session, request, *enrol);
  } else if (!session.enrolment) {
    core.refuse(id, request, Refusal::kNotAuthorised);
    return core.close(id, Close::kRefused);
  }
  if (auto const* code = std::get_if<Refusal>(&what)) return core.refuse(id, request, *code);
  if (std::holds_alternative<wire::Ping>(what)) return core.reply(id, wire::pong(request));
  if (auto const* hello = std::get_if<wire::Hello>(&what)) return core.hello(id, session, request, *hello);
  if (session.screen) return core.refuse(id, request, Refusal::kNotAuthorised);
  if (session.standing != Standing::kCurrent) return core.refuse(id, request, Refusal::kNotOnRoll);

  if (auto const* submit = std::get_if<wire::Submit>(&what)) return core.submit(id, session, request, *submit);
  if (auto const* sign = std::get_if<wire::Countersign>(&what)) return core.countersign(id, session, request, *sign);
  if (auto const* cosign = std::get_if<wire::Cosign>(&what)) return core.cosign(id, session, request, *cosign);
  if (auto const* key = std::get_if<wire::GetSealKey>(&what)) return core.get_seal_key(id, session, request, *key);
  if (std::holds_alternative<wire::GetDraft>(what)) return core.get_draft(id, session, request);
  // Enrol, by somebody who is enrolled.
  core.refuse(id, request, Refusal::kNotAuthorised);
}

bool Core::has_group() const {
  auto const& core = *impl_;
  return !core.writes.empty() || !core.replies.empty() || !core.pushes.empty() || !core.closes.empty() ||
         core.status_changed || core.recheck_proposals;
}

CommitGroup Core::take_group() {
  auto& core = *impl_;
  if (core.recheck_proposals) core.recheck();
  auto const& tree = core.record.tree();
  if (tree.size() > core.noted_size) {
    core.note = log::sign_checkpoint({core.draft.origin(), tree.size(), tree.root()}, core.config.checkpoint_key);
    core.noted_size = tree.size();
    core.noted.insert(tree.size());
    core.writes.put(Table::kCheckpoint, key_of(tree.size()), text_key(core.note));
  }

  CommitGroup group;
  group.writes = std::exchange(core.writes, {});
  group.outputs = std::exchange(core.replies, {});
  auto const add = [&](std::vector<Output> more) {
    group.outputs.insert(group.outputs.end(), std::make_move_iterator(more.begin()),
                         std::make_move_iterator(more.end()));
  };
  // The log first: whatever else is pushed may speak of its newest entry.
  std::map<std::uint64_t, std::vector<Frame>> frames;
  std::vector<SessionId> greeted;
  for (auto& [id, session] : core.sessions) {
    if (!session.hello || session.closing) continue;
    greeted.push_back(id);
    if (session.pushed >= tree.size()) continue;
    auto& list = frames[session.pushed];
    if (list.empty()) list = core.log_frames(session.pushed);
    for (auto const& frame : list) group.outputs.push_back({id, frame});
    session.pushed = tree.size();
  }
  if (auto const fresh = std::exchange(core.new_cosignatures, {}); !fresh.empty()) {
    auto const frame = Impl::share(wire::cosignature_push(fresh));
    for (auto const id : greeted) group.outputs.push_back({id, frame});
  }
  add(std::exchange(core.pushes, {}));
  if (std::exchange(core.status_changed, false)) {
    std::set<PersonId> connected;
    std::vector<PersonId> enrolled;
    for (auto const id : greeted) {
      auto const& session = core.sessions.at(id);
      if (session.standing == Standing::kCurrent) connected.insert(session.person);
    }
    for (auto const& [p, list] : core.enrolments) {
      if (!list.empty()) enrolled.push_back(p);
    }
    auto const frame = Impl::share(wire::status_push({connected.begin(), connected.end()}, enrolled));
    for (auto const id : greeted) group.outputs.push_back({id, frame});
  }
  add(std::exchange(core.closes, {}));
  return group;
}

std::vector<Job> Core::take_jobs() {
  auto& core = *impl_;
  std::vector<Job> jobs;
  if (!std::exchange(core.look_for_work, false)) return jobs;
  core.feed_hop0();
  core.begin_box(jobs);
  for (auto& due : core.trustee->due(core.record, core.witnesses)) {
    auto const id = ++core.last_job;
    jobs.push_back({id, to_text(due.duty), std::move(due.run), due.duty.can_wait()});
    core.running[id] = [&core, finish = std::move(due.finish)] {
      auto submissions = finish(core.record);
      if (!submissions) {
        auto const code = submissions.error();
        return core.notice("trustee_refusal", std::string(piaojue::name(code)));
      }
      for (auto& submission : *submissions) {
        Payload payload;
        if (auto const* sigs = std::get_if<meeting::BlindSigs>(&submission.payload)) {
          payload.raw = meeting::encode_issued_payload(*sigs);
        } else if (auto const* mixed = std::get_if<trustee::MixResult>(&submission.payload)) {
          payload.raw = meeting::encode_mix_payload(mixed->salt, mixed->items);
        }
        auto const entry = meeting::decode_entry(submission.entry);
        Result<std::uint64_t> logged = entry ? Result<std::uint64_t>(0) : Result<std::uint64_t>(entry.error());
        if (entry) logged = core.append(*entry, submission.entry, std::move(payload));
        // Refused when the log went on while the work was done, such as by a Void.
        if (!logged) {
          auto const code = logged.error();
          core.notice("trustee_refusal", std::string(piaojue::name(code)));
        }
      }
    };
  }
  return jobs;
}

void Core::finish_job(JobId id) {
  auto& core = *impl_;
  auto const node = core.running.extract(id);
  if (node.empty()) return;
  node.mapped()();
  core.look_for_work = true;
}

std::vector<Notice> Core::take_notices() { return std::exchange(impl_->notices, {}); }
meeting::Record const& Core::record() const { return impl_->record; }
meeting::Witnesses const& Core::witnesses() const { return impl_->witnesses; }
trustee::Trustee::Status Core::trustee_status() const { return impl_->trustee->status(impl_->record); }

std::optional<PersonId> Core::person_of(Hash const& spki) const {
  auto const it = impl_->by_spki.find(spki);
  if (it == impl_->by_spki.end() || impl_->standing(*it->second) == Standing::kEnded) return std::nullopt;
  return it->second->person;
}

// ==================================================================================================== Drafts and codes

namespace {
Result<Manifest> decode_manifest(ByteView bytes) {
  auto body = meeting::decode_body(EntryType::kMeetingOpen, bytes);
  if (!body) return body.error();
  return std::get<Manifest>(std::move(*body));
}
}  // namespace

Result<Writes> write_draft(Manifest draft) {
  strip_keys(draft);
  auto const body = meeting::encode_body(draft);
  auto const entry = meeting::decode_entry(meeting::encode_entry(EntryType::kMeetingOpen, body, {}));
  if (!entry) return entry.error();
  if (auto const allowed = Record().check(*entry, Record::Signatures::kPartial); !allowed) return allowed.error();
  Writes writes;
  writes.put(Table::kMeta, text_key(kFormatKey), text_key(kFormat));
  writes.put(Table::kMeta, text_key(kDraftKey), body);
  return writes;
}

Result<Manifest> read_draft(Contents const& contents) {
  auto const& meta = contents[Table::kMeta];
  auto const format = meta.find(text_key(kFormatKey));
  auto const body = meta.find(text_key(kDraftKey));
  if (format == meta.end() || format->second != text_key(kFormat) || body == meta.end()) return Refusal::kStorage;
  auto manifest = decode_manifest(body->second);
  if (!manifest) return Refusal::kStorage;
  return manifest;
}

std::string new_enrolment_code() {
  std::array<std::uint8_t, meeting::kSlipCodeBytes> bits;
  randombytes_buf(bits.data(), bits.size());
  return meeting::format_slip_code(bits);
}

Hash code_hash(std::string_view code) { return crypto::sha256({as_bytes(code)}); }

void write_code(Writes& writes, PersonId person, std::string_view code) {
  writes.put(Table::kCode, key_of(person, code_hash(code)), {});
}

}  // namespace piaojue::server

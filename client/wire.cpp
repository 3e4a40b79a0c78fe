#include "client/wire.h"

#include <google/protobuf/stubs/logging.h>

#include "piaojue/v1/rpc.pb.h"

namespace piaojue::client::wire {
namespace {

Bytes encode(google::protobuf::MessageLite const& message) {
  Bytes bytes(message.ByteSizeLong());
  message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}
bool decode(google::protobuf::MessageLite& message, ByteView bytes) {
  // Protobuf writes a line to stderr for every string that is not UTF-8: whoever can send bytes could fill a disk.
  [[maybe_unused]] static bool const quiet = (google::protobuf::SetLogHandler(nullptr), true);
  return bytes.size() <= std::numeric_limits<int>::max() &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}
void set(std::string* field, ByteView bytes) { field->assign(crypto::as_text(bytes)); }
Bytes get(std::string const& field) { return crypto::to_bytes(crypto::as_bytes(field)); }

template <class T>
bool take(T& out, std::string const& field) {
  auto const value = T::from(crypto::as_bytes(field));
  if (value) out = *value;
  return value.has_value();
}

void fill(v1::Cosignature& out, log::Cosignature const& in) {
  out.set_tree_size(in.tree_size);
  set(out.mutable_root(), in.root.view());
  out.set_person(in.person);
  out.set_time_s(in.time_s);
  set(out.mutable_signature(), in.signature.view());
}
bool take(log::Cosignature& out, v1::Cosignature const& in) {
  out.tree_size = in.tree_size();
  out.person = in.person();
  out.time_s = in.time_s();
  return take(out.root, in.root()) && take(out.signature, in.signature());
}

/// Codes beyond the table come from a later version; they stay refusals.
Refusal refusal(std::uint32_t code) {
  if (code < 1 || code > static_cast<std::uint32_t>(Refusal::kInternal)) return Refusal::kInternal;
  return static_cast<Refusal>(code);
}

/// Puts (question, value) pairs in a map. @return false unless questions ascend strictly.
template <class Map, class Value>
bool add(Map& map, meeting::QuestionId question, Value value) {
  if (!map.empty() && map.rbegin()->first >= question) return false;
  map.emplace_hint(map.end(), question, std::move(value));
  return true;
}

bool take(meeting::BlindedMsgs& out, std::string const& bytes) {
  v1::TokenPayload in;
  if (!decode(in, crypto::as_bytes(bytes))) return false;
  for (auto const& question : in.questions()) {
    std::vector<Bytes> messages;
    for (auto const& message : question.blinded_msgs()) messages.push_back(get(message));
    if (!add(out, question.question(), std::move(messages))) return false;
  }
  return true;
}

bool take(meeting::BlindSigs& out, std::string const& bytes) {
  v1::IssuedPayload in;
  if (!decode(in, crypto::as_bytes(bytes))) return false;
  for (auto const& question : in.questions()) {
    if (!add(out, question.question(), get(question.blind_sig()))) return false;
  }
  return true;
}

bool take(MixWork& out, std::string const& bytes) {
  v1::MixPayload in;
  if (!decode(in, crypto::as_bytes(bytes))) return false;
  out.salt = get(in.salt());
  for (auto const& question : in.questions()) {
    std::vector<Bytes> items;
    items.reserve(static_cast<std::size_t>(question.items_size()));
    for (auto const& item : question.items()) items.push_back(get(item));
    if (!add(out.items, question.question(), std::move(items))) return false;
  }
  return true;
}

template <class Fill>
Bytes request(std::uint64_t id, Fill const& fill_in) {
  v1::ClientFrame out;
  out.set_id(id);
  fill_in(out);
  return encode(out);
}

/// @return false: a field of a wrong length.
bool read(Message& out, v1::ServerFrame const& in) {
  switch (in.body_case()) {
    case v1::ServerFrame::kRefused:
      out.what = Refused{refusal(in.refused().code())};
      return true;
    case v1::ServerFrame::kEnrolled: {
      auto const& from = in.enrolled();
      out.what = Enrolled{from.certificate(), from.ca_certificate(), from.name(), from.roles()};
      return true;
    }
    case v1::ServerFrame::kWelcome: {
      auto const& from = in.welcome();
      Welcome to;
      if (from.meeting_id().size() != to.meeting_id.size()) return false;
      std::ranges::copy(crypto::as_bytes(from.meeting_id()), to.meeting_id.begin());
      to.size = from.size();
      to.person = from.person();
      to.roles = from.roles();
      out.what = to;
      return true;
    }
    case v1::ServerFrame::kAccepted:
      out.what = Accepted{in.accepted().index()};
      return true;
    case v1::ServerFrame::kPending: {
      Pending to;
      bool const fits = take(to.proposal, in.pending().proposal());
      out.what = to;
      return fits;
    }
    case v1::ServerFrame::kSealKey:
      out.what = SealKey{get(in.seal_key().key())};
      return true;
    case v1::ServerFrame::kDraft:
      out.what = Draft{get(in.draft().manifest())};
      return true;
    case v1::ServerFrame::kPong:
      out.what = Pong{};
      return true;
    case v1::ServerFrame::kLog: {
      Log to;
      to.first_index = in.log().first_index();
      for (auto const& entry : in.log().entries()) to.entries.push_back(get(entry));
      to.checkpoint = in.log().checkpoint();
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::kCosignatures: {
      Cosignatures to;
      for (auto const& from : in.cosignatures().cosignatures()) {
        if (!take(to.list.emplace_back(), from)) return false;
      }
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::kProposal: {
      Proposal to{{}, get(in.proposal().entry())};
      bool const fits = take(to.id, in.proposal().proposal());
      out.what = std::move(to);
      return fits;
    }
    case v1::ServerFrame::kProposalClosed: {
      ProposalClosed to;
      bool const fits = take(to.id, in.proposal_closed().proposal());
      if (in.proposal_closed().refused_code() != 0) to.refused = refusal(in.proposal_closed().refused_code());
      out.what = to;
      return fits;
    }
    case v1::ServerFrame::kTokenWork: {
      TokenWork to;
      to.index = in.token_work().index();
      bool const fits = take(to.msgs, in.token_work().payload());
      out.what = std::move(to);
      return fits;
    }
    case v1::ServerFrame::kIssued: {
      Issued to;
      to.index = in.issued().index();
      bool const fits = take(to.sigs, in.issued().payload());
      out.what = std::move(to);
      return fits;
    }
    case v1::ServerFrame::kMixWork: {
      MixWork to;
      to.trustee = in.mix_work().trustee();
      bool const fits = take(to.batch_open, in.mix_work().batch_open()) && take(to, in.mix_work().payload());
      out.what = std::move(to);
      return fits;
    }
    case v1::ServerFrame::kStatus: {
      Status to;
      to.connected.assign(in.status().connected().begin(), in.status().connected().end());
      to.enrolled.assign(in.status().enrolled().begin(), in.status().enrolled().end());
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::BODY_NOT_SET:
      return false;
  }
  return false;
}

}  // namespace

Bytes enrol(std::uint64_t id, std::string const& code, SigningPublicKey const& ik, SigningPublicKey const& wk,
            Signature const& possession, std::string const& csr_pem, PersonId person) {
  return request(id, [&](v1::ClientFrame& out) {
    auto& body = *out.mutable_enrol();
    body.set_code(code);
    set(body.mutable_identity_key(), ik.view());
    set(body.mutable_witness_key(), wk.view());
    set(body.mutable_possession(), possession.view());
    body.set_csr(csr_pem);
    body.set_person(person);
  });
}

Bytes hello(std::uint64_t id, std::uint64_t next_index) {
  return request(id, [&](v1::ClientFrame& out) { out.mutable_hello()->set_next_index(next_index); });
}

Bytes submit(std::uint64_t id, ByteView entry, ByteView payload) {
  return request(id, [&](v1::ClientFrame& out) {
    set(out.mutable_submit()->mutable_entry(), entry);
    set(out.mutable_submit()->mutable_payload(), payload);
  });
}

Bytes countersign(std::uint64_t id, Hash const& proposal, PersonId signer, Signature const& signature) {
  return request(id, [&](v1::ClientFrame& out) {
    set(out.mutable_countersign()->mutable_proposal(), proposal.view());
    out.mutable_countersign()->set_signer(signer);
    set(out.mutable_countersign()->mutable_signature(), signature.view());
  });
}

Bytes cosign(std::uint64_t id, log::Cosignature const& cosignature) {
  return request(id, [&](v1::ClientFrame& out) { fill(*out.mutable_cosign()->mutable_cosignature(), cosignature); });
}

Bytes get_seal_key(std::uint64_t id, Hash const& batch_open) {
  return request(
      id, [&](v1::ClientFrame& out) { set(out.mutable_get_seal_key()->mutable_batch_open(), batch_open.view()); });
}

Bytes get_draft(std::uint64_t id) {
  return request(id, [](v1::ClientFrame& out) { out.mutable_get_draft(); });
}

Bytes ping(std::uint64_t id) {
  return request(id, [](v1::ClientFrame& out) { out.mutable_ping(); });
}

Result<Message> parse(ByteView frame) {
  v1::ServerFrame in;
  if (!decode(in, frame)) return Refusal::kMalformed;
  Message out;
  out.id = in.id();
  if (in.body_case() == v1::ServerFrame::BODY_NOT_SET) return Refusal::kUnknownType;
  if (!read(out, in)) return Refusal::kMalformed;
  return out;
}

Bytes token_payload(meeting::BlindedMsgs const& msgs) {
  v1::TokenPayload out;
  for (auto const& [question, list] : msgs) {
    auto& to = *out.add_questions();
    to.set_question(question);
    for (auto const& msg : list) set(to.add_blinded_msgs(), msg);
  }
  return encode(out);
}

Bytes issued_payload(meeting::BlindSigs const& sigs) {
  v1::IssuedPayload out;
  for (auto const& [question, sig] : sigs) {
    auto& to = *out.add_questions();
    to.set_question(question);
    set(to.mutable_blind_sig(), sig);
  }
  return encode(out);
}

Bytes envelope_payload(meeting::Onions const& onions) {
  v1::EnvelopePayload out;
  for (auto const& [question, onion] : onions) {
    auto& to = *out.add_onions();
    to.set_question(question);
    set(to.mutable_onion(), onion);
  }
  return encode(out);
}

Bytes mix_payload(ByteView salt, meeting::MixItems const& items) {
  v1::MixPayload out;
  set(out.mutable_salt(), salt);
  for (auto const& [question, list] : items) {
    auto& to = *out.add_questions();
    to.set_question(question);
    for (auto const& item : list) set(to.add_items(), item);
  }
  return encode(out);
}

Bytes encode_cosignature(log::Cosignature const& cosignature) {
  v1::Cosignature out;
  fill(out, cosignature);
  return encode(out);
}

Result<log::Cosignature> parse_cosignature(ByteView bytes) {
  v1::Cosignature in;
  log::Cosignature out;
  if (!decode(in, bytes) || !take(out, in)) return Refusal::kMalformed;
  return out;
}

}  // namespace piaojue::client::wire

// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/record_file.h"

#include "piaojue/v2/record.pb.h"
#include "protocol/meeting/protobuf.h"

namespace piaojue::meeting {

namespace {

/// An entry that is too large is the state machine's to refuse, and a note the checks': an item only has to end
/// somewhere (specification §2.4).
constexpr std::size_t kItemBytesMax = kEntryBytesMax + 64;
constexpr std::size_t kReadAtOnce = 1u << 16;

}  // namespace

RecordWriter::RecordWriter(std::ostream& out) : out_(out) { out_ << kRecordMagic; }

void RecordWriter::write(RecordItem const& item) {
  v2::RecordItem message;
  if (auto const* entry = std::get_if<Bytes>(&item)) {
    message.set_entry(entry->data(), entry->size());
  } else if (auto const* note = std::get_if<std::string>(&item)) {
    message.set_checkpoint(*note);
  } else {
    auto const& from = std::get<log::Cosignature>(item);
    auto& to = *message.mutable_cosignature();
    to.set_tree_size(from.tree_size);
    to.set_root(from.root.data.data(), from.root.data.size());
    to.set_person(from.person);
    to.set_time_s(from.time_s);
    to.set_signature(from.signature.data.data(), from.signature.data.size());
  }
  Bytes const bytes = protobuf::encode(message);
  Bytes length;
  append_u32be(length, static_cast<std::uint32_t>(bytes.size()));
  out_ << as_text(length) << as_text(bytes);
}

Result<std::optional<RecordItem>> RecordReader::next() {
  auto read = [this](std::size_t n, std::string& into) {
    into.resize(n);
    in_.read(into.data(), static_cast<std::streamsize>(n));
    auto const got = static_cast<std::size_t>(in_.gcount());
    into.resize(got);
    position_ += got;
    return got;
  };
  if (!started_) {
    std::string magic;
    if (read(kRecordMagic.size(), magic) != kRecordMagic.size() || magic != kRecordMagic) return Refusal::kMalformed;
    started_ = true;
  }
  offset_ = position_;
  std::string head;
  std::size_t const got = read(4, head);
  if (got == 0) return std::optional<RecordItem>{};
  if (got != 4) return Refusal::kMalformed;
  std::uint32_t const length = read_u32be(as_bytes(head));
  if (length > kItemBytesMax) return Refusal::kTooLarge;

  // The length is only a claim: memory grows with what really arrives.
  std::string bytes;
  while (bytes.size() < length) {
    std::string part;
    std::size_t const want = std::min<std::size_t>(length - bytes.size(), kReadAtOnce);
    std::size_t const have = read(want, part);
    bytes += part;
    if (have != want) return Refusal::kMalformed;
  }

  v2::RecordItem message;
  if (auto const parsed = protobuf::decode(as_bytes(bytes), message, 0); !parsed) return parsed.error();
  switch (message.item_case()) {
    case v2::RecordItem::kEntry: {
      order_ = Order::kEntry;
      return std::optional<RecordItem>{to_bytes(as_bytes(message.entry()))};
    }
    case v2::RecordItem::kCheckpoint: {
      // One checkpoint for a size, and none for the empty tree.
      if (order_ != Order::kEntry) return Refusal::kMalformed;
      order_ = Order::kCheckpoint;
      person_ = 0;
      return std::optional<RecordItem>{std::move(*message.mutable_checkpoint())};
    }
    case v2::RecordItem::kCosignature: {
      auto const& from = message.cosignature();
      if (order_ != Order::kCheckpoint || from.person() <= person_) return Refusal::kMalformed;
      auto const root = Hash::from(as_bytes(from.root()));
      auto const signature = Signature::from(as_bytes(from.signature()));
      if (!root || !signature) return Refusal::kMalformed;
      person_ = from.person();
      return std::optional<RecordItem>{
          log::Cosignature{from.tree_size(), *root, from.person(), from.time_s(), *signature}};
    }
    case v2::RecordItem::ITEM_NOT_SET:
      break;
  }
  return Refusal::kMalformed;
}

}  // namespace piaojue::meeting

// SPDX-License-Identifier: Apache-2.0
#include "verifier/link/log_view.h"

#include <algorithm>

#include "protocol/log/merkle.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record_file.h"
#include "strings/link.h"

namespace piaojue::verifier::link {
namespace {

namespace words = strings::link;
using meeting::Hash;
using meeting::PersonId;
using meeting::QuestionId;

constexpr std::size_t kPeopleMax = 400, kBallotsMax = 255;  // specification §2.3

/// Who did something, in the order in which it was done for the last time.
class Sequence {
 public:
  void did(PersonId person) {
    std::erase(of_, person);
    of_.push_back(person);
  }
  void undone(PersonId person) { std::erase(of_, person); }
  std::vector<PersonId> const& of() const { return of_; }

 private:
  std::vector<PersonId> of_;
};

struct AttemptView {
  meeting::BatchOpen open;
  Sequence requests, issued, casts, confirms;
  std::map<PersonId, std::vector<Bytes>> digests, entries;
  std::vector<std::size_t> boxes;  ///< places in LogView::questions
};

class Reading {
 public:
  Explained<LogView> run(std::istream& in) {
    meeting::RecordReader reader(in);
    while (true) {
      auto item = reader.next();
      if (!item) return Explanation(Sentence(words::kRefusedRecord), {}, item.error());
      if (!*item) break;
      auto* bytes = std::get_if<Bytes>(&**item);
      if (bytes == nullptr) continue;
      auto entry = meeting::decode_entry(*bytes);
      if (!entry) return Explanation(Sentence(words::kRefusedRecord), {}, entry.error());
      take(*entry, *bytes);
      if (beyond_) return Explanation(Sentence(words::kRefusedRecord), {}, Refusal::kTooLarge);
    }
    for (auto& [hash, attempt] : attempts_)
      for (auto const at : attempt.boxes) finish(attempt, out_.questions[at]);
    if (out_.questions.empty()) return Explanation(Sentence(words::kRefusedNoBox));
    return std::move(out_);
  }

 private:
  AttemptView* of(Hash const& open) {
    auto const found = attempts_.find(open);
    return found == attempts_.end() ? nullptr : &found->second;
  }
  void take(meeting::Entry const& entry, Bytes const& bytes) {
    if (auto const* manifest = std::get_if<meeting::Manifest>(&entry.body)) {
      if (manifest_.people.empty()) manifest_ = *manifest;
      beyond_ = beyond_ || manifest->people.size() > kPeopleMax;
    } else if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) {
      attempts_[log::leaf_hash(bytes)].open = *open;
    } else if (auto const* in = std::get_if<meeting::SignIn>(&entry.body)) {
      sign_ins_.did(in->person);
    } else if (auto const* request = std::get_if<meeting::TokenRequest>(&entry.body)) {
      if (auto* at = of(request->batch_open)) at->requests.did(request->person), own(*at, *request, bytes);
    } else if (auto const* issued = std::get_if<meeting::TokensIssued>(&entry.body)) {
      if (auto* at = of(issued->batch_open)) at->issued.did(issued->person), own(*at, *issued, bytes);
    } else if (auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry.body)) {
      if (auto* at = of(cast->batch_open)) at->casts.did(cast->person), own(*at, *cast, bytes);
    } else if (auto const* spoil = std::get_if<meeting::EnvelopeSpoil>(&entry.body)) {
      if (auto* at = of(spoil->batch_open)) at->casts.undone(spoil->person);
    } else if (auto const* confirm = std::get_if<meeting::Confirm>(&entry.body)) {
      if (auto* at = of(confirm->batch_open)) at->confirms.did(confirm->person);
    } else if (auto const* box = std::get_if<meeting::BallotBox>(&entry.body)) {
      if (auto* at = of(box->batch_open)) boxes(*at, *box, bytes);
    }
  }
  template <class Body>
  static void own(AttemptView& attempt, Body const& body, Bytes const& bytes) {
    attempt.digests[body.person].push_back(to_bytes(body.digest.view()));
    attempt.entries[body.person].push_back(bytes);
  }
  void boxes(AttemptView& attempt, meeting::BallotBox const& box, Bytes const& bytes) {
    auto const& entry = out_.boxes.emplace_back(bytes);
    std::size_t from = 0;
    for (auto const& [question, one] : box.boxes) {
      if (one.ballots.size() > kBallotsMax) beyond_ = true;
      if (beyond_) return;
      BoxView view;
      view.entry = entry;
      view.seized.title =
          Sentence(words::kTitleQuestion,
                   {{"batch", attempt.open.batch}, {"attempt", attempt.open.attempt}, {"question", question}});
      view.seized.ballots = one.ballots;
      questions_.push_back(question);
      for (auto const& ballot : one.ballots) {
        auto const found =
            std::search(entry.begin() + static_cast<std::ptrdiff_t>(from), entry.end(), ballot.begin(), ballot.end());
        from = static_cast<std::size_t>(found - entry.begin());
        view.at.push_back(from);
        from += found == entry.end() ? 0 : ballot.size();
      }
      attempt.boxes.push_back(out_.questions.size());
      out_.questions.push_back(std::move(view));
    }
  }

  void finish(AttemptView const& attempt, BoxView& view) {
    auto const question = questions_[static_cast<std::size_t>(&view - out_.questions.data())];
    for (auto const person : attempt.casts.of()) {
      bool const recused =
          std::ranges::find(attempt.open.recusals, meeting::Recusal{person, question}) != attempt.open.recusals.end();
      if (!recused && person > 0 && person <= manifest_.people.size()) view.people.push_back(person);
    }
    std::ranges::sort(view.people);
    for (auto const person : view.people) {
      auto const& known = manifest_.people[person - 1];
      view.seized.people.push_back(known.name);
      auto& marks = view.marks.emplace_back();
      if (auto const found = attempt.digests.find(person); found != attempt.digests.end()) marks = found->second;
      marks.push_back(to_bytes(as_bytes(known.name)));
      if (known.identity_key) marks.push_back(to_bytes(known.identity_key->view()));
      if (known.witness_key) marks.push_back(to_bytes(known.witness_key->view()));
      if (known.box_key) marks.push_back(to_bytes(known.box_key->view()));
      if (auto const found = attempt.entries.find(person); found != attempt.entries.end()) {
        for (auto const& bytes : found->second)
          view.seized.owned.push_back({words::kWhereLog, view.seized.people.size() - 1, bytes});
      }
    }
    auto const order = [&](Text const& name, std::vector<PersonId> const& people) {
      Order out{name, {}};
      for (auto const person : people)
        if (auto const place = view.place(person)) out.of.push_back(*place);
      if (out.of.size() > 1) view.seized.people_orders.push_back(std::move(out));
    };
    order(words::kOrderRoster, view.people);
    order(words::kOrderSignIn, sign_ins_.of());
    order(words::kOrderRequest, attempt.requests.of());
    order(words::kOrderIssued, attempt.issued.of());
    order(words::kOrderCast, attempt.casts.of());
    order(words::kOrderConfirm, attempt.confirms.of());
    Order box{words::kOrderBox, {}};
    for (std::size_t i = 0; i < view.seized.ballots.size(); ++i) box.of.push_back(i);
    view.seized.ballot_orders.push_back(std::move(box));
  }

  LogView out_;
  bool beyond_ = false;  ///< the state machine would refuse it, and what is tried grows with the square
  meeting::Manifest manifest_;
  Sequence sign_ins_;
  std::map<Hash, AttemptView> attempts_;
  std::vector<QuestionId> questions_;  ///< of LogView::questions
};

}  // namespace

std::optional<std::size_t> BoxView::place(meeting::PersonId person) const {
  auto const found = std::ranges::lower_bound(people, person);
  if (found == people.end() || *found != person) return std::nullopt;
  return static_cast<std::size_t>(found - people.begin());
}

Explained<LogView> view_log(std::istream& record) { return Reading().run(record); }

}  // namespace piaojue::verifier::link

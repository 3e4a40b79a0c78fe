// SPDX-License-Identifier: Apache-2.0
#include "client/session/agenda.h"

namespace piaojue::client {

using meeting::BatchId;
using meeting::BatchPhase;
using meeting::QuestionId;
using meeting::TrusteeId;

Agenda::Told* Agenda::last() {
  auto const at = told_.find(told_batch_);
  return at == told_.end() || at->second.empty() ? nullptr : &at->second.back();
}

void Agenda::took_in(meeting::Entry const& entry, meeting::By by) {
  if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) {
    told_batch_ = open->batch;
    Told now;
    now.attempt = open->attempt;
    now.paper = open->paper;
    now.present = open->present.size();
    told_[open->batch].push_back(std::move(now));
  } else if (auto const* declared = std::get_if<meeting::Declaration>(&entry.body); declared && last()) {
    facts::array rows;
    for (auto const& [q, row] : declared->rows) rows.push_back(facts::row(record_, q, row, lang_));
    last()->rows = boost::json::serialize(rows);
  } else if (std::holds_alternative<meeting::PaperTally>(entry.body) && last()) {
    last()->by_committee = by == meeting::By::kCommittee;
  } else if (auto const* taken_out = std::get_if<meeting::Void>(&entry.body); taken_out && last()) {
    last()->reason = taken_out->reason;
  } else if (std::holds_alternative<meeting::BallotBox>(entry.body) && last()) {
    facts::object box;
    facts::add_entry(box, record_, entry, lang_);
    last()->boxes = box.at("boxes").as_array();
  }
}

facts::array Agenda::boxes(BatchId batch) const {
  auto const at = told_.find(batch);
  return at == told_.end() || at->second.empty() ? facts::array() : at->second.back().boxes;
}

facts::object Agenda::head(BatchId batch) const {
  auto const& manifest = record_.manifest();
  facts::object out;
  out["batch"] = batch;
  out["title"] = manifest.batches[batch - 1].title;
  out["questions"] = facts::numbers(manifest.batches[batch - 1].candidates);
  auto const undecided = record_.undecided(batch);
  out["undecided"] = facts::numbers(undecided);
  facts::array keys;
  for (TrusteeId t = 0; t < manifest.trustees.size(); ++t) {
    auto const pending = record_.pending_keys().find({batch, t});
    bool const there =
        pending != record_.pending_keys().end() && pending->second.keys.attempt == record_.attempts(batch) + 1;
    if (there) keys.emplace_back(t);
  }
  out["keys"] = std::move(keys);
  facts::array unheard;
  for (QuestionId const q : undecided) {
    bool const needed = manifest.candidates[q - 1].channel == meeting::Channel::kExceptional;
    if (needed && !record_.interviews().contains(q)) unheard.emplace_back(q);
  }
  out["interviews_missing"] = std::move(unheard);
  return out;
}

std::string Agenda::attempts(BatchId batch) const {
  auto const at = told_.find(batch);
  if (at == told_.end()) return {};
  std::string out;
  for (std::size_t i = 0; i < at->second.size(); ++i) {
    auto const& from = at->second[i];
    bool const current = batch == told_batch_ && i + 1 == at->second.size() && record_.attempt();
    facts::object one;
    one["attempt"] = from.attempt;
    one["phase"] = current             ? meeting::phase_name(record_.attempt()->phase)
                   : from.rows.empty() ? meeting::phase_name(BatchPhase::kVoided)
                                       : meeting::phase_name(BatchPhase::kDeclared);
    one["paper"] = from.paper;
    one["by_committee"] = from.by_committee ? boost::json::value(*from.by_committee) : boost::json::value();
    one["present"] = from.present;
    one["reason"] = from.reason ? boost::json::value(boost::json::string(*from.reason)) : boost::json::value();
    if (i > 0) out += ',';
    out += '{' + facts::members(one) + ",\"rows\":" + (from.rows.empty() ? "[]" : from.rows) + '}';
  }
  return out;
}

std::string Agenda::json() const {
  std::string out = "[";
  for (BatchId b = 1; b <= record_.manifest().batches.size(); ++b) {
    if (b > 1) out += ',';
    out += '{' + facts::members(head(b)) + ",\"attempts\":[" + attempts(b) + "]}";
  }
  return out + ']';
}

}  // namespace piaojue::client

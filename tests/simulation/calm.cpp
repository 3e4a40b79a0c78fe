// SPDX-License-Identifier: Apache-2.0
#include "calm.h"

namespace piaojue::simulation {

void calm(Scenario& scenario, Calm const& what) {
  Scenario out;
  auto& m = out.manifest = std::move(scenario.manifest);
  m.people.clear();
  auto const add = [&](std::uint32_t const roles) {
    meeting::Person person;
    person.name = "人" + std::to_string(m.people.size() + 1);
    person.roles = roles;
    m.people.push_back(person);
  };
  add(meeting::kChair);
  for (std::size_t i = 0; i < what.experts; ++i) add(meeting::kExpert);
  add(meeting::kClerk);
  add(meeting::kSupervisor);
  m.trustees = what.trustees;
  m.rehearsal = false;
  m.rules.recusal_mode = meeting::RecusalMode::kInclude;
  m.rules.max_unconfirmed = what.max_unconfirmed;
  m.candidates.resize(1);
  m.candidates.front().channel = meeting::Channel::kNormal;
  m.candidates.resize(what.batches * what.questions, m.candidates.front());
  m.batches.resize(1);
  m.batches.resize(what.batches, m.batches.front());
  QuestionId next = 1;
  for (auto& batch : m.batches) {
    batch.candidates.clear();
    for (std::size_t i = 0; i < what.questions; ++i) batch.candidates.push_back(next++);
  }
  out.storm = false;
  out.network.delay_ms_max = 20;
  scenario = std::move(out);
}

}  // namespace piaojue::simulation

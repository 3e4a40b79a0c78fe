// SPDX-License-Identifier: Apache-2.0
#include "server/office_commands.h"

#include <iostream>

#include "protocol/meeting/slip.h"
#include "server/clock.h"
#include "server/office_client.h"
#include "server/office_json.h"
#include "server/office_node.h"
#include "server/slips.h"
#include "store/postgres_offices.h"
#include "store/schema.h"
#include "strings/offices.h"
#include "strings/refusals.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::offices;
namespace words = strings::server;
using store::MeetingNumber;

namespace {

// ---- The operator's

/// What a service keeps of offices, and what opens it.
struct AtService {
  ServiceSettings settings;
  std::unique_ptr<store::Offices> offices;
  ServiceSeal seal;
  OfficeIdentity identity;
  meeting::SlipAddress address;
};

Explained<AtService> open_service(fs::path const& file) {
  auto settings = read_service(file);
  if (!settings) return settings.error();
  auto const keys = read_service_keys(*settings);
  if (!keys) return keys.error();
  auto const address = address_of(*settings);
  if (!address) return address.error();
  auto pool = store::PostgresPool::open({.url = settings->database, .connections = 2});
  if (!pool) return pool.error();
  if (auto const done = store::check(**pool); !done) return done.error();
  auto offices = std::make_unique<store::PostgresOffices>(std::move(*pool));
  auto seal = seal_of(*keys);
  auto identity = load_identity(*offices, seal, address->host, now_s());
  if (!identity) return identity.error();
  return AtService{std::move(*settings), std::move(offices), std::move(seal), std::move(*identity), *address};
}

/// The last line is what the office's command reads.
Explained<void> say(Explained<NewOffice> const& office) {
  if (!office) return office.error();
  std::cout << "office " << office->office << "\ncode " << meeting::format_slip_code(office->slip.code) << "\n"
            << meeting::format_slip(office->slip) << "\n";
  return {};
}

Explained<void> add(fs::path const& file, std::string const& name) {
  auto const at = open_service(file);
  if (!at) return at.error();
  return say(add_office(*at->offices, at->seal, at->identity, at->address, name));
}

Explained<void> further_slip(fs::path const& file, OfficeNumber office) {
  auto const at = open_service(file);
  if (!at) return at.error();
  return say(new_office_slip(*at->offices, at->seal, at->identity, at->address, office));
}

// ---- An office's

enum class As : std::uint8_t { kWords, kJson };

Explained<void> enrol(fs::path const& folder, fs::path const& slip_file, OfficeReach const& reach, As as) {
  auto const bytes = read_file(slip_file, meeting::kSlipTextMax);
  if (!bytes) return unusable(bytes.error().what);
  auto const slip = meeting::find_slip(as_text(*bytes));
  if (!slip) {
    return unusable(Sentence(text::kSlipUnreadable,
                             {{"path", slip_file.string()}, {"sentence", strings::sentence_of(slip.error())}}));
  }
  auto const office = enrol_office(folder, *slip, reach);
  if (!office) return office.error();
  if (as == As::kJson) {
    std::cout << office_json::enrolled(*office) << "\n";
    return {};
  }
  std::cout << "office " << office->office << "\nname " << office->name << "\nservice "
            << meeting::format_slip_address(office->address) << "\n";
  return {};
}

/// A line a meeting, fields divided by tabs.
void say(std::vector<office_wire::Listed> const& meetings) {
  for (auto const& one : meetings) {
    std::cout << one.meeting << "\t" << one.title << "\t" << one.date << "\t"
              << (one.rehearsal ? "rehearsal" : "meeting") << "\t" << office_json::stage_word(one.stage) << "\t"
              << one.enrolled << "/" << one.people << "\t" << (one.slips_waiting ? "slips" : "-") << "\n";
  }
}

}  // namespace

struct OfficeCommands::Impl {
  Lang lang;
  CLI::App* office = nullptr;
  CLI::App *add = nullptr, *slip = nullptr;
  CLI::App *enrol = nullptr, *create = nullptr, *list = nullptr, *slips = nullptr, *enrolled = nullptr,
           *rehearse = nullptr, *record = nullptr;
  std::string file, folder, name, slip_file, out, lang_name;
  std::string meeting, members, candidates, recusals, materials;
  OfficeNumber number = 0;
  MeetingNumber of = 0;
  bool json = false;

  std::string in(Text const& help) const { return std::string(help.in(lang)); }
  CLI::App* command(char const* command_name, Text const& help) {
    auto* added = office->add_subcommand(command_name, in(help));
    added->add_option("--lang", lang_name, in(words::kHelpLang))->check(CLI::IsMember({"zh", "en"}));
    return added;
  }
  CLI::App* of_operator(char const* command_name, Text const& help) {
    auto* added = command(command_name, help);
    added->add_option("SERVICE", file, in(strings::service::kHelpServiceFile))->required();
    return added;
  }
  CLI::App* of_office(char const* command_name, Text const& help) {
    auto* added = command(command_name, help);
    added->add_option("DIR", folder, in(text::kHelpFolder))->required();
    added->add_flag("--json", json, in(words::kHelpJson));
    return added;
  }
  CLI::App* of_meeting(char const* command_name, Text const& help) {
    auto* added = of_office(command_name, help);
    added->add_option("--number", of, in(text::kHelpNumber))->required();
    return added;
  }
  OfficeReach reach() const {
    OfficeReach out_reach;
    out_reach.lang = lang;
    return out_reach;
  }
  As as() const { return json ? As::kJson : As::kWords; }
  Explained<void> of_an_office();
  Explained<void> at_service(OfficeAtService& at);
  Explained<void> make(OfficeAtService& at);
};

OfficeCommands::OfficeCommands(CLI::App& app, Lang lang) : impl_(std::make_unique<Impl>()) {
  auto& i = *impl_;
  i.lang = lang;
  i.office = app.add_subcommand("office", i.in(text::kHelpOffice));
  i.office->require_subcommand(1);
  i.add = i.of_operator("add", text::kHelpAdd);
  i.add->add_option("--name", i.name, i.in(text::kHelpName))->required();
  i.slip = i.of_operator("slip", text::kHelpNewSlip);
  i.slip->add_option("--office", i.number, i.in(text::kHelpOfficeNumber))->required();
  i.enrol = i.of_office("enrol", text::kHelpEnrol);
  i.enrol->add_option("--slip", i.slip_file, i.in(text::kHelpSlipFile))->required();
  i.create = i.of_office("create", text::kHelpCreate);
  i.create->add_option("--meeting", i.meeting, i.in(words::kHelpMeeting))->required();
  i.create->add_option("--members", i.members, i.in(words::kHelpMembers))->required();
  i.create->add_option("--candidates", i.candidates, i.in(words::kHelpCandidates))->required();
  i.create->add_option("--recusals", i.recusals, i.in(words::kHelpRecusals));
  i.create->add_option("--materials", i.materials, i.in(words::kHelpMaterials));
  i.list = i.of_office("list", text::kHelpList);
  i.slips = i.of_meeting("slips", text::kHelpSlips);
  i.slips->add_option("--out", i.out, i.in(text::kHelpSlipsOut))->required();
  i.enrolled = i.of_meeting("enrolled", text::kHelpEnrolled);
  i.rehearse = i.of_meeting("rehearse", text::kHelpRehearse);
  i.record = i.of_meeting("record", text::kHelpRecord);
  i.record->add_option("--out", i.out, i.in(text::kHelpRecordOut))->required();
}

OfficeCommands::~OfficeCommands() = default;

Explained<void> OfficeCommands::Impl::of_an_office() {
  if (enrol->parsed()) return server::enrol(folder, slip_file, reach(), as());
  auto const at = OfficeAtService::open(folder, reach());
  if (!at) return at.error();
  return create->parsed() || rehearse->parsed() ? make(**at) : at_service(**at);
}

Explained<void> OfficeCommands::Impl::make(OfficeAtService& at) {
  if (auto const held = hold_office(folder); !held) return held.error();
  OfficeDraftInput input{meeting, members, candidates, {}, {}};
  if (!recusals.empty()) input.recusals = recusals;
  if (!materials.empty()) input.materials = materials;
  if (json)
    input.on_sent = [](std::uint64_t sent, std::uint64_t all) {
      std::cout << office_json::sent(sent, all) << std::endl;  // flushed: somebody watches
    };
  auto const made = create->parsed() ? at.create(input) : at.rehearse(of);
  if (!made) return made.error();
  if (json)
    std::cout << office_json::made(*made) << "\n";
  else
    std::cout << "meeting " << *made << "\n";
  return {};
}

Explained<void> OfficeCommands::Impl::at_service(OfficeAtService& at) {
  if (list->parsed()) {
    auto const meetings = at.list();
    if (!meetings) return meetings.error();
    if (json)
      std::cout << office_json::meetings(*meetings) << "\n";
    else
      say(*meetings);
    return {};
  }
  if (enrolled->parsed()) {
    auto const people = at.enrolled(of);
    if (!people) return people.error();
    if (json) {
      std::cout << office_json::people(*people) << "\n";
      return {};
    }
    for (PersonId p = 1; p <= people->size(); ++p) {
      auto const& one = (*people)[p - 1];
      std::cout << sheet_line(p, one.name, one.roles, one.device_code) << "\n";
    }
    return {};
  }
  if (slips->parsed()) {
    auto const written = at.slips(of, out);
    if (!written) return written.error();
    if (json)
      std::cout << office_json::count("slips", *written) << "\n";
    else
      std::cout << "slips " << *written << "\n";
    return {};
  }
  auto const size = at.record(of, out);
  if (!size) return size.error();
  if (json)
    std::cout << office_json::count("bytes", *size) << "\n";
  else
    std::cout << "record " << out << "\nbytes " << *size << "\n";
  return {};
}

std::optional<Explained<void>> OfficeCommands::perform() {
  auto& i = *impl_;
  if (!i.office->parsed()) return std::nullopt;
  if (i.add->parsed()) return server::add(i.file, i.name);
  if (i.slip->parsed()) return further_slip(i.file, i.number);
  auto const done = i.of_an_office();
  if (!done && i.json) std::cout << office_json::refused(done.error(), i.lang) << "\n";
  return done;
}

}  // namespace piaojue::server

// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A PostgreSQL of the test program's own: a fresh cluster, in memory or under the temporary folder, on 127.0.0.1 and a
/// socket in that folder, with fsync on. It ends with the program, and when the program is killed. As root it runs as
/// another user, since PostgreSQL refuses to be root.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/platform/child.h"

namespace piaojue::test {

class PrivatePostgres {
 public:
  /// The program's only one, started when it is first wanted.
  static PrivatePostgres& of_this_program();
  /// @param settings  further lines of postgresql.conf
  explicit PrivatePostgres(std::string const& settings = {});
  ~PrivatePostgres();
  PrivatePostgres(PrivatePostgres const&) = delete;
  PrivatePostgres& operator=(PrivatePostgres const&) = delete;

  std::string folder() const { return folder_; }
  std::string data() const { return folder_ + "/data"; }
  unsigned port() const { return port_; }
  static std::string user();      ///< who may everything
  static std::string password();  ///< wanted over TCP only

  /// A schema that nobody else uses. @return its name
  std::string make_schema();
  /// "host=… port=… …": over the socket, working in that schema.
  std::string url(std::string const& schema) const;
  /// Over TCP, at a port of the caller's: a proxy's, or `port()`.
  std::string tcp_url(std::string const& schema, unsigned at_port) const;

  /// In that schema, over a connection of its own. @return the first row, its columns joined by '|'. Throws what the
  /// database says.
  std::string sql(std::string const& schema, std::string const& statements) const;

  /// As after a power cut: at once, without a checkpoint. `start` waits until it answers.
  void kill_immediately();
  void start();
  /// Of those that work for clients in that schema's connections, kills one that is in a transaction or any.
  /// @return false: there was none.
  bool kill_a_backend();

 private:
  void make_cluster(std::string const& settings);
  bool answers() const;

  std::string folder_;
  unsigned port_ = 0;
  std::optional<platform::Process> process_;
  unsigned schemas_ = 0;
};

}  // namespace piaojue::test

// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Threads and strands without Asio's headers, for rooms that only want to run things in order.
#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace piaojue::net {

using Milliseconds = std::chrono::milliseconds;
using Task = std::function<void()>;

/// Runs tasks one at a time and in order, on any thread of its loop. Cheap to copy; copies are the same strand.
class Strand {
 public:
  explicit Strand(boost::asio::io_context& io);
  /// Never runs it inside this call.
  void post(Task task) const;
  bool running_in_this_thread() const;
  struct Impl;
  std::shared_ptr<Impl> const& impl() const { return impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

/// One pending task at a time, run on its strand. All members are to be called on that strand (or before the loop
/// runs); after `cancel` or destruction the task does not run any more.
class Timer {
 public:
  explicit Timer(Strand const& strand);
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();
  void after(Milliseconds delay, Task task);  ///< replaces a pending task
  void cancel();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// An io_context and the threads that run it. It must outlive every Strand, Timer, Listener and Channel made on it;
/// what still runs when it goes is dropped without a call.
class Loop {
 public:
  Loop();
  ~Loop();  ///< stops and joins
  Loop(Loop const&) = delete;
  Loop& operator=(Loop const&) = delete;

  boost::asio::io_context& io();
  /// Starts `threads` background threads, which stay until `stop`, with or without work.
  void start(unsigned threads = 1);
  /// Tasks not yet begun are dropped; joins. Not to be called on one of its own threads.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::net

// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "net/loop_impl.h"

namespace piaojue::net {

namespace asio = boost::asio;

// ---- Strand -------------------------------------------------------------------------------------------------------

Strand::Strand(asio::io_context& io) : impl_(std::make_shared<Impl>(io)) {}

void Strand::post(Task task) const { asio::post(impl_->executor, std::move(task)); }

bool Strand::running_in_this_thread() const { return impl_->executor.running_in_this_thread(); }

// ---- Timer --------------------------------------------------------------------------------------------------------

struct Timer::Impl {
  explicit Impl(Strand const& strand) : timer(strand.impl()->executor) {}
  asio::steady_timer timer;
  /// A completion that was already on its way when the timer was set anew or cancelled is told by its number.
  std::uint64_t generation = 0;
};

Timer::Timer(Strand const& strand) : impl_(std::make_shared<Impl>(strand)) {}
Timer::Timer(Timer&&) noexcept = default;

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Timer::~Timer() { cancel(); }

void Timer::after(Milliseconds delay, Task task) {
  std::uint64_t const mine = ++impl_->generation;
  impl_->timer.expires_after(delay);  // cancels the pending wait
  impl_->timer.async_wait([impl = impl_, mine, task = std::move(task)](boost::system::error_code const& error) {
    if (!error && impl->generation == mine) task();
  });
}

void Timer::cancel() {
  if (!impl_) return;  // moved from
  ++impl_->generation;
  impl_->timer.cancel();
}

// ---- Loop ---------------------------------------------------------------------------------------------------------

struct Loop::Impl {
  asio::io_context io;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() { stop(); }

asio::io_context& Loop::io() { return impl_->io; }

void Loop::start(unsigned threads) {
  if (!impl_->threads.empty()) return;
  impl_->io.restart();
  impl_->work.emplace(impl_->io.get_executor());
  for (unsigned i = 0; i < std::max(1U, threads); ++i) {
    impl_->threads.emplace_back([&io = impl_->io] { io.run(); });
  }
}

void Loop::stop() {
  impl_->work.reset();
  impl_->io.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

}  // namespace piaojue::net

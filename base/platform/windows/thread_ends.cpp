// SPDX-License-Identifier: Apache-2.0
// What a thread's own objects (thread_local) are destroyed by. GCC keeps them for Windows in memory that it frees when
// the thread ends, by a key of pthreads that is made at their first use. libstdc++ 12 destroys them by a key that is
// made later still, and winpthreads ends keys in the order in which they were made: every destructor would read freed
// memory, and what OpenSSL is then told to free is whatever lies there. This takes the place of libstdc++'s function of
// that name, with a key that is older than both.
#include <pthread.h>

#include <cstdlib>
#include <new>

namespace {

struct End {
  void (*destroy)(void*);
  void* object;
  End* before;
};

pthread_key_t key;

/// The last made is the first destroyed; a destructor may make another.
void run(void* last) {
  while (last != nullptr) {
    End* const one = static_cast<End*>(last);
    ::pthread_setspecific(key, one->before);
    one->destroy(one->object);
    delete one;
    last = ::pthread_getspecific(key);
  }
}

// Winpthreads ends no keys of the thread that ends the process.
void run_here() { run(::pthread_getspecific(key)); }

// Before any constructor that could use an object of its thread: Protobuf's, static here, have the first number that is
// not the compiler's and its library's own.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wprio-ctor-dtor"
[[gnu::constructor(1)]] void make_key() {
  if (::pthread_key_create(&key, run) != 0 || std::atexit(run_here) != 0) std::abort();
}
#pragma GCC diagnostic pop

}  // namespace

extern "C" int __cxa_thread_atexit(void (*destroy)(void*), void* object, void*) noexcept;

extern "C" int __cxa_thread_atexit(void (*destroy)(void*), void* object, void*) noexcept {
  End* const one = new (std::nothrow) End{destroy, object, static_cast<End*>(::pthread_getspecific(key))};
  return one != nullptr && ::pthread_setspecific(key, one) == 0 ? 0 : -1;
}

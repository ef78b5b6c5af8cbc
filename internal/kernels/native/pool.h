// Pool shares pieces of work over the threads of XLA's own pool.
#ifndef PRIMEWINDOW_POOL_H_
#define PRIMEWINDOW_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

#include "xla/ffi/api/c_api.h"

namespace primewindow {

class Pool {
 public:
  Pool(const XLA_FFI_Api* api, XLA_FFI_ExecutionContext* ctx) : api_(api), ctx_(ctx) {}

  // run calls f(0) to f(n - 1), each once, and returns when all have returned. The calling thread takes pieces too, and
  // at the end waits only for those that a running thread has taken, so it cannot wait for a thread that never comes.
  // The first exception of a piece is thrown on.
  void run(int64_t n, const std::function<void(int64_t)>& f) {
    if (n == 1) {
      f(0);
      return;
    }
    auto job = std::make_shared<Job>(n, f);
    int64_t helpers = std::min(n, threads()) - 1;
    for (int64_t i = 0; i < helpers && schedule(job); i++) {
    }
    job->work();
    job->wait();
  }

 private:
  // Job outlives run where a thread comes to it late: such a thread finds no piece left, and does not touch f.
  struct Job {
    Job(int64_t n, const std::function<void(int64_t)>& f) : n(n), f(f) {}

    void work() {
      for (int64_t i; (i = next.fetch_add(1)) < n;) {
        try {
          f(i);
        } catch (...) {
          std::lock_guard<std::mutex> lock(mutex);
          if (!error) error = std::current_exception();
        }
        if (done.fetch_add(1) + 1 == n) {
          std::lock_guard<std::mutex> lock(mutex);
          all.notify_all();
        }
      }
    }
    void wait() {
      std::unique_lock<std::mutex> lock(mutex);
      all.wait(lock, [this] { return done.load() == n; });
      if (error) std::rethrow_exception(error);
    }

    const int64_t n;
    const std::function<void(int64_t)>& f;
    std::atomic<int64_t> next{0}, done{0};
    std::mutex mutex;  // of error, and of waiting
    std::condition_variable all;
    std::exception_ptr error;
  };

  static void task(void* data) {
    std::unique_ptr<std::shared_ptr<Job>> job(static_cast<std::shared_ptr<Job>*>(data));
    (*job)->work();
  }

  // threads is the size of XLA's pool: 1 where there is none.
  int64_t threads() {
    int64_t n = 1;
    XLA_FFI_ThreadPool_NumThreads_Args a{XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE, nullptr, ctx_, &n};
    return forget(api_->XLA_FFI_ThreadPool_NumThreads(&a)) ? n : 1;
  }

  bool schedule(const std::shared_ptr<Job>& job) {
    std::unique_ptr<std::shared_ptr<Job>> data(new std::shared_ptr<Job>(job));
    XLA_FFI_ThreadPool_Schedule_Args a{XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE, nullptr, ctx_, &task, data.get()};
    if (!forget(api_->XLA_FFI_ThreadPool_Schedule(&a))) return false;
    data.release();
    return true;
  }

  // forget frees an error, and reports whether there was none.
  bool forget(XLA_FFI_Error* e) {
    if (!e) return true;
    XLA_FFI_Error_Destroy_Args a{XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, nullptr, e};
    api_->XLA_FFI_Error_Destroy(&a);
    return false;
  }

  const XLA_FFI_Api* api_;
  XLA_FFI_ExecutionContext* ctx_;
};

}  // namespace primewindow

#endif  // PRIMEWINDOW_POOL_H_

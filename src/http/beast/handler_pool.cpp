#include "http/beast/handler_pool.h"

namespace seaworthy::http::beast {

HandlerPool::HandlerPool(unsigned threads) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

void HandlerPool::add(Job job) {
  {
    MutexLock lock(mutex_);
    if (finished_) {
      return;
    }
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void HandlerPool::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Job job;
    {
      MutexLock lock(mutex_);
      changed_.wait(mutex_, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return !jobs_.empty(); });
      if (stop.stop_requested()) {
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(stop);
  }
}

void HandlerPool::finish() {
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
  std::deque<Job> forgotten;  // destroyed without the mutex: a job owns its connection
  MutexLock lock(mutex_);
  finished_ = true;
  forgotten.swap(jobs_);
}

}  // namespace seaworthy::http::beast

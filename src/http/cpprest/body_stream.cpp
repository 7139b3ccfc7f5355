#include "http/cpprest/body_stream.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace seaworthy::http::cpprest {
namespace {

using State = concurrency::streams::details::streambuf_state_manager<std::uint8_t>;
using Traits = concurrency::streams::char_traits<std::uint8_t>;
using Int = Traits::int_type;
using Position = Traits::pos_type;
using Offset = Traits::off_type;

// Everything that a stream can do and ours cannot, in one place.
class Buffer : public State {
 protected:
  explicit Buffer(std::ios_base::openmode mode) : State(mode) {}

 public:
  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
  std::size_t in_avail() const override { return 0; }
  Position getpos(std::ios_base::openmode) const override { return nowhere(); }
  Position seekpos(Position, std::ios_base::openmode) override { return nowhere(); }
  Position seekoff(Offset, std::ios_base::seekdir, std::ios_base::openmode) override {
    return nowhere();
  }
  bool acquire(std::uint8_t*& pointer, std::size_t& count) override {
    pointer = nullptr;
    count = 0;
    return false;
  }
  void release(std::uint8_t*, std::size_t) override {}

 protected:
  pplx::task<Int> _putc(std::uint8_t) override { return end(); }
  pplx::task<std::size_t> _putn(const std::uint8_t*, std::size_t) override { return none(); }
  pplx::task<Int> _bumpc() override { return end(); }
  Int _sbumpc() override { return Traits::eof(); }
  pplx::task<Int> _getc() override { return end(); }
  Int _sgetc() override { return Traits::eof(); }
  pplx::task<Int> _nextc() override { return end(); }
  pplx::task<Int> _ungetc() override { return end(); }
  pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override { return none(); }
  std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  std::uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}

 private:
  static Position nowhere() { return static_cast<Position>(Traits::eof()); }
  static pplx::task<Int> end() { return pplx::task_from_result<Int>(Traits::eof()); }
  static pplx::task<std::size_t> none() { return pplx::task_from_result<std::size_t>(0); }
};

// Never fails: what is not wanted any more is swallowed until the connection has been cut. A
// failing write makes cpprestsdk wait for a task on the I/O thread, and so for ever (tried).
class ResponseBuffer final : public Buffer {
 public:
  explicit ResponseBuffer(std::shared_ptr<Call> call)
      : Buffer(std::ios_base::out), call_(std::move(call)) {}

 protected:
  pplx::task<std::size_t> _putn(const std::uint8_t* bytes, std::size_t count) override {
    // A negative chunk size in a response arrives here as a gigantic count (tried).
    if (count > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      call_->fail(malformed("the response has an impossible chunk size"));
      return pplx::task_from_result(count);
    }
    const pplx::task_completion_event<std::size_t> taken;
    call_->piece({reinterpret_cast<const char*>(bytes), count},
                 [taken, count] { taken.set(count); });
    return pplx::create_task(taken);
  }

 private:
  const std::shared_ptr<Call> call_;
};

class RequestBuffer final : public Buffer {
 public:
  explicit RequestBuffer(std::string body) : Buffer(std::ios_base::in), body_(std::move(body)) {}

 protected:
  pplx::task<std::size_t> _getn(std::uint8_t* out, std::size_t count) override {
    const std::size_t n = std::min(count, body_.size() - read_);
    std::memcpy(out, body_.data() + read_, n);
    read_ += n;
    return pplx::task_from_result(n);
  }

 private:
  const std::string body_;
  std::size_t read_ = 0;
};

}  // namespace

concurrency::streams::ostream response_stream(std::shared_ptr<Call> call) {
  return concurrency::streams::ostream(concurrency::streams::streambuf<std::uint8_t>(
      std::make_shared<ResponseBuffer>(std::move(call))));
}

concurrency::streams::istream request_stream(std::string body) {
  return concurrency::streams::istream(concurrency::streams::streambuf<std::uint8_t>(
      std::make_shared<RequestBuffer>(std::move(body))));
}

}  // namespace seaworthy::http::cpprest

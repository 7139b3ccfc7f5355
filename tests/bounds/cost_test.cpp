// Counts, and shows that it counts: a counter that stands still would make every bound hold.
#include "bounds/cost.h"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/bytes.h"
#include "base/check.h"
#include "codec/hex.h"
#include "crypto/digest.h"

namespace {

using seaworthy::bounds::Cost;

std::size_t in_use = 0;
std::size_t in_use_before = 0;
Cost counted;

// The size stands before the block.
constexpr std::size_t kHead = 16;

void* allocate(std::size_t size) {
  void* const block = std::malloc(kHead + size);
  if (block == nullptr) {
    return nullptr;
  }
  *static_cast<std::size_t*>(block) = size;
  in_use += size;
  counted.peak = std::max(counted.peak, in_use - std::min(in_use, in_use_before));
  counted.allocated += size;
  ++counted.allocations;
  return static_cast<char*>(block) + kHead;
}

void release(void* at) {
  if (at != nullptr) {
    void* const block = static_cast<char*>(at) - kHead;
    in_use -= *static_cast<std::size_t*>(block);
    std::free(block);
  }
}

void* allocate_or_throw(std::size_t size) {
  void* const at = allocate(size);
  if (at == nullptr) {
    throw std::bad_alloc();
  }
  return at;
}

void* openssl_allocate(std::size_t size, const char*, int) {
  return size == 0 ? nullptr : allocate(size);
}
void openssl_release(void* at, const char*, int) {
  release(at);
}
void* openssl_resize(void* at, std::size_t size, const char* file, int line) {
  void* const other = openssl_allocate(size, file, line);
  if (at != nullptr && other != nullptr) {
    const auto* head = reinterpret_cast<const std::size_t*>(static_cast<char*>(at) - kHead);
    std::copy_n(static_cast<char*>(at), std::min(*head, size), static_cast<char*>(other));
  }
  if (other != nullptr || size == 0) {
    release(at);
  }
  return other;
}

// Before OpenSSL allocates anything, or it refuses.
const bool openssl_is_counted =
    CRYPTO_set_mem_functions(openssl_allocate, openssl_resize, openssl_release) == 1;

}  // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* at) noexcept {
  release(at);
}
void operator delete[](void* at) noexcept {
  release(at);
}
void operator delete(void* at, std::size_t) noexcept {
  release(at);
}
void operator delete[](void* at, std::size_t) noexcept {
  release(at);
}
void operator delete(void* at, const std::nothrow_t&) noexcept {
  release(at);
}
void operator delete[](void* at, const std::nothrow_t&) noexcept {
  release(at);
}

// Called by the compiler's instrumentation, and by the linker in the place of OpenSSL's.
extern "C" {
void __sanitizer_cov_trace_pc() {  // NOLINT: the compiler's name
  ++counted.steps;
}
int __real_EVP_DigestUpdate(EVP_MD_CTX* context, const void* data, std::size_t size);   // NOLINT
int __wrap_EVP_DigestUpdate(EVP_MD_CTX* context, const void* data, std::size_t size) {  // NOLINT
  counted.hashed += size;
  return __real_EVP_DigestUpdate(context, data, size);
}
}

namespace seaworthy::bounds {

Cost cost_of(const std::function<void()>& work) {
  in_use_before = in_use;
  counted = {};
  work();
  return counted;
}

namespace {

constexpr std::size_t kStack = 8 << 20;
constexpr unsigned char kPaint = 0xA5;

void* run_on_thread(void* work) {
  (*static_cast<const std::function<void()>*>(work))();
  return nullptr;
}

}  // namespace

// A thread's stack is painted before; what was used lost its colour.
std::size_t stack_of(const std::function<void()>& work) {
  void* const memory =
      mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SEAWORTHY_CHECK(memory != MAP_FAILED);
  auto* const low = static_cast<unsigned char*>(memory);
  std::fill_n(low, kStack, kPaint);
  pthread_attr_t attributes;
  pthread_t thread{};
  SEAWORTHY_CHECK(pthread_attr_init(&attributes) == 0 &&
                  pthread_attr_setstack(&attributes, memory, kStack) == 0);
  SEAWORTHY_CHECK(pthread_create(&thread, &attributes, run_on_thread,
                                 const_cast<std::function<void()>*>(&work)) == 0);
  SEAWORTHY_CHECK(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  const unsigned char* const used =
      std::find_if(low, low + kStack, [](unsigned char byte) { return byte != kPaint; });
  const auto bytes = static_cast<std::size_t>(low + kStack - used);
  munmap(memory, kStack);
  return bytes;
}

namespace {

TEST(Cost, CountsWhatIsAllocated) {
  const Cost cost = cost_of([] {
    { const Bytes first(10'000); }
    const Bytes second(5'000);
  });
  EXPECT_EQ(cost.peak, 10'000u);
  EXPECT_EQ(cost.allocated, 15'000u);
  EXPECT_EQ(cost.allocations, 2u);
}

TEST(Cost, CountsWhatOpenSslAllocates) {
  ASSERT_TRUE(openssl_is_counted);
  const Cost cost = cost_of([] { OPENSSL_free(OPENSSL_malloc(3'000)); });
  EXPECT_EQ(cost.peak, 3'000u);
}

TEST(Cost, CountsStepsAndHashedBytes) {
  const std::string text(2'000, 'a');
  const Cost cost = cost_of([&] {
    EXPECT_TRUE(codec::from_hex(text));
    EXPECT_FALSE(crypto::sha256(as_bytes(text)).is_zero());
  });
  EXPECT_GT(cost.steps, 1'000u);
  EXPECT_EQ(cost.hashed, 2'000u);
}

TEST(Cost, MeasuresTheStack) {
  const std::size_t little = stack_of([] {});
  const std::size_t much = stack_of([] {
    volatile char bytes[100'000];
    bytes[0] = 1;
    bytes[50'000] = bytes[0];
  });
  EXPECT_LT(little, 64u * 1024u);
  EXPECT_GE(much, 100'000u);
}

}  // namespace
}  // namespace seaworthy::bounds

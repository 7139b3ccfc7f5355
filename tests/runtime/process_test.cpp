#include "runtime/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "support/fake_clock.h"

namespace seaworthy::runtime {
namespace {

using std::chrono::milliseconds;

class MemorySink final : public telemetry::LogSink {
 public:
  void write(std::string_view line) override {
    MutexLock lock(mutex);
    text += line;
    text += '\n';
  }
  bool contains(std::string_view what) {
    MutexLock lock(mutex);
    return text.find(what) != std::string::npos;
  }
  Mutex mutex;
  std::string text GUARDED_BY(mutex);
};

class ProcessTest : public ::testing::Test {
 protected:
  Component part(const std::string& name, Result<void> result = {}) {
    Component out;
    out.name = name;
    out.start = [this, name, result](std::stop_token) {
      events += "+" + name;
      return result;
    };
    out.stop = [this, name](milliseconds) { events += "-" + name; };
    return out;
  }

  const testing::FakeClock clock;
  MemorySink sink;
  const telemetry::Log log{sink, clock, telemetry::Level::kInfo, telemetry::Format::kJson};
  std::string events;
};

TEST_F(ProcessTest, StartsInOrderAndStopsInReverse) {
  Process process(log, {});
  process.add(part("a"));
  process.add(part("b"));
  process.add(part("c"));
  process.stop();  // before the start: nothing is started
  EXPECT_EQ(process.run(), 0);
  EXPECT_EQ(events, "");
}

TEST_F(ProcessTest, StopsInReverseWhenASignalComes) {
  Process process(log, {});
  process.add(part("a"));
  process.add(part("b"));
  Component last = part("c");
  last.start = [this](std::stop_token) {
    events += "+c";
    ::kill(::getpid(), SIGTERM);
    return Result<void>();
  };
  process.add(last);
  EXPECT_EQ(process.run(), 0);
  EXPECT_EQ(events, "+a+b+c-c-b-a");
  EXPECT_TRUE(sink.contains("signal received"));
}

TEST_F(ProcessTest, StopsOnlyWhatItHasStartedWhenAPartFails) {
  Process process(log, {});
  process.add(part("a"));
  process.add(part("b", unavailable("port taken")));
  process.add(part("c"));
  EXPECT_EQ(process.run(), 1);
  EXPECT_EQ(events, "+a+b-a");
  EXPECT_TRUE(sink.contains("port taken"));
}

TEST_F(ProcessTest, TellsAPartThatIsStillStartingToGiveUp) {
  Process process(log, {});
  process.add(part("a"));
  Component waiting = part("w");
  waiting.start = [&](std::stop_token stop) -> Result<void> {
    ::kill(::getpid(), SIGINT);
    while (!stop.stop_requested()) {
      std::this_thread::yield();
    }
    return Error(ErrorCode::kCancelled, "stopped by us");
  };
  process.add(waiting);
  EXPECT_EQ(process.run(), 0);
  EXPECT_EQ(events, "+a-a");
}

TEST_F(ProcessTest, RunsThreadsUntilTheyAreToldToStop) {
  Process process(log, {});
  std::atomic<bool> saw_stop = false;
  process.add_thread("loop", [&](std::stop_token stop) -> Result<void> {
    process.stop();
    while (!stop.stop_requested()) {
      std::this_thread::yield();
    }
    saw_stop = true;
    return {};
  });
  EXPECT_EQ(process.run(), 0);
  EXPECT_TRUE(saw_stop);
}

TEST_F(ProcessTest, EndsWhenAThreadEndsByItself) {
  for (const bool with_error : {true, false}) {
    Process process(log, {});
    process.add_thread("leader", [&](std::stop_token) -> Result<void> {
      return with_error ? Result<void>(unavailable("lease lost")) : Result<void>();
    });
    EXPECT_EQ(process.run(), 1);
  }
  EXPECT_TRUE(sink.contains("lease lost"));
  EXPECT_TRUE(sink.contains("ended by itself"));
}

TEST_F(ProcessTest, IsNotReadyBeforeAnythingStops) {
  Health health;
  Process process(log, {.health = &health, .drain_delay = milliseconds(10)});
  int status_at_stop = 0;
  Component server = part("s");
  server.stop = [&](milliseconds) { status_at_stop = health.readiness().status; };
  process.add(server);
  Component last = part("l");
  last.start = [&](std::stop_token) {
    process.stop();
    return Result<void>();
  };
  process.add(last);
  EXPECT_EQ(health.readiness().status, 200);
  EXPECT_EQ(process.run(), 0);
  EXPECT_EQ(status_at_stop, 503);
}

TEST_F(ProcessTest, GivesSignalsBackWhenItEnds) {
  { const Process process(log, {}); }
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

TEST_F(ProcessTest, EndsAtOnceOnASecondSignal) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Process process(log, {});
        Component stuck = part("stuck");
        stuck.stop_patience = milliseconds(60'000);
        stuck.stop = [](milliseconds) {
          ::kill(::getpid(), SIGTERM);
          std::this_thread::sleep_for(std::chrono::seconds(60));
        };
        process.add(stuck);
        process.add_thread("t", [&](std::stop_token) -> Result<void> {
          ::kill(::getpid(), SIGTERM);
          std::this_thread::sleep_for(std::chrono::seconds(1));
          return {};
        });
        process.run();
      },
      ::testing::ExitedWithCode(kExitStuck), "");
}

TEST_F(ProcessTest, EndsWithoutAPartThatDoesNotStop) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Process process(log, {.grace = milliseconds(10)});
        Component stuck = part("stuck");
        stuck.stop_patience = milliseconds(10);
        stuck.stop = [](milliseconds) { std::this_thread::sleep_for(std::chrono::seconds(60)); };
        process.add(stuck);
        Component last = part("l");
        last.start = [&](std::stop_token) {
          process.stop();
          return Result<void>();
        };
        process.add(last);
        process.run();
      },
      ::testing::ExitedWithCode(kExitStuck), "");
}

}  // namespace
}  // namespace seaworthy::runtime

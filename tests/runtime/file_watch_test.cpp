#include "runtime/file_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "runtime/cert_reload.h"
#include "support/fake_clock.h"

namespace seaworthy::runtime {
namespace {

namespace fs = std::filesystem;

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() : directory(fs::temp_directory_path() / ("seaworthy-" + unique())) {
    fs::create_directories(directory);
  }
  ~FileWatchTest() override { fs::remove_all(directory); }

  static std::string unique() {
    return std::to_string(::getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name) << text;
  }
  FileWatch::Options options(std::vector<std::string> names) {
    FileWatch::Options out;
    for (const std::string& name : names) {
      out.paths.push_back((directory / name).string());
    }
    out.on_change = [this](const FileWatch::Contents& contents) {
      ++changes;
      last = contents;
    };
    out.on_problem = [this](const Error& error) { problems.push_back(error.message()); };
    return out;
  }

  const fs::path directory;
  std::atomic<int> changes = 0;
  FileWatch::Contents last;
  std::vector<std::string> problems;
};

TEST_F(FileWatchTest, TellsTheFirstContentsAndEachChange) {
  write("a", "1");
  write("b", "x");
  FileWatch watch(options({"a", "b"}));
  EXPECT_TRUE(watch.look());
  EXPECT_EQ(last, (FileWatch::Contents{"1", "x"}));
  EXPECT_TRUE(watch.look());
  EXPECT_EQ(changes, 1);
  write("b", "y");
  EXPECT_TRUE(watch.look());
  EXPECT_EQ(last, (FileWatch::Contents{"1", "y"}));
  EXPECT_EQ(changes, 2);
}

TEST_F(FileWatchTest, NoticesTheSwapOfASymbolicLinkTwoLinksUp) {
  // As in a Secret volume: tls.crt → ..data/tls.crt, ..data → ..2026_1.
  fs::create_directories(directory / "..1");
  fs::create_directories(directory / "..2");
  write("..1/a", "old");
  write("..2/a", "new");
  fs::create_directory_symlink("..1", directory / "..data");
  fs::create_symlink("..data/a", directory / "a");
  FileWatch watch(options({"a"}));
  EXPECT_TRUE(watch.look());
  fs::create_directory_symlink("..2", directory / "..tmp");
  fs::rename(directory / "..tmp", directory / "..data");
  EXPECT_TRUE(watch.look());
  EXPECT_EQ(last, FileWatch::Contents{"new"});
}

TEST_F(FileWatchTest, KeepsWhatItHadWhileAFileIsMissingAndSaysSoOnce) {
  write("a", "1");
  FileWatch watch(options({"a"}));
  EXPECT_TRUE(watch.look());
  fs::remove(directory / "a");
  EXPECT_EQ(watch.look().error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(watch.look());
  EXPECT_EQ(problems.size(), 1U);
  EXPECT_EQ(changes, 1);
  write("a", "1");
  EXPECT_TRUE(watch.look());
  EXPECT_EQ(changes, 1);  // the same as before
}

TEST_F(FileWatchTest, RefusesAFileBeyondItsLimit) {
  write("a", std::string(10, 'a'));
  EXPECT_EQ(*read_file(directory / "a", 10), "aaaaaaaaaa");
  EXPECT_EQ(read_file(directory / "a", 9).error().code(), ErrorCode::kMalformed);
  EXPECT_FALSE(read_file(directory, 10));
}

TEST_F(FileWatchTest, LooksByItselfUntilStopped) {
  write("a", "1");
  FileWatch::Options quick = options({"a"});
  quick.interval = std::chrono::milliseconds(1);
  FileWatch watch(quick);
  watch.start();
  for (int i = 0; i < 5'000 && changes == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  watch.stop();
  EXPECT_EQ(changes, 1);
}

class NullSink final : public telemetry::LogSink {
 public:
  void write(std::string_view) override {}
};

TEST_F(FileWatchTest, CertReloadPutsThePairIntoItsHolder) {
  const testing::FakeClock clock;
  NullSink sink;
  const telemetry::Log log(sink, clock, telemetry::Level::kInfo, telemetry::Format::kJson);
  http::KeyPairHolder holder;
  CertReload reload({.directory = directory.string()}, holder, log);
  EXPECT_EQ(reload.start().error().code(), ErrorCode::kNotFound);
  write("tls.crt", "certificate");
  write("tls.key", "key");
  EXPECT_TRUE(reload.look());
  ASSERT_NE(holder.get(), nullptr);
  EXPECT_EQ(holder.get()->certificate_chain_pem, "certificate");
  EXPECT_EQ(holder.get()->private_key_pem, "key");
  const auto first = holder.get();
  EXPECT_TRUE(reload.look());
  EXPECT_EQ(holder.get(), first);
  write("tls.crt", "next");
  EXPECT_TRUE(reload.look());
  EXPECT_EQ(holder.get()->certificate_chain_pem, "next");
}

}  // namespace
}  // namespace seaworthy::runtime

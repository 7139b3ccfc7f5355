#include "kube/events.h"

#include <gtest/gtest.h>

#include "support/fake_api_server/fake_api_server.h"
#include "support/fake_clock.h"

namespace seaworthy::kube {
namespace {

using std::chrono::milliseconds;

class EventsTest : public ::testing::Test {
 protected:
  EventNote note(const std::string& text, const std::string& reason = "NodeViolated") {
    return {.regarding = {"v1", "Node", "n1", "", "uid-1"},
            .type = EventType::kWarning,
            .reason = reason,
            .action = "Appraised",
            .note = text};
  }
  std::vector<Json> events() { return server_.all(kEvents); }

  testing::FakeClock clock_;
  testing::FakeApiServer server_{clock_};
  std::unique_ptr<Client> client_ = server_.client();
  EventRecorder recorder_{
      *client_, {.instance = "operator-0", .max_queued = 10, .max_series = 3}, clock_};
};

TEST_F(EventsTest, AnEventHasEverythingThatValidationDemands) {
  recorder_.record(note("pcr 4 differs"));
  recorder_.flush({});
  ASSERT_EQ(events().size(), 1u);
  const Json event = events().front();
  EXPECT_EQ(event["metadata"]["namespace"], "default");  // cluster-scoped things have no other
  EXPECT_EQ(event["regarding"]["name"], "n1");
  EXPECT_EQ(event["regarding"]["uid"], "uid-1");
  EXPECT_FALSE(event["regarding"].contains("namespace"));
  EXPECT_EQ(event["type"], "Warning");
  EXPECT_EQ(event["note"], "pcr 4 differs");
  EXPECT_EQ(event["reportingInstance"], "operator-0");
  EXPECT_TRUE(event["eventTime"].get<std::string>().ends_with("Z"));
  EXPECT_FALSE(event.contains("series"));
}

TEST_F(EventsTest, RepetitionBecomesASeries) {
  recorder_.record(note("first"));
  recorder_.record(note("again, in other words"));
  recorder_.flush({});
  ASSERT_EQ(events().size(), 1u);
  EXPECT_EQ(events().front()["series"]["count"], 2);
  const std::size_t writes = server_.writes();
  for (int i = 0; i < 5; ++i) {
    recorder_.record(note("again"));
  }
  recorder_.flush({});
  EXPECT_EQ(server_.writes(), writes) << "counted, but not written every time";
  clock_.advance(milliseconds(30'000));
  recorder_.record(note("again"));
  recorder_.flush({});
  EXPECT_EQ(events().front()["series"]["count"], 8);
}

TEST_F(EventsTest, AfterAQuietTimeOrForAnotherReasonANewOneBegins) {
  recorder_.record(note("x"));
  recorder_.record(note("x", "NodeTrusted"));
  recorder_.flush({});
  EXPECT_EQ(events().size(), 2u);
  clock_.advance(milliseconds(6 * 60'000));
  recorder_.record(note("x"));
  recorder_.flush({});
  EXPECT_EQ(events().size(), 3u);
}

TEST_F(EventsTest, AnotherTopicIsAnotherSeriesBecauseNotesAreNeverChanged) {
  EventNote first = note("the nonce is old", "EvidenceRefused");
  first.topic = "NonceMismatch";
  EventNote second = note("not a quote", "EvidenceRefused");
  second.topic = "NotAQuote";
  recorder_.record(first);
  recorder_.record(second);
  recorder_.record(first);
  recorder_.flush({});
  ASSERT_EQ(events().size(), 2u);
  EXPECT_EQ(events().front()["note"], "the nonce is old");
  EXPECT_EQ(events().back()["note"], "not a quote");
  EXPECT_FALSE(events().front().contains("topic"));
}

TEST_F(EventsTest, ASeriesWhoseEventIsGoneBeginsAnew) {
  recorder_.record(note("x"));
  recorder_.flush({});
  server_.erase(kEvents, key_of(events().front()));
  recorder_.record(note("x"));
  recorder_.flush({});
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(EventsTest, TheQueueIsBoundedAndNeverBlocks) {
  for (int i = 0; i < 15; ++i) {
    recorder_.record(note("x", "R" + std::to_string(i)));
  }
  EXPECT_EQ(recorder_.dropped(), 5u);
}

TEST_F(EventsTest, LongTextIsCutBetweenCharacters) {
  std::string text(1'023, 'x');
  recorder_.record(note(text + "\xC3\xA9"));  // é would be cut in two at 1024
  recorder_.flush({});
  EXPECT_EQ(events().front()["note"], text);
}

TEST_F(EventsTest, AServerThatRefusesLosesEventsAndNothingElse) {
  server_.fail_next(1, 403);
  recorder_.record(note("x"));
  recorder_.flush({});
  EXPECT_EQ(recorder_.dropped(), 1u);
  recorder_.record(note("x"));
  recorder_.flush({});
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(EventsTest, RemembersABoundedNumberOfSeries) {
  for (int i = 0; i < 6; ++i) {
    recorder_.record(note("x", "R" + std::to_string(i)));
    recorder_.flush({});
    clock_.advance(milliseconds(1));
  }
  recorder_.record(note("x", "R0"));  // forgotten: a new Event, not a count
  recorder_.flush({});
  EXPECT_EQ(events().size(), 7u);
}

TEST_F(EventsTest, TheThreadSendsAndStops) {
  recorder_.start();
  recorder_.record(note("x"));
  for (int i = 0; i < 2'000 && events().empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(2));
  }
  EXPECT_EQ(events().size(), 1u);
  recorder_.stop();
}

}  // namespace
}  // namespace seaworthy::kube

#include "wiring.h"

#include <cstdio>

#include "capture_node.h"
#include "commands/approve.h"
#include "commands/cluster.h"
#include "commands/explain.h"
#include "commands/status.h"
#include "commands/what_if.h"
#include "completion.h"
#include "files.h"
#include "http/cpprest/client.h"
#include "kube/client.h"
#include "kube/config.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "stop_on_signal.h"

namespace seaworthy::cli {
namespace {

constexpr std::size_t kMaxManifestBytes = std::size_t{16} << 20;

struct Connection {
  std::unique_ptr<kube::Client> client;
  std::string namespace_;
};

Result<Connection> connect(const Options& options, const Clock& clock) {
  kube::Config config =
      TRY(kube::load_kubeconfig({.path = options.kubeconfig, .context = options.context},
                                kube::process_environment(), clock));
  if (!options.as.empty()) {
    config.impersonation = {.user = options.as};
  }
  config.http.user_agent = "kubectl-seaworthy/" SEAWORTHY_VERSION;
  std::shared_ptr<http::Client> http =
      TRY(http::cpprest::create_client(std::move(config.http), clock));
  return Connection{kube::create_client(std::move(http), std::move(config.impersonation),
                                        std::move(config.on_unauthorized)),
                    options.namespace_.empty() ? config.namespace_ : options.namespace_};
}

std::vector<std::string> names(const Options& options, const Clock& clock,
                               const std::string& plural) {
  auto connection = connect(options, clock);
  if (!connection) {
    return {};
  }
  const kube::Resource& resource = plural == "nodes"                ? kube::kNodes
                                   : plural == "pods"               ? kube::kPods
                                   : plural == "namespaces"         ? kube::kNamespaces
                                   : plural == "referencevaluesets" ? kube::kReferenceValueSets
                                                                    : kube::kAttestationPolicies;
  const std::string namespace_ = resource.namespaced ? connection->namespace_ : "";
  auto objects = kube::list_all(
      *connection->client, resource,
      {.namespace_ = namespace_, .limit = 500, .content = kube::Content::kMetadataOnly},
      kube::call_within(clock, milliseconds(2'000), {}));
  std::vector<std::string> out;
  if (objects) {
    for (const auto& object : *objects) {
      out.push_back(kube::key_of(object).name);
    }
  }
  return out;
}

std::string lines(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    out += word + "\n";
  }
  return out;
}

Result<Captured> captured(const Options& options, const Clock& clock) {
  if (options.capture.subject != CaptureSubject::kNode) {
    return capture(options.capture, options.output.format, clock.now());
  }
  const Connection connection = TRY(connect(options, clock));
  return capture_node(*connection.client, options.capture, options.output, clock);
}

Result<std::string> ask_cluster(const Options& options, const Clock& clock) {
  const Connection connection = TRY(connect(options, clock));
  const kube::Call call =
      kube::call_within(clock, std::chrono::seconds(options.timeout_seconds), {});
  if (options.command == Command::kApprove) {
    return commands::approve(*connection.client, {.node = options.name, .ek_hash = options.ek_hash},
                             options.output, call);
  }
  const commands::Cluster cluster = TRY(commands::read_cluster(*connection.client, call));
  switch (options.command) {
    case Command::kExplainNode:
      return commands::explain_node(cluster, options.name, options.output, clock.now());
    case Command::kExplainNamespace:
      return commands::explain_namespace(cluster, options.name, options.output, clock.now());
    case Command::kExplainPod: {
      const auto pod =
          TRY(connection.client->get(kube::kPods, {connection.namespace_, options.name}, call));
      return commands::explain_pod(cluster, pod, options.output, clock.now());
    }
    default:
      return commands::status(cluster, {.node = options.node, .policy = options.policy},
                              options.output, clock.now());
  }
}

// The objects that diff compares, got when it asks for them.
Objects objects(const Options& options, const Clock& clock) {
  const auto get = [&options, &clock](const kube::Resource& resource,
                                      const std::string& name) -> Result<codec::Json> {
    const Connection connection = TRY(connect(options, clock));
    return connection.client->get(
        resource, kube::cluster_key(name),
        kube::call_within(clock, std::chrono::seconds(options.timeout_seconds), {}));
  };
  return {.set = [get](const std::string& name) -> Result<Side> {
            const codec::Json object = TRY(get(kube::kReferenceValueSets, name));
            return Side{.set = TRY(api::parse_reference_values(object))};
          },
          .node = [get, &options, &clock](const std::string& name) -> Result<Side> {
            if (!options.diff.status) {
              const Connection connection = TRY(connect(options, clock));
              const auto evidence =
                  node_evidence(*connection.client, name,
                                std::chrono::seconds(options.diff.timeout_seconds), clock);
              if (evidence) {
                return Side{.logs = logs_of(*evidence)};
              }
              std::fprintf(stderr, "Only the status of node %s is compared, not its evidence: %s\n",
                           name.c_str(), evidence.error().message().c_str());
            }
            const codec::Json object = TRY(get(kube::kNodeAttestations, name));
            return Side{.node = TRY(api::parse_node_attestation(object))};
          }};
}

int exit_code(commands::Outcome outcome) {
  switch (outcome) {
    case commands::Outcome::kNobodyWorse:
      return 0;
    case commands::Outcome::kSomebodyWorse:
      return 3;
    case commands::Outcome::kUndecided:
      break;
  }
  return 1;
}

Result<Answer> ask_what_if(const Options& options, const Clock& clock) {
  const StopOnSignal signals;  // before the client's threads
  commands::WhatIf question;
  question.timeout = seconds(options.what_if.timeout_seconds);
  question.afterwards =
      options.what_if.keep ? commands::Afterwards::kKeep : commands::Afterwards::kRemove;
  for (const std::string& path : options.what_if.files) {
    const Bytes file = TRY(read_input(path, kMaxManifestBytes));
    question.files.push_back({path == "-" ? "standard input" : path, std::string(as_text(file))});
  }
  const Connection connection = TRY(connect(options, clock));
  runtime::SystemRandom random;
  const commands::Surroundings around{
      .client = *connection.client,
      .clock = clock,
      .random = random,
      .sleep = kube::real_sleep(),
      .tell = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); },
      .stop = signals.token(),
      .call_time = seconds(options.timeout_seconds)};
  commands::WhatIfAnswer answer = TRY(commands::what_if(around, question, options.output));
  return Answer{std::move(answer.text), exit_code(answer.outcome)};
}

}  // namespace

int failure(const Options& options) {
  return options.command == Command::kDiff ? 2 : 1;  // 1 says that something differs
}

Result<Answer> run(const Options& options) {
  const runtime::SystemClock clock;
  switch (options.command) {
    case Command::kVersion:
      return Answer{"kubectl-seaworthy " SEAWORTHY_VERSION "\n"};
    case Command::kCompletion:
      return Answer{completion_script(options.name)};
    case Command::kComplete:
      return Answer{lines(complete(options.words, [&](const std::string& plural) {
        return names(options, clock, plural);
      }))};
    case Command::kWhatIf:
      return ask_what_if(options, clock);
    case Command::kInspect: {
      commands::Inspection read = TRY(inspect(options.inspect, options.output, clock.now()));
      return Answer{std::move(read.text), read.findings && options.inspect.strict ? 3 : 0};
    }
    case Command::kCapture: {
      Captured done = TRY(captured(options, clock));
      return Answer{std::move(done.text), done.remarkable && options.capture.strict ? 3 : 0,
                    std::move(done.summary)};
    }
    case Command::kDiff: {
      Differed done = TRY(diff(options.diff, objects(options, clock), options.output));
      return Answer{std::move(done.text), done.same ? 0 : 1};
    }
    default: {
      std::string text = TRY(ask_cluster(options, clock));
      return Answer{std::move(text)};
    }
  }
}

}  // namespace seaworthy::cli

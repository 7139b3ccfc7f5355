// What reading text costs: JSON, YAML, tokens, what an API server sends.
#include "api/admission.h"
#include "api/evidence.h"
#include "api/policy.h"
#include "api/reference_values.h"
#include "bounds/reading.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/yaml.h"
#include "eventlog/userspace_log.h"
#include "kube/kubeconfig.h"
#include "kube/watch_decoder.h"
#include "token/ear.h"
#include "token/test_signer.h"

namespace seaworthy::bounds {
namespace {

constexpr codec::JsonLimits kLimits{.max_bytes = 16 << 20};

Bytes bytes_of(const std::string& text) {
  return to_bytes(as_bytes(text));
}
std::string times(std::size_t n, const std::string& part) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) {
    all += part;
  }
  return all;
}
std::string numbered(std::size_t n, const std::string& before, const std::string& after) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) {
    all += before + std::to_string(100'000 + i) + after;
  }
  return all;
}

// ---- JSON

bool json(ByteSpan in) {
  return codec::parse_json(as_text(in), kLimits).has_value();
}
Bytes json_of_numbers(std::size_t n) {
  return bytes_of("[" + times(n, "1,") + "1]");
}
Bytes json_of_empty_lists(std::size_t n) {
  return bytes_of("[" + times(n, "[],") + "1]");
}
Bytes json_of_members(std::size_t n) {
  return bytes_of("{" + numbered(n, "\"", "\":1,") + "\"\":1}");
}
Bytes json_of_one_key(std::size_t n) {
  return bytes_of("{" + times(n, "\"a\":1,") + "\"\":1}");
}
Bytes json_of_escapes(std::size_t n) {
  return bytes_of("\"" + times(n, "\\u00e9\\n") + "\"");
}
Bytes json_of_depth(std::size_t n) {
  return bytes_of(times(n, "[") + times(n, "]"));
}
Bytes json_of_open_objects(std::size_t n) {
  return bytes_of(times(n, "{\"a\":"));
}
bool base64(ByteSpan in) {
  return codec::from_base64(as_text(in)).has_value();
}
Bytes base64_of(std::size_t n) {
  return bytes_of(times(n, "AAAA"));
}
bool hex(ByteSpan in) {
  return codec::from_hex(as_text(in)).has_value();
}

// ---- YAML

bool yaml(ByteSpan in) {
  return codec::parse_yaml(as_text(in), kLimits).has_value();
}
Bytes yaml_of_lines(std::size_t n) {
  return bytes_of(numbered(n, "key-", ": value\n"));
}
Bytes yaml_of_items(std::size_t n) {
  return bytes_of(times(n, "- 1\n"));
}
Bytes yaml_in_flow(std::size_t n) {
  return bytes_of("[" + times(n, "1,") + "1]");
}
Bytes yaml_of_documents(std::size_t n) {
  return bytes_of(times(n, "---\na: 1\n"));
}
Bytes yaml_of_one_text(std::size_t n) {
  return bytes_of("a: |\n" + times(n, "  a line of text\n"));
}
// A text that is used again and again: 4 bytes that stand for as many as there are before them.
Bytes yaml_of_aliases(std::size_t n) {
  return bytes_of("a: &a " + std::string(4 * n, 'x') + "\nb: [" + times(n, "*a, ") + "1]\n");
}
Bytes yaml_bomb(std::size_t n) {
  std::string text = "l0: &l0 [" + times(n, "1,") + "1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*l" + std::to_string(i - 1) + ",";
    text += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + times(9, before) + "1]\n";
  }
  return bytes_of(text);
}
Bytes yaml_of_depth(std::size_t n) {
  return bytes_of(times(n, "[") + times(n, "]"));
}
Bytes yaml_of_dashes(std::size_t n) {
  return bytes_of(times(n, "- ") + "1");
}
bool kubeconfig(ByteSpan in) {
  return kube::parse_kubeconfig(as_text(in), "/home/a/.kube/config").has_value();
}
Bytes kubeconfig_of_users(std::size_t n) {
  return bytes_of("apiVersion: v1\nkind: Config\nusers:\n" +
                  numbered(n, "- name: u", "\n  user: {token: secret}\n"));
}

// ---- Tokens

const seaworthy::testing::TestSigner& signer() {
  static const seaworthy::testing::TestSigner made;
  return made;
}
bool ear(ByteSpan in) {
  static const token::KeySet keys = signer().as_set();
  return token::verify_ear(as_text(in), keys, Time::from_unix(seconds(1'800'000'000))).has_value();
}
Bytes ear_of_findings(std::size_t n) {
  token::EarClaims claims;
  claims.verifier = "seaworthy-operator";
  claims.build = "seaworthy 0.1.0";
  claims.id = "1";
  claims.issued = Time::from_unix(seconds(1'800'000'000));
  claims.expires = claims.issued + seconds(120);
  claims.node = NodeName("n1");
  claims.node_uid = NodeUid("uid-n1");
  claims.ak_name = "000b" + std::string(64, 'a');
  claims.ak_spki = signer().jwk().key.to_spki_der();
  for (std::size_t i = 0; i < n; ++i) {
    token::PolicyResult result{PolicyName("p" + std::to_string(100 + i)),
                               "uid",
                               1,
                               api::Verdict::kViolated,
                               claims.expires,
                               {}};
    result.findings = {{"FileUnknown", "/usr/bin/nc", "is in no reference set"}};
    claims.policies.push_back(std::move(result));
  }
  return bytes_of(*token::sign_ear(claims, signer()));
}
Bytes token_of_dots(std::size_t n) {
  return Bytes(n, '.');
}
Bytes token_with_deep_header(std::size_t n) {
  return bytes_of(codec::to_base64url(json_of_depth(n)) + ".AAAA.AAAA");
}
bool key_set(ByteSpan in) {
  return token::KeySet::parse(as_text(in)).has_value();
}
Bytes set_of_keys(std::size_t n) {
  static const std::vector<seaworthy::testing::TestSigner> signers(64);
  token::KeySet set;
  for (std::size_t i = 0; i < n; ++i) {
    (void)set.add(signers[i].jwk());
  }
  return bytes_of(set.to_text());
}

// ---- Messages

bool admission_review(ByteSpan in) {
  return api::parse_review(as_text(in)).has_value();
}
Bytes review_of_containers(std::size_t n) {
  return bytes_of(
      R"({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {"uid": "u",
      "kind": {"group": "", "version": "v1", "kind": "Pod"},
      "resource": {"group": "", "version": "v1", "resource": "pods"}, "name": "p", "namespace": "n",
      "operation": "CREATE", "userInfo": {"username": "a"},
      "object": {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [)" +
      numbered(n, R"({"name": "c)", R"(", "image": "registry.example/app", "env": []},)") +
      R"({"name": "c"}]}}}})");
}
bool attest_request(ByteSpan in) {
  return api::parse_attest_request(as_text(in)).has_value();
}
Bytes request_of_entries(std::size_t n) {
  api::AttestRequest request;
  request.nonce = {1};
  request.attested = {2};
  request.signature = {3};
  request.pcrs["sha256"] = {{0, Bytes(32, 7)}};
  request.boot_log_digest = std::string(64, 'b');
  request.ima = api::AttestRequest::Ima{0, Bytes(n * 100, 5)};
  return bytes_of(codec::to_json_text(api::to_json(request)));
}
bool reference_values(ByteSpan in) {
  const auto object = codec::parse_json(as_text(in), kLimits);
  return object && api::parse_reference_values(*object);
}
Bytes set_of_files(std::size_t n) {
  return bytes_of(
      R"({"metadata": {"name": "files", "uid": "u"}, "spec": {"files": [)" +
      numbered(n, R"({"sha256": ")" + std::string(58, 'a'), R"(", "path": "/bin/x"},)") +
      R"({"sha256": ")" + std::string(64, 'b') + R"("}]}})");
}
// As a server sends it: in pieces of 1,000 bytes.
bool watch(ByteSpan in) {
  kube::WatchDecoder decoder;
  for (std::string_view text = as_text(in); !text.empty();) {
    const std::string_view piece = text.substr(0, 1'000);
    text.remove_prefix(piece.size());
    if (!decoder.feed(
            piece, [](kube::WatchMessage) { return Result<http::Flow>(http::Flow::kContinue); })) {
      return false;
    }
  }
  return !decoder.in_the_middle();
}
Bytes watch_of_events(std::size_t n) {
  return bytes_of(numbered(
      n,
      R"({"type":"MODIFIED","object":{"kind":"Node","metadata":{"name":"n1","resourceVersion":")",
      "\"}}}\n"));
}
Bytes watch_without_end(std::size_t n) {
  return bytes_of(R"({"type":"MODIFIED","object":{"a":")" + std::string(n, 'x'));
}
bool userspace_log(ByteSpan in) {
  return eventlog::parse_userspace_log(in).has_value();
}
Bytes userspace_record_of_depth(std::size_t n) {
  return bytes_of("\x1e{\"pcr\":" + times(n, "[") + times(n, "]") + "}\n");
}
const Reading kTable[] = {
    {"JsonOfNumbers", 10'000, json_of_numbers, json, 32},
    {"JsonOfEmptyLists", 10'000, json_of_empty_lists, json, 32},
    {"JsonOfMembers", 5'000, json_of_members, json, 12},
    {"JsonOfOneKeyAgainAndAgain", 5'000, json_of_one_key, json, 1, false},
    {"JsonOfEscapes", 10'000, json_of_escapes, json, 4},
    {"JsonOfDepth", 50'000, json_of_depth, json, 1, false},
    {"JsonOfOpenObjects", 50'000, json_of_open_objects, json, 1, false},
    {"Base64", 10'000, base64_of, base64, 1},
    {"Hex", 10'000, base64_of, hex, 1},
    {"YamlOfLines", 2'000, yaml_of_lines, yaml, 64},
    {"YamlOfItems", 5'000, yaml_of_items, yaml, 128},
    {"YamlInFlow", 5'000, yaml_in_flow, yaml, 256},
    {"YamlOfDocuments", 1'000, yaml_of_documents, yaml, 256},
    {"YamlOfOneText", 5'000, yaml_of_one_text, yaml, 8},
    {"YamlOfAliases", 1'000, yaml_of_aliases, yaml, 8, false},
    {"YamlBomb", 3'000, yaml_bomb, yaml, 384, false},
    {"YamlOfDepth", 50'000, yaml_of_depth, yaml, 192, false},
    {"YamlOfDashes", 50'000, yaml_of_dashes, yaml, 4, false},
    {"Kubeconfig", 500, kubeconfig_of_users, kubeconfig, 96},
    {"Ear", 8, ear_of_findings, ear, 8},
    {"TokenOfDots", 50'000, token_of_dots, ear, 1, false},
    {"TokenWithDeepHeader", 10'000, token_with_deep_header, ear, 1, false},
    {"KeySet", 16, set_of_keys, key_set, 24},
    {"AdmissionReview", 500, review_of_containers, admission_review, 10},
    {"AttestRequest", 1'000, request_of_entries, attest_request, 6},
    {"ReferenceValues", 1'000, set_of_files, reference_values, 10},
    {"WatchOfEvents", 1'000, watch_of_events, watch, 2},
    {"WatchWithoutEnd", 100'000, watch_without_end, watch, 2, false},
    {"UserspaceRecordOfDepth", 4'000, userspace_record_of_depth, userspace_log, 1, false},
};

class Text : public ::testing::TestWithParam<Reading> {};
TEST_P(Text, A185_MemoryIsBoundedByTheInput) {
  expect_memory_within_the_input(GetParam());
}
TEST_P(Text, A187_TwiceTheInputCostsTwice) {
  expect_linear_cost(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Table, Text, ::testing::ValuesIn(kTable),
                         [](const auto& row) { return std::string(row.param.name); });

// As deep as the input allows: what is read without recursion needs no more stack for it.
class Nesting : public ::testing::TestWithParam<Reading> {};
TEST_P(Nesting, A179_A186_DeepTextUsesNoMoreStack) {
  const Reading& reading = GetParam();
  const auto stack = [&](std::size_t depth) {
    const Bytes input = reading.input(depth);
    return stack_of([&] { EXPECT_FALSE(reading.read(input)); });
  };
  const std::size_t deep = stack(100'000);
  EXPECT_LE(deep, 64u * 1024u);
  EXPECT_LE(deep, stack(1'000) + 1024);
}
INSTANTIATE_TEST_SUITE_P(Table, Nesting,
                         ::testing::Values(Reading{"Json", 0, json_of_depth, json, 0},
                                           Reading{"JsonObjects", 0, json_of_open_objects, json, 0},
                                           Reading{"Token", 0, token_with_deep_header, ear, 0},
                                           Reading{"UserspaceLog", 0, userspace_record_of_depth,
                                                   userspace_log, 0},
                                           Reading{"Review", 0, json_of_depth, admission_review, 0},
                                           Reading{"Yaml", 0, yaml_of_depth, yaml, 0},
                                           Reading{"YamlDashes", 0, yaml_of_dashes, yaml, 0}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace seaworthy::bounds

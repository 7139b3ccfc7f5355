#include "inspect.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>

#include "codec/hex.h"
#include "commands/inspect_boot_log.h"
#include "commands/inspect_ear.h"
#include "commands/inspect_ek_certificate.h"
#include "commands/inspect_ima.h"
#include "commands/inspect_quote.h"
#include "commands/pcr_file.h"
#include "eventlog/boot_log.h"
#include "files.h"
#include "token/jwks.h"
#include "token/jws.h"

namespace seaworthy::cli {
namespace {

constexpr std::size_t kMaxStructureBytes = 4096;  // of a TPM; the largest here: a TPMT_PUBLIC
constexpr std::size_t kMaxPcrFileBytes = 256 * 1024;
constexpr std::size_t kMaxNonceBytes = 1024;
constexpr std::size_t kMaxCertificateFile = 256 * 1024;

constexpr const char* kFooter = R"(Examples:
  kubectl seaworthy inspect boot-log /sys/kernel/security/tpm0/binary_bios_measurements
  kubectl seaworthy inspect boot-log --events -o json FILE | jq '.eventList[] | select(.pcr == 7)'
  kubectl seaworthy inspect ima /sys/kernel/security/ima/binary_runtime_measurements
  kubectl seaworthy inspect quote --attest quote.msg --signature quote.sig --ak ak.tpmt \
      --nonce 6c1f…a0 --pcrs quote.pcrs --selection sha256:0-7
  kubectl seaworthy inspect ek-certificate ek.der
  ssh node cat /sys/kernel/security/tpm0/binary_bios_measurements |
      kubectl seaworthy inspect boot-log -

With tpm2-tools: tpm2_readpublic -c ak.ctx -f tpmt -o ak.tpmt
                 tpm2_quote -c ak.ctx -l sha256:0,1,2,3,4,5,6,7 -q 6c1f…a0 -m quote.msg -s quote.sig -o quote.pcrs

Works for files of any machine and asks no cluster. A file of "-" is standard input.
Exit status: 0 read (also with findings), 1 unreadable (the message says where), 2 wrong usage,
3 read, with findings and --strict.
JSON: docs/inspect.md)";

CLI::App* add_subject(CLI::App& inspect, InspectOptions& options, Subject subject, const char* name,
                      const char* help) {
  CLI::App* sub = inspect.add_subcommand(name, help);
  sub->callback([&options, subject] { options.subject = subject; });
  return sub;
}

void add_boot_log(CLI::App& inspect, InspectOptions& options) {
  CLI::App* log = add_subject(inspect, options, Subject::kBootLog, "boot-log",
                              "The firmware's log of a measured boot (binary_bios_measurements)");
  log->add_option("FILE", options.file, "The log; - for standard input")->required();
  log->add_flag("--events", options.events,
                "Show every event: what its digest proves, and what is only claimed");
}

// What is not a file is hexadecimal.
Result<Bytes> read_nonce(const std::string& nonce) {
  if (nonce == "-" || std::filesystem::exists(nonce)) {
    return read_input(nonce, kMaxNonceBytes);
  }
  return codec::from_hex(nonce);
}

void add_quote(CLI::App& inspect, InspectOptions& options) {
  CLI::App* quote = add_subject(inspect, options, Subject::kQuote, "quote",
                                "A TPM's quote: whether it is accepted, and if not, all reasons");
  quote->add_option("--attest", options.attest, "What was signed (TPMS_ATTEST)")->required();
  quote->add_option("--signature", options.signature, "The signature (TPMT_SIGNATURE)")->required();
  quote
      ->add_option("--ak", options.ak,
                   "The key's public area (TPMT_PUBLIC or TPM2B_PUBLIC; a PEM file has no "
                   "attributes and does not do)")
      ->required();
  quote
      ->add_option("--nonce", options.nonce,
                   "The nonce that was asked for: hexadecimal, or a file of that name")
      ->required()
      ->check([](const std::string& nonce) {
        const auto bytes = codec::from_hex(nonce);
        const bool good =
            std::filesystem::exists(nonce) || nonce == "-" || (bytes && !bytes->empty());
        return good ? std::string() : "neither a file nor hexadecimal: " + nonce;
      });
  quote->add_option("--pcrs", options.pcrs,
                    "The values: tpm2_quote -o, tpm2_pcrread -o, or all 24 of each bank");
  quote
      ->add_option("--selection", options.selection,
                   "The PCRs that were asked for: sha256:0,1,7 or sha1:0-7+sha256:0-7")
      ->check([](const std::string& text) {
        const auto selection = commands::parse_selection(text);
        return selection ? std::string() : selection.error().message();
      });
}

void add_others(CLI::App& inspect, InspectOptions& options) {
  CLI::App* ima = add_subject(inspect, options, Subject::kIma, "ima",
                              "The kernel's list of measured files (binary_runtime_measurements)");
  ima->add_option("FILE", options.file, "The list; - for standard input")->required();
  CLI::App* ek = add_subject(inspect, options, Subject::kEkCertificate, "ek-certificate",
                             "The certificate of a TPM's endorsement key (DER, PEM, or from NV)");
  ek->add_option("FILE", options.file, "The certificate; - for standard input")->required();
  CLI::App* ear = add_subject(inspect, options, Subject::kEar, "ear",
                              "A signed result of a verifier (EAR), as in a NodeAttestation");
  ear->add_option("FILE", options.file, "The token; - for standard input")->required();
  ear->add_option("--keys", options.keys, "JWK Set of the verifiers: verify the signature with it");
}

Result<commands::Inspection> inspect_quote_files(const InspectOptions& options,
                                                 const commands::Output& output) {
  const Bytes attested = TRY(read_input(options.attest, kMaxStructureBytes));
  const Bytes signature = TRY(read_input(options.signature, kMaxStructureBytes));
  const Bytes ak = TRY(read_input(options.ak, kMaxStructureBytes));
  const Bytes nonce = TRY(read_nonce(options.nonce));
  Bytes pcrs;
  if (!options.pcrs.empty()) {
    pcrs = TRY(read_input(options.pcrs, kMaxPcrFileBytes));
  }
  verify::QuoteFiles files{
      .attested = attested, .signature = signature, .ak_public = ak, .nonce = nonce};
  if (!options.selection.empty()) {
    files.selection = TRY(commands::parse_selection(options.selection));
  }
  return commands::inspect_quote(
      files, options.pcrs.empty() ? std::nullopt : std::optional<ByteSpan>(pcrs), output);
}

Result<commands::Inspection> inspect_ear_file(const InspectOptions& options,
                                              const commands::Output& output, Time now) {
  const Bytes text = TRY(read_input(options.file, token::kMaxJwsBytes + 16));
  Bytes keys;
  if (!options.keys.empty()) {
    keys = TRY(read_input(options.keys, token::kMaxJwksBytes));
  }
  return commands::inspect_ear(as_text(text),
                               options.keys.empty() ? std::nullopt : std::optional(as_text(keys)),
                               now, output);
}

}  // namespace

void add_inspect(CLI::App& app, InspectOptions& options, const std::function<void()>& chosen) {
  CLI::App* inspect = app.add_subcommand(
      "inspect", "Read evidence from files: what it says, and how much of that is proven");
  inspect->require_subcommand(1);
  inspect->footer(kFooter);
  inspect->add_flag("--strict", options.strict, "Exit with status 3 if there are findings");
  inspect->callback(chosen);
  add_boot_log(*inspect, options);
  add_quote(*inspect, options);
  add_others(*inspect, options);
}

Result<commands::Inspection> inspect(const InspectOptions& options, const commands::Output& output,
                                     Time now) {
  switch (options.subject) {
    case Subject::kQuote:
      return inspect_quote_files(options, output);
    case Subject::kEar:
      return inspect_ear_file(options, output, now);
    case Subject::kIma: {
      const Bytes list = TRY(read_input(options.file, kMaxImaListBytes));
      return commands::inspect_ima(list, output);
    }
    case Subject::kEkCertificate: {
      const Bytes file = TRY(read_input(options.file, kMaxCertificateFile));
      return commands::inspect_ek_certificate(file, now, output);
    }
    case Subject::kBootLog:
      break;
  }
  const Bytes log = TRY(read_input(options.file, eventlog::kMaxBootLogBytes));
  return commands::inspect_boot_log(
      log, options.events ? commands::ShowEvents::kYes : commands::ShowEvents::kNo, output);
}

}  // namespace seaworthy::cli

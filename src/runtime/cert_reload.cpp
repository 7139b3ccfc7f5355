#include "runtime/cert_reload.h"

#include "telemetry/names.h"

namespace seaworthy::runtime {
namespace {

FileWatch::Options watch_options(const CertReload::Options& options, http::KeyPairHolder& holder,
                                 const telemetry::Log& log) {
  namespace field = telemetry::field;
  std::vector<std::string> paths = {options.directory + "/tls.crt", options.directory + "/tls.key"};
  if (!options.client_ca_file.empty()) {
    paths.push_back(options.client_ca_file);
  }
  return {.paths = std::move(paths),
          .on_change =
              [&holder, &log, directory = options.directory](const FileWatch::Contents& files) {
                holder.set({.certificate_chain_pem = files[0],
                            .private_key_pem = files[1],
                            .client_ca_pem = files.size() > 2 ? files[2] : ""});
                log.info("serving certificate read", {{field::kFile, directory}});
              },
          .on_problem =
              [&log](const Error& error) {
                log.warning("serving certificate cannot be read", {{field::kError, error}});
              },
          .interval = options.interval};
}

}  // namespace

CertReload::CertReload(Options options, http::KeyPairHolder& holder, const telemetry::Log& log)
    : watch_(watch_options(options, holder, log)) {}

Result<void> CertReload::start() {
  TRY(watch_.look());
  watch_.start();
  return {};
}

}  // namespace seaworthy::runtime

#include "commands/output.h"

#include "codec/yaml.h"

namespace seaworthy::commands {

std::string as_document(const codec::Json& value, Format format) {
  if (format == Format::kYaml) {
    return codec::to_yaml_text(value);
  }
  return value.dump(2, ' ', false, codec::Json::error_handler_t::replace) + "\n";
}

}  // namespace seaworthy::commands

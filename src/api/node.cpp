#include "api/node.h"

#include "api/values.h"

namespace seaworthy::api {

using codec::Fields;

Result<Node> parse_node(const Json& object) {
  Fields root = TRY(Fields::of(object, ""));
  Node out;
  out.meta = TRY(parse_meta(root));
  Fields spec = TRY(object_or_empty(root, "spec"));
  out.raw_taints = Json::array();
  for (Fields& fields : TRY(spec.objects("taints", 1024))) {
    Taint taint;
    taint.key = TRY(fields.text("key", 317));
    taint.value = TRY(fields.maybe_text("value", 63)).value_or("");
    taint.effect = TRY(fields.text("effect", 63));
    out.taints.push_back(std::move(taint));
    out.raw_taints.push_back(fields.json());
  }
  Fields status = TRY(object_or_empty(root, "status"));
  Fields info = TRY(object_or_empty(status, "nodeInfo"));
  out.boot_id = TRY(info.maybe_text("bootID", 128)).value_or("");
  return out;
}

}  // namespace seaworthy::api

// The symmetric key that all replicas of the verifier share: it seals nonces, enrolment sessions
// and enrolment statements. Kept in a Secret that only the operator may read.
#pragma once

#include <string>

#include "base/random.h"
#include "crypto/sealed.h"
#include "kube/client.h"

namespace seaworthy::verifier {

inline constexpr const char* kSharedKeySecret = "seaworthy-verifier-key";

// Reads the key, or makes it if there is none: of several replicas that start together one is
// first, and the others take what it made. kMalformed: the Secret holds something else (to make a
// new key delete it; all nodes then enrol again).
Result<crypto::SealKey> shared_key(kube::Client& client, const std::string& namespace_,
                                   Random& random, const kube::Call& call);

}  // namespace seaworthy::verifier

// Shell completion: the scripts, and the words they ask for.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace seaworthy::cli {

// "bash", "zsh" or "fish".
std::string completion_script(const std::string& shell);

// Names of objects of a kind ("nodes", "pods", "namespaces", "attestationpolicies",
// "referencevaluesets") as the cluster has them; empty if it cannot be asked.
using ListNames = std::function<std::vector<std::string>(const std::string& plural)>;

// What may stand in place of the last, unfinished word.
std::vector<std::string> complete(const std::vector<std::string>& words, const ListNames& list);

}  // namespace seaworthy::cli

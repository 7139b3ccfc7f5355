#include "policy/command_line.h"

#include <gtest/gtest.h>

namespace seaworthy::policy {
namespace {

TEST(CommandLine, SplitsAsTheKernelDoes) {
  EXPECT_EQ(tokens("a  b=\"c d\"\te"), (std::vector<std::string>{"a", "b=c d", "e"}));
  EXPECT_TRUE(tokens(" ").empty());
}

TEST(CommandLine, A86_FindsWhatSwitchesProtectionsOff) {
  for (const char* text :
       {"/vmlinuz init=/bin/sh", "/vmlinuz rdinit=/bin/sh", "/vmlinuz rd.break",
        "/vmlinuz rd.break=pre-mount", "/vmlinuz systemd.debug_shell", "/vmlinuz rd.shell",
        "/vmlinuz systemd.debug-shell=1", "/vmlinuz ima_appraise=off", "/vmlinuz ima-appraise=fix",
        "/vmlinuz ima_appraise=log", "/vmlinuz evm=fix", "/vmlinuz lockdown=none",
        "/vmlinuz module.sig_enforce=0", "/vmlinuz \"init=/bin/sh\"", "/vmlinuz emergency",
        "/vmlinuz systemd.unit=emergency.target", "/vmlinuz tpm.disable_pcr_integrity=1",
        "/vmlinuz ima=off"}) {
    EXPECT_TRUE(forbidden_token(text)) << text;
  }
}

TEST(CommandLine, A86_LeavesTheRestAlone) {
  for (const char* text :
       {"/vmlinuz root=/dev/sda2 ro quiet", "/vmlinuz init=/usr/lib/systemd/systemd",
        "/vmlinuz rd.shell=0 rd.emergency=reboot", "/vmlinuz ima_appraise=enforce",
        "/vmlinuz lockdown=confidentiality", "/vmlinuz note=\"no init=/bin/sh here\""}) {
    EXPECT_FALSE(forbidden_token(text)) << text;
  }
}

TEST(CommandLine, A104_KnowsPoliciesThatMeasureWhatRuns) {
  EXPECT_TRUE(names_measuring_policy("/vmlinuz ima_policy=tcb"));
  EXPECT_TRUE(names_measuring_policy("/vmlinuz ima_policy=critical_data|tcb"));
  EXPECT_TRUE(names_measuring_policy("/vmlinuz ima_policy=\"tcb|appraise_tcb\""));
  EXPECT_TRUE(names_measuring_policy("/vmlinuz ima_tcb"));
  EXPECT_FALSE(names_measuring_policy("/vmlinuz ima_policy=appraise_tcb"));
  EXPECT_FALSE(names_measuring_policy("/vmlinuz ima_policy="));
  EXPECT_FALSE(names_measuring_policy("/vmlinuz"));
  EXPECT_FALSE(names_measuring_policy("/vmlinuz xima_policy=tcb"));
}

}  // namespace
}  // namespace seaworthy::policy

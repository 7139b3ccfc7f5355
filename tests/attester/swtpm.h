// A real TPM in software, in a folder of its own, for one test.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "attester/fakes.h"

namespace seaworthy::attester::testing {

enum class PowerOff { kOrderly, kPowerLoss };

class Swtpm {
 public:
  static bool installed() { return std::system("command -v swtpm >/dev/null 2>&1") == 0; }

  Swtpm() {
    std::filesystem::create_directories(folder_ / "state");
    power_on();
  }
  ~Swtpm() { kill_it(); }
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;

  std::string tcti() const { return "swtpm:path=" + socket_; }

  void power_cycle(PowerOff how) {
    if (how == PowerOff::kOrderly) {
      with_esys([](ESYS_CONTEXT* esys) {
        return Esys_Shutdown(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR);
      });
    }
    kill_it();
    power_on();
  }

  // TPM2_ChangeEPS: another TPM, as far as keys go.
  void change_endorsement_seed() {
    with_esys([](ESYS_CONTEXT* esys) {
      return Esys_ChangeEPS(esys, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                            ESYS_TR_NONE);
    });
  }

  void write_nv(TPM2_HANDLE index, const Bytes& content) {
    with_esys([&](ESYS_CONTEXT* esys) {
      TPM2B_NV_PUBLIC area{};
      area.nvPublic.nvIndex = index;
      area.nvPublic.nameAlg = TPM2_ALG_SHA256;
      area.nvPublic.attributes = TPMA_NV_PPWRITE | TPMA_NV_PPREAD | TPMA_NV_OWNERREAD |
                                 TPMA_NV_AUTHREAD | TPMA_NV_NO_DA | TPMA_NV_PLATFORMCREATE;
      area.nvPublic.dataSize = static_cast<UINT16>(content.size());
      const TPM2B_AUTH none{};
      ESYS_TR handle = ESYS_TR_NONE;
      TSS2_RC rc = Esys_NV_DefineSpace(esys, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                       ESYS_TR_NONE, &none, &area, &handle);
      for (std::size_t at = 0; rc == TSS2_RC_SUCCESS && at < content.size(); at += 512) {
        TPM2B_MAX_NV_BUFFER piece{};
        piece.size = static_cast<UINT16>(std::min<std::size_t>(512, content.size() - at));
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(at), piece.size, piece.buffer);
        rc = Esys_NV_Write(esys, ESYS_TR_RH_PLATFORM, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                           ESYS_TR_NONE, &piece, static_cast<UINT16>(at));
      }
      return rc;
    });
  }

  // A restricted signing key of the endorsement hierarchy without noDA, as clouds make theirs;
  // persistent at `handle` (0: not). Its TPMT_PUBLIC.
  Bytes make_signing_key(TPM2_HANDLE handle) {
    Bytes area(sizeof(TPMT_PUBLIC));
    with_esys([&](ESYS_CONTEXT* esys) {
      TPM2B_PUBLIC in{};
      in.publicArea.type = TPM2_ALG_RSA;
      in.publicArea.nameAlg = TPM2_ALG_SHA256;
      in.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                       TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                       TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;
      in.publicArea.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
      in.publicArea.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
      in.publicArea.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
      in.publicArea.parameters.rsaDetail.keyBits = 2048;
      const TPM2B_SENSITIVE_CREATE sensitive{};
      const TPM2B_DATA outside{};
      const TPML_PCR_SELECTION no_pcrs{};
      ESYS_TR key = ESYS_TR_NONE;
      ESYS_TR kept = ESYS_TR_NONE;
      TPM2B_PUBLIC* made = nullptr;
      TSS2_RC rc = Esys_CreatePrimary(esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                      ESYS_TR_NONE, &sensitive, &in, &outside, &no_pcrs, &key,
                                      &made, nullptr, nullptr, nullptr);
      if (rc != TSS2_RC_SUCCESS) {
        return rc;
      }
      std::size_t size = 0;
      rc = Tss2_MU_TPMT_PUBLIC_Marshal(&made->publicArea, area.data(), area.size(), &size);
      area.resize(size);
      Esys_Free(made);
      if (rc == TSS2_RC_SUCCESS && handle != 0) {
        rc = Esys_EvictControl(esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                               ESYS_TR_NONE, handle, &kept);
      }
      Esys_FlushContext(esys, key);
      return rc;
    });
    return area;
  }

  // TPM2_TestParms.
  bool makes_rsa(std::uint16_t bits) {
    TSS2_RC answer = TSS2_RC_SUCCESS;
    with_esys([&](ESYS_CONTEXT* esys) {
      TPMT_PUBLIC_PARMS parms{};
      parms.type = TPM2_ALG_RSA;
      parms.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
      parms.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
      parms.parameters.rsaDetail.keyBits = bits;
      answer = Esys_TestParms(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &parms);
      return TSS2_RC_SUCCESS;
    });
    return answer == TSS2_RC_SUCCESS;
  }

  void extend(std::uint32_t pcr, std::uint8_t with) {
    with_esys([&](ESYS_CONTEXT* esys) {
      TPML_DIGEST_VALUES values{};
      values.count = 1;
      values.digests[0].hashAlg = TPM2_ALG_SHA256;
      values.digests[0].digest.sha256[0] = with;
      return Esys_PCR_Extend(esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                             &values);
    });
  }

  // How many transient objects and loaded sessions there are.
  std::size_t handles_in_use() {
    std::size_t count = 0;
    with_esys([&](ESYS_CONTEXT* esys) {
      TSS2_RC rc = TSS2_RC_SUCCESS;
      for (const TPM2_HANDLE first :
           {TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST, TPM2_ACTIVE_SESSION_FIRST}) {
        TPMS_CAPABILITY_DATA* data = nullptr;
        rc |= Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
                                 first, 64, nullptr, &data);
        if (rc == TSS2_RC_SUCCESS) {
          count += data->data.handles.count;
        }
        Esys_Free(data);
      }
      return rc;
    });
    return count;
  }

  // What a program that is killed in the middle of an operation leaves behind.
  void leave_session_behind() {
    with_esys([](ESYS_CONTEXT* esys) {
      TPMT_SYM_DEF none{};
      none.algorithm = TPM2_ALG_NULL;
      ESYS_TR handle = ESYS_TR_NONE;
      return Esys_StartAuthSession(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                   ESYS_TR_NONE, nullptr, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256,
                                   &handle);
    });
  }

  template <class F>
  void with_esys(F&& body) {
    TSS2_TCTI_CONTEXT* tcti_context = nullptr;
    ESYS_CONTEXT* esys = nullptr;
    ASSERT_EQ(Tss2_TctiLdr_Initialize(tcti().c_str(), &tcti_context), TSS2_RC_SUCCESS);
    ASSERT_EQ(Esys_Initialize(&esys, tcti_context, nullptr), TSS2_RC_SUCCESS);
    const TSS2_RC rc = body(esys);
    Esys_Finalize(&esys);
    Tss2_TctiLdr_Finalize(&tcti_context);
    ASSERT_EQ(rc, TSS2_RC_SUCCESS);
  }

 private:
  void power_on() {
    std::filesystem::remove(socket_);
    std::filesystem::remove(socket_ + ".ctrl");
    const std::string state = "dir=" + (folder_ / "state");
    const std::string server = "type=unixio,path=" + socket_;
    const std::string control = server + ".ctrl";
    const std::string log = "file=" + (folder_ / "swtpm.log");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state.c_str(), "--server",
               server.c_str(), "--ctrl", control.c_str(), "--flags", "not-need-init,startup-clear",
               "--seccomp", "action=none", "--log", log.c_str(), static_cast<const char*>(nullptr));
      ::_exit(127);
    }
    for (int i = 0; i < 1000; ++i) {
      if (listens(socket_) && listens(socket_ + ".ctrl")) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL() << "swtpm does not start";
  }
  // That its file is there is not yet listening, and a connection to find out would take the place
  // of the one that swtpm serves at a time. So the kernel is asked: proc(5), /proc/net/unix.
  static bool listens(const std::string& path) {
    constexpr const char* kAccepts = "00010000";  // __SO_ACCEPTCON
    std::ifstream sockets("/proc/net/unix");
    for (std::string line; std::getline(sockets, line);) {
      std::istringstream fields(line);
      std::string number, references, protocol, flags, type, state, inode, name;
      fields >> number >> references >> protocol >> flags >> type >> state >> inode >> name;
      if (name == path && flags == kAccepts) {
        return true;
      }
    }
    return false;
  }
  void kill_it() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }

  TempFolder folder_;
  const std::string socket_ = folder_ / "tpm.sock";
  pid_t pid_ = -1;
};

}  // namespace seaworthy::attester::testing

// Certificates of the pretended firmware vendor and distribution: constant, so that the good boot
// measures the same on every machine. Made once with `openssl req -x509`; their private keys were
// not kept.
#pragma once

#include <string_view>

namespace seaworthy::machine {

inline constexpr std::string_view kPlatformKeyDerBase64 =
    "MIIBozCCAUmgAwIBAgIUE+vXFCH0FXE24gtmPLWF9zx6Y9owCgYIKoZIzj0EAwIwJjEkMCIGA1UEAwwbU2Vhd29ydG"
    "h5IFRlc3QgUGxhdGZvcm0gS2V5MCAXDTI2MTEyNDE0MDExNFoYDzIxMjYxMDMxMTQwMTE0WjAmMSQwIgYDVQQDDBtT"
    "ZWF3b3J0aHkgVGVzdCBQbGF0Zm9ybSBLZXkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATisI6UB64WbLAWekIFAL"
    "cKbfUgKglaTBO6DXXoF4SqXSon7ZwfuHLbFRgkSoDK8getAdDs9SCbMfDItd3Yhynzo1MwUTAdBgNVHQ4EFgQUgQ//"
    "rGFzbn7iXsDXyUAyYijNALowHwYDVR0jBBgwFoAUgQ//rGFzbn7iXsDXyUAyYijNALowDwYDVR0TAQH/BAUwAwEB/z"
    "AKBggqhkjOPQQDAgNIADBFAiAEButF2FlvtNOTyRIcnUPlBPR28St89nEo+a6P4RfTKgIhALmn0Ik/Y837ofPRqPDc"
    "tT18RJsQGV3PfF/Q0tZvDN86";

inline constexpr std::string_view kKeyExchangeKeyDerBase64 =
    "MIIBqzCCAVGgAwIBAgIUVoEEU4aBILs/oyx+ogRHVgPQXN0wCgYIKoZIzj0EAwIwKjEoMCYGA1UEAwwfU2Vhd29ydG"
    "h5IFRlc3QgS2V5IEV4Y2hhbmdlIEtleTAgFw0yNjExMjQxNDAxMTRaGA8yMTI2MTAzMTE0MDExNFowKjEoMCYGA1UE"
    "AwwfU2Vhd29ydGh5IFRlc3QgS2V5IEV4Y2hhbmdlIEtleTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMQQzPvCng"
    "XoTQ14a+mOmzJZVEUT2bWK9/Dog0hDQGQbvUhkisHicEGcRxzeHe3XqI3lxEwmcb7HdnNtLhJ5HICjUzBRMB0GA1Ud"
    "DgQWBBTelsohKX28i7bvPKpUuYlcJiqPTDAfBgNVHSMEGDAWgBTelsohKX28i7bvPKpUuYlcJiqPTDAPBgNVHRMBAf"
    "8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCcrCYkkURxz5pbOJohdHPdMpKVvFAKC8fHoYrOmpO4oAIgXlQ0VJ40"
    "0WJ3zeP2sKTjbVXKxrw/Waan6oeqzbnMa6I=";

inline constexpr std::string_view kUefiCaDerBase64 =
    "MIIBmDCCAT+gAwIBAgIUJIuW3Xsk7+BBp6IKoafMMldzyRQwCgYIKoZIzj0EAwIwITEfMB0GA1UEAwwWU2Vhd29ydG"
    "h5IFRlc3QgVUVGSSBDQTAgFw0yNjExMjQxNDAxMTRaGA8yMTI2MTAzMTE0MDExNFowITEfMB0GA1UEAwwWU2Vhd29y"
    "dGh5IFRlc3QgVUVGSSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBCgD/D9BSFlDquEUqns4XWe2meAXGSGw7"
    "HI/3GyBsC83uSy4AvWbrO+KX9MNpO+eeXCOTwx6GY8IMupukGzCNijUzBRMB0GA1UdDgQWBBQg4+cHe87k9u4l9Hck"
    "Enznh3nD8TAfBgNVHSMEGDAWgBQg4+cHe87k9u4l9HckEnznh3nD8TAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BA"
    "MCA0cAMEQCIGS6nVMljKIAp/hKm+uG29SFKYTG6wFXq0IWxDPRxfuQAiAC/PIZ3Vs64ixMnUDr4m4r0/Ldy43Mfx9n"
    "W0AJZBNEHQ==";

inline constexpr std::string_view kVendorCertificateDerBase64 =
    "MIIBwTCCAWegAwIBAgIUZ8zjfBvUaDXO22wETyguh65C+/EwCgYIKoZIzj0EAwIwNTEzMDEGA1UEAwwqU2Vhd29ydG"
    "h5IFRlc3QgRGlzdHJpYnV0aW9uIFNlY3VyZSBCb290IENBMCAXDTI2MTEyNDE0MDExNFoYDzIxMjYxMDMxMTQwMTE0"
    "WjA1MTMwMQYDVQQDDCpTZWF3b3J0aHkgVGVzdCBEaXN0cmlidXRpb24gU2VjdXJlIEJvb3QgQ0EwWTATBgcqhkjOPQ"
    "IBBggqhkjOPQMBBwNCAATopUvc6X8lz7kT/fNd0lq/HGqsrFiv8T78uR12Ns03AfrtYKBTy7YsODcP0OOwoAs5IiA+"
    "3etvkhaW8olpsLSBo1MwUTAdBgNVHQ4EFgQU69yTsMPL1y3XcugrlmBxO1L9WmAwHwYDVR0jBBgwFoAU69yTsMPL1y"
    "3XcugrlmBxO1L9WmAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiA22UKc5mYT28PmhJpWkFrcWDg6"
    "nsxbzi0i5WeSYKt/1wIhALuG11bdr0yA5QSWnshqxkB//IWe6KTrTQaoTjn1kwkQ";

}  // namespace seaworthy::machine

// The library as the program sees it: what it is, and its handlers' registration through the plugin's FFI extension.
#include <dlfcn.h>

#include <cstdint>
#include <cstring>
#include <mutex>
#include <set>
#include <string>

#include "ffi.h"
#include "oneapi/dnnl/dnnl.hpp"

// PRIMEWINDOW_KERNELS counts the versions of what is computed here, and of how a call is written. The program refuses a
// library of another version: constant Version in library.go.
#define PRIMEWINDOW_KERNELS 2

namespace primewindow {

std::atomic<int64_t> calls{0};

XLA_FFI_Error* failed(XLA_FFI_CallFrame* f, XLA_FFI_Error_Code code, const std::string& what) {
  std::string message = "primewindow's kernels: " + what;
  XLA_FFI_Error_Create_Args a{XLA_FFI_Error_Create_Args_STRUCT_SIZE, nullptr, message.c_str(), code};
  return f->api->XLA_FFI_Error_Create(&a);
}

namespace {

// What follows is laid out as the plugin's C interface has it: the head of PJRT_Api, its list of extensions, and the
// extension through which handlers are registered.
struct Extension {
  size_t struct_size;
  int type;
  Extension* next;
};
struct Api {
  size_t struct_size;
  Extension* extensions;
};
struct Registration {
  size_t struct_size;
  const char* name;
  size_t name_size;
  void* handler;
  const char* platform;
  size_t platform_size;
  int traits;
};
struct FfiExtension {
  Extension head;
  void* type_register;
  void* user_data_add;
  void* (*register_handler)(Registration*);
};
constexpr int kFfiExtension = 5;
constexpr size_t kRegistrationSize = 52;  // up to and with traits

// The handlers, by the names under which programs call them: targets in kernels.go.
struct {
  const char* name;
  XLA_FFI_Error* (*handler)(XLA_FFI_CallFrame*);
} const kHandlers[] = {
    {"primewindow_conv", &handle<convolve>}, {"primewindow_moments", &handle<moments>},
    {"primewindow_slopes", &handle<slopes>}, {"primewindow_pool", &handle<pool>},
    {"primewindow_unpool", &handle<unpool>},
};
const char kPlatform[] = "Host";

std::string describe() {
  const dnnl_version_t* v = dnnl_version();
  std::string text = "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
                     std::to_string(v->patch);
  return text;
}

const char* isa() {
  switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_avx2:
      return "AVX2";
    case dnnl_cpu_isa_avx2_vnni:
    case dnnl_cpu_isa_avx2_vnni_2:
      return "AVX2 VNNI";
    case dnnl_cpu_isa_avx512_core:
    case dnnl_cpu_isa_avx512_core_vnni:
    case dnnl_cpu_isa_avx512_core_bf16:
    case dnnl_cpu_isa_avx512_core_fp16:
      return "AVX-512";
    case dnnl_cpu_isa_avx512_core_amx:
    case dnnl_cpu_isa_avx512_core_amx_fp16:
      return "AVX-512 and AMX";
    default:
      return "";
  }
}

std::string enroll(const Api* api) {
  static std::mutex mutex;
  static std::set<const Api*> known;
  std::lock_guard<std::mutex> lock(mutex);
  if (known.count(api)) return "";
  if (!*isa()) return "the processor has no AVX2";
  void* gomp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!gomp) return std::string("no OpenMP library: ") + dlerror();
  auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(gomp, "omp_set_num_threads"));
  if (!set_threads) return "libgomp.so.1 has no omp_set_num_threads";
  begin(set_threads);
  for (Extension* e = api->extensions; e; e = e->next) {
    if (e->type != kFfiExtension) continue;
    if (e->struct_size < sizeof(FfiExtension)) return "the plugin's FFI extension is of an older version";
    for (auto& h : kHandlers) {
      Registration r{kRegistrationSize, h.name, strlen(h.name),       reinterpret_cast<void*>(h.handler),
                     kPlatform,         sizeof kPlatform - 1, 0};
      if (reinterpret_cast<FfiExtension*>(e)->register_handler(&r))
        return "the plugin refuses handlers of this version of FFI";
    }
    known.insert(api);
    return "";
  }
  return "the plugin has no FFI extension";
}

}  // namespace
}  // namespace primewindow

extern "C" {

// primewindow_kernels_version is that of the library's source.
__attribute__((visibility("default"))) int primewindow_kernels_version() { return PRIMEWINDOW_KERNELS; }

// primewindow_kernels_describe names the library that computes.
__attribute__((visibility("default"))) const char* primewindow_kernels_describe() {
  static const std::string text = primewindow::describe();
  return text.c_str();
}

// primewindow_kernels_isa names the instructions that are used on this processor.
__attribute__((visibility("default"))) const char* primewindow_kernels_isa() { return primewindow::isa(); }

// primewindow_kernels_calls is how many calls were computed in this process.
__attribute__((visibility("default"))) int64_t primewindow_kernels_calls() { return primewindow::calls; }

// primewindow_kernels_prepare compiles what count convolutions will run, of which list has 15 numbers each: kind,
// image's n, h, w and channels, output's h, w and channels, kernel's h and w, strides, paddings, frames. A call compiles
// by itself what it lacks, but while it runs: what then stays would lie behind the memory of the step, and keep it
// apart.
__attribute__((visibility("default"))) void primewindow_kernels_prepare(const int64_t* list, int64_t count) {
  for (const int64_t* c = list; c < list + 15 * count; c += 15) {
    try {
      primewindow::prepare(c);
    } catch (...) {  // the call will say what is wrong
    }
  }
}

// primewindow_kernels_register registers the handlers with a plugin, whose PJRT_Api this is, and says what prevents it;
// empty when nothing does.
__attribute__((visibility("default"))) const char* primewindow_kernels_register(const void* api) {
  static thread_local std::string message;
  try {
    message = primewindow::enroll(static_cast<const primewindow::Api*>(api));
  } catch (const std::exception& e) {
    message = e.what();
  } catch (...) {
    message = "unknown error";
  }
  return message.c_str();
}

}  // extern "C"

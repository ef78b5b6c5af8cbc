// Convolutions of XLA's CPU backend by oneDNN: handlers of custom calls, registered through the plugin's FFI extension.
//
// A primitive of oneDNN runs on one thread. The rows of a batch are cut into groups, which are shared over XLA's own
// thread pool, so that no second pool waits beside it. How many groups there are depends on the shapes alone and
// partial sums are added in the order of the groups, so the result has the same bits whatever number of threads took
// part. Whatever goes wrong is an error of the call; nothing here ends the process.
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <string>

#include "oneapi/dnnl/dnnl.hpp"
#include "pool.h"
#include "primitive.h"
#include "xla/ffi/api/c_api.h"

// PRIMEWINDOW_KERNELS counts the versions of what is computed here, and of the attributes of a call. The program
// refuses a library of another version: constant Version in kernels.go.
#define PRIMEWINDOW_KERNELS 1

namespace primewindow {
namespace {

// Groups are the rows of a batch in so many runs, the longer ones first.
struct Groups {
  int64_t rows, count;
  Groups(int64_t rows, int64_t count) : rows(rows), count(std::max<int64_t>(1, std::min(rows, count))) {}
  int64_t begin(int64_t i) const { return i * (rows / count) + std::min(i, rows % count); }
  int64_t size(int64_t i) const { return begin(i + 1) - begin(i); }
};

// kGroupWork is the least work that is worth a group of its own, kGroups the most groups.
constexpr double kGroupWork = 8e6;
constexpr int64_t kGroups = 8;
// kPartials bounds the partial filter gradients of one call, in bytes, unless two need more.
constexpr size_t kPartials = size_t{16} << 20;

int64_t groups_for(double work) { return std::clamp<int64_t>(int64_t(work / kGroupWork), 1, kGroups); }

int64_t lanes_for(double work, size_t bytes) {
  return std::min(groups_for(work), std::max<int64_t>(2, int64_t(kPartials / bytes)));
}

// groups_of are those of a call.
Groups groups_of(Kind kind, const Shape& s) {
  double work = s.work() * s.n;
  size_t bytes = size_t(s.kh) * s.kw * s.in * s.out * sizeof(float);
  return Groups(s.n, kind == kFilterGradient ? lanes_for(work, bytes) : groups_for(work));
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
// The same operations in the same order, in wider registers where there are: -ffp-contract=off keeps the bits equal.
#define WIDE __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define WIDE
#endif

// squares is the squared norm of a, in double over runs of 4,096 numbers, each run in 16 sums.
WIDE double squares(const float* a, size_t n) {
  double total = 0;
  for (size_t from = 0; from < n; from += 4096) {
    size_t to = std::min(n, from + 4096), i = from;
    float sums[16] = {0};
    for (; i + 16 <= to; i += 16)
      for (int k = 0; k < 16; k++) sums[k] += a[i + k] * a[i + k];
    for (; i < to; i++) sums[0] += a[i] * a[i];
    for (float s : sums) total += s;
  }
  return total;
}

WIDE void add(float* sum, const float* a, size_t n) {
  for (size_t i = 0; i < n; i++) sum[i] += a[i];
}

// add_squares adds a to sum and gives the squared norm of a, run by run, while it is in the cache.
double add_squares(float* sum, const float* a, size_t n) {
  double total = 0;
  for (size_t from = 0; from < n; from += 4096) {
    size_t size = std::min<size_t>(4096, n - from);
    total += squares(a + from, size);
    add(sum + from, a + from, size);
  }
  return total;
}

// forward_or_input runs the two kinds whose rows do not meet.
void forward_or_input(Pool& pool, Kind kind, const Shape& s, const float* from, const float* weights, float* to) {
  Groups groups = groups_of(kind, s);
  auto rows = [&](int64_t i) {
    Shape part = s;
    part.n = groups.size(i);
    return primitive(kind, part);
  };
  auto first = rows(0);
  Block wanted;
  if (!first->direct) {
    wanted.grow(first->weights.get_size());
    execute(first->reorder, first->reorder_scratch,
            {{DNNL_ARG_FROM, at(first->plain, weights)}, {DNNL_ARG_TO, at(first->weights, wanted.floats())}});
  }
  auto last = groups.size(groups.count - 1) == groups.size(0) ? first : rows(groups.count - 1);
  Block other;  // groups of another size may want other weights
  if (!last->direct && last->weights != first->weights) {
    other.grow(last->weights.get_size());
    execute(last->reorder, last->reorder_scratch,
            {{DNNL_ARG_FROM, at(last->plain, weights)}, {DNNL_ARG_TO, at(last->weights, other.floats())}});
  }
  pool.run(groups.count, [&](int64_t i) {
    const Primitive& p = groups.size(i) == groups.size(0) ? *first : *last;
    const float* w = p.direct ? weights : p.weights == first->weights ? wanted.floats() : other.floats();
    size_t image = groups.begin(i) * s.image(), output = groups.begin(i) * s.output();
    if (kind == kForward) {
      execute(p.run, p.scratch,
              {{DNNL_ARG_SRC, at(p.image, from + image)},
               {DNNL_ARG_WEIGHTS, at(p.weights, w)},
               {DNNL_ARG_DST, at(p.output, to + output)}});
    } else {
      execute(p.run, p.scratch,
              {{DNNL_ARG_DIFF_DST, at(p.output, from + output)},
               {DNNL_ARG_WEIGHTS, at(p.weights, w)},
               {DNNL_ARG_DIFF_SRC, at(p.image, to + image)}});
    }
  });
}

// filter is the kernel's gradient that n rows from row on give, as the primitive makes it.
void filter(const Primitive& p, const Shape& s, int64_t row, const float* image, const float* delta, float* to) {
  execute(p.run, p.scratch,
          {{DNNL_ARG_SRC, at(p.image, image + row * s.image())},
           {DNNL_ARG_DIFF_DST, at(p.output, delta + row * s.output())},
           {DNNL_ARG_DIFF_WEIGHTS, at(p.weights, to)}});
}

// finish adds the partial gradients, stride numbers apart, in order, and writes the sum as the caller wants it.
void finish(const Primitive& p, float* partials, size_t stride, int64_t count, float* to) {
  for (int64_t i = 1; i < count; i++) add(partials, partials + i * stride, p.floats());
  if (p.direct) {
    std::memcpy(to, partials, p.floats() * sizeof(float));
  } else {
    execute(p.reorder, p.reorder_scratch,
            {{DNNL_ARG_FROM, at(p.weights, partials)}, {DNNL_ARG_TO, at(p.plain, to)}});
  }
}

void filter_gradient(Pool& pool, const Shape& s, const float* image, const float* delta, float* to) {
  Groups groups = groups_of(kFilterGradient, s);
  Shape part = s;
  part.n = groups.size(0);
  auto first = primitive(kFilterGradient, part);
  part.n = groups.size(groups.count - 1);
  auto last = primitive(kFilterGradient, part);
  if (groups.count == 1 && first->direct) {
    filter(*first, s, 0, image, delta, to);
    return;
  }
  if (first->weights != last->weights) {  // then they cannot be added: all rows at once
    part.n = s.n;
    first = last = primitive(kFilterGradient, part);
    groups = Groups(s.n, 1);
  }
  size_t stride = (first->floats() + 15) / 16 * 16;
  Block partials(stride * sizeof(float) * groups.count);
  pool.run(groups.count, [&](int64_t i) {
    filter(groups.size(i) == groups.size(0) ? *first : *last, s, groups.begin(i), image, delta,
           partials.floats() + i * stride);
  });
  finish(*first, partials.floats(), stride, groups.count, to);
}

// filter_gradient_norms is the kernel's gradient and the squared norm of each sample's part of it. Lanes take samples
// one after another; a lane's first sample is its sum's beginning.
void filter_gradient_norms(Pool& pool, const Shape& s, int64_t frames, const float* image, const float* delta,
                           float* to, float* norms) {
  Shape part = s;
  part.n = frames;
  auto p = primitive(kFilterGradient, part);
  size_t stride = (p->floats() + 15) / 16 * 16;
  Groups lanes(s.n / frames, lanes_for(s.work() * s.n, 2 * stride * sizeof(float)));
  Block partials(stride * 2 * sizeof(float) * lanes.count);
  pool.run(lanes.count, [&](int64_t lane) {
    float *sum = partials.floats() + lane * 2 * stride, *one = sum + stride;
    for (int64_t i = lanes.begin(lane); i < lanes.begin(lane + 1); i++) {
      bool begins = i == lanes.begin(lane);
      filter(*p, s, i * frames, image, delta, begins ? sum : one);
      norms[i] = begins ? squares(sum, p->floats()) : add_squares(sum, one, p->floats());
    }
  });
  finish(*p, partials.floats(), 2 * stride, lanes.count, to);
}

// prepare compiles what a call will run.
void prepare(Kind kind, Shape s, int64_t frames) {
  if (kind == kFilterGradientNorms) {
    s.n = frames;
    primitive(kFilterGradient, s);
    return;
  }
  Groups groups = groups_of(kind, s);
  for (int64_t i : {int64_t{0}, groups.count - 1}) {
    Shape part = s;
    part.n = groups.size(i);
    primitive(kind, part);
  }
}

// Array is an operand or a result, [N, H, W, C] or, of a kernel, [H, W, in, out]; one of rank 3 has H = 1.
struct Array {
  int64_t dims[4];
  float* data;
};

Array array(XLA_FFI_Buffer* b, int64_t rank, bool kernel) {
  if (b->dtype != XLA_FFI_DataType_F32) refuse("an array is not of float32");
  if (b->rank != rank) refuse("an array has another rank");
  Array a{{1, 1, 1, 1}, static_cast<float*>(b->data)};
  if (rank == 4) {
    std::copy(b->dims, b->dims + 4, a.dims);
  } else {  // the axis of one position comes first in a kernel, and after the rows elsewhere
    std::copy(b->dims, b->dims + 3, a.dims + 1);
    if (!kernel) std::swap(a.dims[0], a.dims[1]);
  }
  for (int64_t d : a.dims)
    if (d < 1) refuse("an array is empty");
  return a;
}

int64_t attribute(XLA_FFI_CallFrame* f, const char* name) {
  for (int64_t i = 0; i < f->attrs.size; i++) {
    XLA_FFI_ByteSpan* n = f->attrs.names[i];
    if (std::string(n->ptr, n->len) != name) continue;
    auto* v = static_cast<XLA_FFI_Scalar*>(f->attrs.attrs[i]);
    if (f->attrs.types[i] != XLA_FFI_AttrType_SCALAR || v->dtype != XLA_FFI_DataType_S64)
      refuse(std::string("attribute ") + name + " is not an int64");
    return *static_cast<int64_t*>(v->value);
  }
  refuse(std::string("attribute ") + name + " is missing");
}

// covers wants the windows to be those of the axis: size, padding and stride give so many.
void covers(int64_t size, int64_t windows, int64_t kernel, int64_t stride, int64_t padding) {
  if (stride < 1 || padding < 0) refuse("a stride or a padding is out of range");
  int64_t end = end_padding(size, windows, kernel, stride, padding);
  if (size + padding + end < kernel || (size + padding + end - kernel) / stride + 1 != windows)
    refuse("sizes, stride and padding do not agree");
}

std::atomic<int64_t> calls{0};  // that were computed

void call(XLA_FFI_CallFrame* f) {
  auto kind = Kind(attribute(f, "kind"));
  if (kind < kForward || kind > kFilterGradientNorms) refuse("unknown kind");
  bool norms = kind == kFilterGradientNorms;
  if (f->args.size < 2 || f->rets.size != (norms ? 2 : 1)) refuse("another number of operands or results");
  auto* first = static_cast<XLA_FFI_Buffer*>(f->args.args[0]);
  auto* second = static_cast<XLA_FFI_Buffer*>(f->args.args[1]);
  auto* result = static_cast<XLA_FFI_Buffer*>(f->rets.rets[0]);
  int64_t rank = first->rank;
  if (rank != 3 && rank != 4) refuse("an array has another rank");
  bool filters = kind >= kFilterGradient;
  Array a = array(first, rank, false), b = array(second, rank, !filters), c = array(result, rank, filters);
  const Array& image = kind == kInputGradient ? c : a;
  const Array& output = kind == kForward ? c : kind == kInputGradient ? a : b;
  const Array& kernel = filters ? c : b;
  Shape s{image.dims[0],  image.dims[1],  image.dims[2],  image.dims[3],  output.dims[1], output.dims[2],
          output.dims[3], kernel.dims[0], kernel.dims[1], attribute(f, "sh"), attribute(f, "sw"), attribute(f, "ph"),
          attribute(f, "pw")};
  if (output.dims[0] != s.n || kernel.dims[2] != s.in || kernel.dims[3] != s.out) refuse("shapes do not agree");
  covers(s.h, s.oh, s.kh, s.sh, s.ph);
  covers(s.w, s.ow, s.kw, s.sw, s.pw);
  Pool pool(f->api, f->ctx);
  switch (kind) {
    case kForward:
    case kInputGradient:
      forward_or_input(pool, kind, s, a.data, b.data, c.data);
      break;
    case kFilterGradient:
      filter_gradient(pool, s, a.data, b.data, c.data);
      break;
    case kFilterGradientNorms: {
      int64_t frames = attribute(f, "frames");
      auto* squared = static_cast<XLA_FFI_Buffer*>(f->rets.rets[1]);
      if (frames < 1 || s.n % frames || squared->dtype != XLA_FFI_DataType_F32 || squared->rank != 1 ||
          squared->dims[0] != s.n / frames)
        refuse("the norms' shape does not agree with the frames");
      filter_gradient_norms(pool, s, frames, a.data, b.data, c.data, static_cast<float*>(squared->data));
    }
  }
  calls++;
}

XLA_FFI_Error* failed(XLA_FFI_CallFrame* f, XLA_FFI_Error_Code code, const std::string& what) {
  std::string message = "primewindow's convolution: " + what;
  XLA_FFI_Error_Create_Args a{XLA_FFI_Error_Create_Args_STRUCT_SIZE, nullptr, message.c_str(), code};
  return f->api->XLA_FFI_Error_Create(&a);
}

// handle is what XLA calls. Nothing may be thrown through it.
XLA_FFI_Error* handle(XLA_FFI_CallFrame* f) {
  for (auto* e = f->extension_start; e; e = e->next) {
    if (e->type != XLA_FFI_Extension_Metadata) continue;
    auto* m = reinterpret_cast<XLA_FFI_Metadata_Extension*>(e)->metadata;
    m->api_version.major_version = XLA_FFI_API_MAJOR;
    m->api_version.minor_version = XLA_FFI_API_MINOR;
    m->traits = 0;
    return nullptr;
  }
  if (f->stage != XLA_FFI_ExecutionStage_EXECUTE) return nullptr;
  try {
    call(f);
    return nullptr;
  } catch (const Failure& e) {
    return failed(f, e.code, e.what());
  } catch (const std::bad_alloc&) {
    return failed(f, XLA_FFI_Error_Code_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const dnnl::error& e) {
    auto code = e.status == dnnl_out_of_memory ? XLA_FFI_Error_Code_RESOURCE_EXHAUSTED : XLA_FFI_Error_Code_INTERNAL;
    return failed(f, code, std::string("oneDNN: ") + e.what());
  } catch (const std::exception& e) {
    return failed(f, XLA_FFI_Error_Code_INTERNAL, e.what());
  } catch (...) {
    return failed(f, XLA_FFI_Error_Code_INTERNAL, "unknown error");
  }
}

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

const char kName[] = "primewindow_conv";
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
  set_threads = reinterpret_cast<void (*)(int)>(dlsym(gomp, "omp_set_num_threads"));
  if (!set_threads) return "libgomp.so.1 has no omp_set_num_threads";
  engine();
  for (Extension* e = api->extensions; e; e = e->next) {
    if (e->type != kFfiExtension) continue;
    if (e->struct_size < sizeof(FfiExtension)) return "the plugin's FFI extension is of an older version";
    Registration r{kRegistrationSize, kName, sizeof kName - 1, reinterpret_cast<void*>(&handle),
                   kPlatform,         sizeof kPlatform - 1,    0};
    if (reinterpret_cast<FfiExtension*>(e)->register_handler(&r))
      return "the plugin refuses handlers of this version of FFI";
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

// primewindow_kernels_calls is how many convolutions were computed in this process.
__attribute__((visibility("default"))) int64_t primewindow_kernels_calls() { return primewindow::calls; }

// primewindow_kernels_prepare compiles what count calls will run, of which list has 15 numbers each: kind, image's n, h,
// w and channels, output's h, w and channels, kernel's h and w, strides, paddings, frames. A call compiles by itself
// what it lacks, but while it runs: what then stays would lie behind the memory of the step, and keep it apart.
__attribute__((visibility("default"))) void primewindow_kernels_prepare(const int64_t* list, int64_t count) {
  using namespace primewindow;
  for (const int64_t* c = list; c < list + 15 * count; c += 15) {
    try {
      prepare(Kind(c[0]), {c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13]}, c[14]);
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

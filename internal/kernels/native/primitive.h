// What one thread needs to run a convolution by oneDNN: memory, a stream, and compiled primitives, which all share.
#ifndef PRIMEWINDOW_PRIMITIVE_H_
#define PRIMEWINDOW_PRIMITIVE_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "block.h"
#include "ffi.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace primewindow {
namespace {

using dnnl::memory;

// What a call computes: attribute "kind".
enum Kind : int64_t { kForward = 0, kInputGradient = 1, kFilterGradient = 2, kFilterGradientNorms = 3 };

// kKeptScratch is how much working memory a thread keeps between calls; what is larger goes back at once.
constexpr size_t kKeptScratch = size_t{8} << 20;

// The engine has no end: threads of XLA may still use it while the process ends.
dnnl::engine& engine() {
  static auto* e = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *e;
}

void (*set_threads)(int) = nullptr;  // omp_set_num_threads, found when the library is registered

// Here is what a thread needs to run primitives.
struct Here {
  dnnl::stream stream;
  Block scratch;
  Here() : stream(engine()) {}
};

// here is this thread's. OpenMP's number of threads belongs to the thread that sets it; with one thread oneDNN calls
// its kernels straight, and no team of OpenMP threads ever exists.
Here& here() {
  thread_local std::unique_ptr<Here> h;
  if (!h) {
    set_threads(1);
    h.reset(new Here);
  }
  return *h;
}

// Shape is one convolution of n rows: image [n, h, w, in], output [n, oh, ow, out], kernel [kh, kw, in, out].
struct Shape {
  int64_t n, h, w, in, oh, ow, out, kh, kw, sh, sw, ph, pw;
  auto tie() const { return std::tie(n, h, w, in, oh, ow, out, kh, kw, sh, sw, ph, pw); }
  bool operator<(const Shape& o) const { return tie() < o.tie(); }
  size_t image() const { return size_t(h) * w * in; }       // numbers in a row
  size_t output() const { return size_t(oh) * ow * out; }   // likewise
  double work() const { return 2.0 * kh * kw * in * output(); }  // operations for a row
};

// Primitive is a compiled convolution and how it wants its weights.
struct Primitive {
  dnnl::primitive run;
  dnnl::primitive reorder;  // weights from plain to wanted, or for a filter gradient back
  memory::desc image, output, weights, plain;
  bool direct = false;  // whether weights are wanted plain
  size_t scratch = 0, reorder_scratch = 0;

  size_t floats() const { return weights.get_size() / sizeof(float); }
};

// The padding at the end of an axis that the sizes imply. Less than zero: positions at the end that no window sees.
int64_t end_padding(int64_t size, int64_t windows, int64_t kernel, int64_t stride, int64_t padding) {
  return std::max<int64_t>(0, (windows - 1) * stride + kernel - size - padding);
}

std::shared_ptr<Primitive> compile(Kind kind, const Shape& s) {
  using tag = memory::format_tag;
  here();  // oneDNN looks at the number of threads when it plans
  auto p = std::make_shared<Primitive>();
  auto f32 = memory::data_type::f32;
  p->image = memory::desc({s.n, s.in, s.h, s.w}, f32, tag::nhwc);
  p->output = memory::desc({s.n, s.out, s.oh, s.ow}, f32, tag::nhwc);
  p->plain = memory::desc({s.out, s.in, s.kh, s.kw}, f32, tag::hwio);
  memory::desc any({s.out, s.in, s.kh, s.kw}, f32, tag::any);
  memory::dims strides{s.sh, s.sw}, before{s.ph, s.pw};
  memory::dims after{end_padding(s.h, s.oh, s.kh, s.sh, s.ph), end_padding(s.w, s.ow, s.kw, s.sw, s.pw)};
  auto direct = dnnl::algorithm::convolution_direct;
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::convolution_forward::primitive_desc forward(engine(), dnnl::prop_kind::forward_training, direct, p->image, any,
                                                    p->output, strides, before, after, attr);
  switch (kind) {
    case kForward:
      p->run = dnnl::convolution_forward(forward);
      p->weights = forward.weights_desc();
      p->scratch = forward.scratchpad_desc().get_size();
      break;
    case kInputGradient: {
      dnnl::convolution_backward_data::primitive_desc d(engine(), direct, p->image, any, p->output, strides, before,
                                                        after, forward, attr);
      p->run = dnnl::convolution_backward_data(d);
      p->weights = d.weights_desc();
      p->scratch = d.scratchpad_desc().get_size();
      break;
    }
    default: {
      dnnl::convolution_backward_weights::primitive_desc d(engine(), direct, p->image, any, p->output, strides, before,
                                                           after, forward, attr);
      p->run = dnnl::convolution_backward_weights(d);
      p->weights = d.diff_weights_desc();
      p->scratch = d.scratchpad_desc().get_size();
    }
  }
  p->direct = p->weights == p->plain;
  if (!p->direct) {
    bool back = kind == kFilterGradient;
    dnnl::reorder::primitive_desc d(engine(), back ? p->weights : p->plain, engine(), back ? p->plain : p->weights,
                                    attr);
    p->reorder = dnnl::reorder(d);
    p->reorder_scratch = d.scratchpad_desc().get_size();
  }
  return p;
}

// kPrimitives bounds the compiled convolutions that are kept: a ResNet-18 pair has some hundred.
constexpr size_t kPrimitives = 2048;

// primitive gives the compiled convolution for rows of a shape. Executables share them.
std::shared_ptr<Primitive> primitive(Kind kind, const Shape& shape) {
  static auto* all = new std::map<std::pair<int64_t, Shape>, std::shared_ptr<Primitive>>;
  static auto* mutex = new std::mutex;
  std::lock_guard<std::mutex> lock(*mutex);
  auto& p = (*all)[{kind, shape}];
  if (p) return p;
  if (all->size() > kPrimitives) {
    all->clear();
    return (*all)[{kind, shape}] = compile(kind, shape);
  }
  try {
    p = compile(kind, shape);
  } catch (...) {
    all->erase({kind, shape});
    throw;
  }
  return p;
}

memory at(const memory::desc& d, const float* p) { return memory(d, engine(), const_cast<float*>(p)); }

// execute runs a primitive on this thread.
void execute(const dnnl::primitive& p, size_t scratch, std::initializer_list<std::pair<int, memory>> list) {
  Here& h = here();
  dnnl_exec_arg_t args[8];
  int n = 0;
  for (auto& a : list) args[n++] = {a.first, a.second.get()};
  memory work;
  if (scratch) {
    work = memory(memory::desc({int64_t(scratch)}, memory::data_type::u8, memory::format_tag::a), engine(),
                  h.scratch.grow(scratch));
    args[n++] = {DNNL_ARG_SCRATCHPAD, work.get()};
  }
  dnnl::error::wrap_c_api(dnnl_primitive_execute(p.get(), h.stream.get(), n, args), "a primitive did not run");
  if (h.scratch.size() > kKeptScratch) h.scratch.drop();
}

}  // namespace
}  // namespace primewindow

#endif  // PRIMEWINDOW_PRIMITIVE_H_

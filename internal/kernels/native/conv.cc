// Convolutions of XLA's CPU backend by oneDNN.
//
// A primitive of oneDNN runs on one thread. The rows of a batch are cut into groups, which are shared over XLA's own
// thread pool, so that no second pool waits beside it. How many groups there are depends on the shapes alone and
// partial sums are added in the order of the groups, so the result has the same bits whatever number of threads took
// part. Whatever goes wrong is an error of the call; nothing here ends the process.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "ffi.h"
#include "groups.h"
#include "oneapi/dnnl/dnnl.hpp"
#include "pool.h"
#include "primitive.h"

namespace primewindow {
namespace {

// kGroupWork is the least work that is worth a group of its own, in operations.
constexpr double kGroupWork = 8e6;
// kPartials bounds the partial filter gradients of one call, in bytes, unless two need more.
constexpr size_t kPartials = size_t{16} << 20;

int64_t lanes_for(double work, size_t bytes) {
  return std::min(groups_for(work, kGroupWork), std::max<int64_t>(2, int64_t(kPartials / bytes)));
}

// groups_of are those of a call.
Groups groups_of(Kind kind, const Shape& s) {
  double work = s.work() * s.n;
  size_t bytes = size_t(s.kh) * s.kw * s.in * s.out * sizeof(float);
  return Groups(s.n, kind == kFilterGradient ? lanes_for(work, bytes) : groups_for(work, kGroupWork));
}

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

// compile_for compiles what a call will run.
void compile_for(Kind kind, Shape s, int64_t frames) {
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

// Tensor is an operand or a result, [N, H, W, C] or, of a kernel, [H, W, in, out]; one of rank 3 has H = 1.
struct Tensor {
  int64_t dims[4];
  float* data;
};

Tensor tensor(Array<float> a, int64_t rank, bool kernel) {
  if (a.rank != rank) refuse("an array has another rank");
  Tensor t{{1, 1, 1, 1}, a.data};
  if (rank == 4) {
    std::copy(a.dims, a.dims + 4, t.dims);
  } else {  // the axis of one position comes first in a kernel, and after the rows elsewhere
    std::copy(a.dims, a.dims + 3, t.dims + 1);
    if (!kernel) std::swap(t.dims[0], t.dims[1]);
  }
  return t;
}

// covers wants the windows to be those of the axis: size, padding and stride give so many.
void covers(int64_t size, int64_t windows, int64_t kernel, int64_t stride, int64_t padding) {
  if (stride < 1 || padding < 0) refuse("a stride or a padding is out of range");
  int64_t end = end_padding(size, windows, kernel, stride, padding);
  if (size + padding + end < kernel || (size + padding + end - kernel) / stride + 1 != windows)
    refuse("sizes, stride and padding do not agree");
}

}  // namespace

void begin(void (*omp_set_num_threads)(int)) {
  set_threads = omp_set_num_threads;
  engine();
}

void prepare(const int64_t* c) {
  compile_for(Kind(c[0]), {c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13]}, c[14]);
}

void convolve(XLA_FFI_CallFrame* f) {
  auto kind = Kind(attribute(f, "kind"));
  if (kind < kForward || kind > kFilterGradientNorms) refuse("unknown kind");
  bool norms = kind == kFilterGradientNorms;
  wants(f, 2, norms ? 2 : 1);
  auto first = floats(f->args.args, 0), second = floats(f->args.args, 1), result = floats(f->rets.rets, 0);
  int64_t rank = first.rank;
  if (rank != 3 && rank != 4) refuse("an array has another rank");
  bool filters = kind >= kFilterGradient;
  Tensor a = tensor(first, rank, false), b = tensor(second, rank, !filters), c = tensor(result, rank, filters);
  const Tensor& image = kind == kInputGradient ? c : a;
  const Tensor& output = kind == kForward ? c : kind == kInputGradient ? a : b;
  const Tensor& kernel = filters ? c : b;
  Shape s{image.dims[0],  image.dims[1],  image.dims[2],  image.dims[3],  output.dims[1], output.dims[2],
          output.dims[3], kernel.dims[0], kernel.dims[1], attribute(f, "sh"), attribute(f, "sw"), attribute(f, "ph"),
          attribute(f, "pw")};
  if (output.dims[0] != s.n || kernel.dims[2] != s.in || kernel.dims[3] != s.out) refuse("shapes do not agree");
  covers(s.h, s.oh, s.kh, s.sh, s.ph);
  covers(s.w, s.ow, s.kw, s.sw, s.pw);
  Pool pool(f->api, f->ctx);
  try {
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
        auto squared = floats(f->rets.rets, 1);
        if (frames < 1 || s.n % frames || squared.rank != 1 || squared.dims[0] != s.n / frames)
          refuse("the norms' shape does not agree with the frames");
        filter_gradient_norms(pool, s, frames, a.data, b.data, c.data, squared.data);
      }
    }
  } catch (const dnnl::error& e) {
    auto code = e.status == dnnl_out_of_memory ? XLA_FFI_Error_Code_RESOURCE_EXHAUSTED : XLA_FFI_Error_Code_INTERNAL;
    throw Failure(code, std::string("oneDNN: ") + e.what());
  }
}

}  // namespace primewindow

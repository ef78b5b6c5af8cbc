// Max pooling over windows of 3 by 3 with stride 2 and padding 1, and its gradient.
//
// A window's greatest number is the first of the greatest, row by row. The choice is kept, a byte for each window, so
// that the gradient needs neither the input nor a second search. In the gradient each position gathers from its at most
// four windows in order, so that any thread may take any row.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "ffi.h"
#include "groups.h"
#include "pool.h"

namespace primewindow {
namespace {

constexpr int64_t kWindow = 3, kStride = 2, kPadding = 1;
// kGroupNumbers is how many windows' numbers are worth a group of their own.
constexpr double kGroupNumbers = 1 << 15;

// Image is the input, [n, h, w, c], and its windows, [n, oh, ow, c].
struct Image {
  int64_t n, h, w, c, oh, ow;
};

template <typename T>
Image image(const Array<T>& windows, const Array<float>& x) {
  if (x.rank != 4 || windows.rank != 4) refuse("an array has another rank");
  Image m{x.dims[0], x.dims[1], x.dims[2], x.dims[3], windows.dims[1], windows.dims[2]};
  auto pooled = [](int64_t size) { return (size - 1) / kStride + 1; };
  if (windows.dims[0] != m.n || windows.dims[3] != m.c || m.oh != pooled(m.h) || m.ow != pooled(m.w))
    refuse("shapes do not agree");
  return m;
}

template <typename T, typename U>
void same(const Array<T>& a, const Array<U>& b) {
  if (a.rank != b.rank || !std::equal(a.dims, a.dims + a.rank, b.dims)) refuse("shapes do not agree");
}

WIDE void choose(const float* __restrict x, float* __restrict best, uint8_t* __restrict choice, uint8_t tap,
                 int64_t n) {
  for (int64_t c = 0; c < n; c++) {
    bool greater = x[c] > best[c];
    best[c] = greater ? x[c] : best[c];
    choice[c] = greater ? tap : choice[c];
  }
}

WIDE void gather(float* __restrict to, const float* __restrict delta, const uint8_t* __restrict choice, uint8_t tap,
                 int64_t n) {
  for (int64_t c = 0; c < n; c++) to[c] += choice[c] == tap ? delta[c] : 0.0f;
}

Groups rows(const Image& m, int64_t of) {
  return Groups(of, groups_for(double(m.n) * m.oh * m.ow * m.c, kGroupNumbers));
}

}  // namespace

// pool gives each window's greatest number, and which it was: 3 times the row in the window, and the column.
void pool(XLA_FFI_CallFrame* f) {
  wants(f, 1, 2);
  auto x = floats(f->args.args, 0), y = floats(f->rets.rets, 0);
  auto choice = bytes(f->rets.rets, 1);
  Image m = image(y, x);
  same(y, choice);
  Groups groups = rows(m, m.n * m.oh);
  Pool(f->api, f->ctx).run(groups.count, [&](int64_t g) {
    for (int64_t r = groups.begin(g); r < groups.begin(g + 1); r++) {
      int64_t i = r % m.oh, top = i * kStride - kPadding;
      const float* in = x.data + r / m.oh * m.h * m.w * m.c;
      for (int64_t j = 0; j < m.ow; j++) {
        int64_t left = j * kStride - kPadding;
        float* best = y.data + (r * m.ow + j) * m.c;
        uint8_t* chosen = choice.data + (r * m.ow + j) * m.c;
        std::fill(best, best + m.c, std::numeric_limits<float>::lowest());
        std::fill(chosen, chosen + m.c, uint8_t{0});
        bool first = true;
        for (int64_t a = 0; a < kWindow; a++)
          for (int64_t b = 0; b < kWindow; b++) {
            if (top + a < 0 || top + a >= m.h || left + b < 0 || left + b >= m.w) continue;
            const float* at = in + ((top + a) * m.w + left + b) * m.c;
            auto tap = uint8_t(kWindow * a + b);
            if (first) {  // whatever it is: no number too
              std::copy(at, at + m.c, best);
              std::fill(chosen, chosen + m.c, tap);
              first = false;
            } else {
              choose(at, best, chosen, tap, m.c);
            }
          }
      }
    }
  });
}

// unpool gives the gradient at the input for delta at the windows, given what pool chose.
void unpool(XLA_FFI_CallFrame* f) {
  wants(f, 2, 1);
  auto delta = floats(f->args.args, 0), x = floats(f->rets.rets, 0);
  auto choice = bytes(f->args.args, 1);
  Image m = image(delta, x);
  same(delta, choice);
  Groups groups = rows(m, m.n * m.h);
  Pool(f->api, f->ctx).run(groups.count, [&](int64_t g) {
    for (int64_t r = groups.begin(g); r < groups.begin(g + 1); r++) {
      int64_t n = r / m.h, h = r % m.h;
      for (int64_t w = 0; w < m.w; w++) {
        float* to = x.data + (r * m.w + w) * m.c;
        std::fill(to, to + m.c, 0.0f);
        // Of the windows whose rows begin at 2i - 1, those with i from h / 2 to (h + 1) / 2 have row h; columns likewise.
        for (int64_t i = h / kStride; i <= std::min((h + kPadding) / kStride, m.oh - 1); i++)
          for (int64_t j = w / kStride; j <= std::min((w + kPadding) / kStride, m.ow - 1); j++) {
            auto tap = uint8_t(kWindow * (h - i * kStride + kPadding) + w - j * kStride + kPadding);
            int64_t at = ((n * m.oh + i) * m.ow + j) * m.c;
            gather(to, delta.data + at, choice.data + at, tap, m.c);
          }
      }
    }
  });
}

}  // namespace primewindow

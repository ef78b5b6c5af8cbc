// Sums over the rows of a matrix, column by column: what batch norm needs of its input, and of the gradient at its
// output. XLA makes them out of several passes over memory; here it is one.
//
// Rows are taken in blocks that stay in the nearest cache. Sums within a block are of float32, beyond it in double; a
// block's squares are about its own mean, and blocks are joined by the formula of Chan, Golub and LeVeque, so that a mean
// far from zero costs no digits of the variance. Blocks and groups depend on the shape alone and are joined in order.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "ffi.h"
#include "groups.h"
#include "pool.h"

namespace primewindow {
namespace {

// kBlock is about how many numbers a block has, kWidth how many sums are kept side by side at least.
constexpr int64_t kBlock = 4096, kWidth = 64;
// kGroupNumbers is how many numbers are worth a group of their own.
constexpr double kGroupNumbers = 1 << 17;

// Matrix is an array of rows of columns.
struct Matrix {
  int64_t rows, columns;
  // width is a multiple of columns: so many sums are kept, of which those of one column are added at a block's end.
  int64_t width() const { return columns * std::max<int64_t>(1, (kWidth + columns - 1) / columns); }
  int64_t block() const { return std::max<int64_t>(1, kBlock / columns); }  // rows
  Groups groups() const { return Groups(rows, groups_for(double(rows) * columns, kGroupNumbers)); }
};

WIDE void add_columns(float* __restrict sums, const float* __restrict x, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i += width) {
    int64_t some = std::min(width, n - i);
    for (int64_t j = 0; j < some; j++) sums[j] += x[i + j];
  }
}

WIDE void add_squares(float* __restrict sums, float* __restrict squares, const float* __restrict x,
                      const float* __restrict mean, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i += width) {
    int64_t some = std::min(width, n - i);
    for (int64_t j = 0; j < some; j++) {
      float d = x[i + j] - mean[j];
      sums[j] += d;
      squares[j] += d * d;
    }
  }
}

WIDE void add_slopes(float* __restrict sums, float* __restrict products, const float* __restrict delta,
                     const float* __restrict x, const float* __restrict mean, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i += width) {
    int64_t some = std::min(width, n - i);
    for (int64_t j = 0; j < some; j++) {
      sums[j] += delta[i + j];
      products[j] += delta[i + j] * (x[i + j] - mean[j]);
    }
  }
}

// spread repeats a row of columns over a width.
void spread(const float* row, int64_t columns, float* to, int64_t width) {
  for (int64_t j = 0; j < width; j++) to[j] = row[j % columns];
}

// fold adds sums side by side to those of their columns.
void fold(const std::vector<float>& sums, std::vector<double>& to) {
  for (size_t j = 0; j < sums.size(); j++) to[j % to.size()] += sums[j];
}

// Moments are a group's.
struct Moments {
  int64_t count = 0;
  std::vector<double> mean, squares;  // by column; squares about the mean
  explicit Moments(int64_t columns) : mean(columns), squares(columns) {}

  void join(int64_t n, const std::vector<double>& m, const std::vector<double>& s) {
    double all = double(count + n), weight = double(n) / all, cross = double(count) * weight;
    for (size_t c = 0; c < mean.size(); c++) {
      double d = m[c] - mean[c];
      mean[c] += d * weight;
      squares[c] += s[c] + d * d * cross;
    }
    count += n;
  }
};

// moments_of are those of some rows.
Moments moments_of(const Matrix& m, const float* x, int64_t rows) {
  Moments all(m.columns);
  int64_t width = m.width();
  std::vector<float> sums(width), squares(width), near(width), row(m.columns);
  std::vector<double> mean(m.columns), rest(m.columns), square(m.columns);
  auto zero = [](auto&... list) { (std::fill(list.begin(), list.end(), 0), ...); };
  for (int64_t r = 0; r < rows; r += m.block()) {
    int64_t n = std::min(m.block(), rows - r);
    const float* block = x + r * m.columns;
    zero(sums, mean);
    add_columns(sums.data(), block, n * m.columns, width);
    fold(sums, mean);
    for (int64_t c = 0; c < m.columns; c++) row[c] = float(mean[c] / double(n));
    spread(row.data(), m.columns, near.data(), width);
    // Near the mean differences are exact, or as good. What they sum up to says how near.
    zero(sums, squares, rest, square);
    add_squares(sums.data(), squares.data(), block, near.data(), n * m.columns, width);
    fold(sums, rest);
    fold(squares, square);
    for (int64_t c = 0; c < m.columns; c++) {
      double off = rest[c] / double(n);
      mean[c] = double(row[c]) + off;
      square[c] -= off * rest[c];
    }
    all.join(n, mean, square);
  }
  return all;
}

Matrix matrix(const Array<float>& a) {
  if (a.rank < 2) refuse("an array has another rank");
  int64_t columns = a.dims[a.rank - 1];
  return {a.size() / columns, columns};
}

// row wants an array of one number for each column.
Array<float> row(Array<float> a, const Matrix& m) {
  if (a.rank != 1 || a.dims[0] != m.columns) refuse("shapes do not agree");
  return a;
}

}  // namespace

// moments gives the mean and the variance of each column.
void moments(XLA_FFI_CallFrame* f) {
  wants(f, 1, 2);
  auto x = floats(f->args.args, 0);
  Matrix m = matrix(x);
  auto mean = row(floats(f->rets.rets, 0), m), variance = row(floats(f->rets.rets, 1), m);
  Groups groups = m.groups();
  std::vector<Moments> parts(groups.count, Moments(0));
  Pool(f->api, f->ctx).run(groups.count, [&](int64_t i) {
    parts[i] = moments_of(m, x.data + groups.begin(i) * m.columns, groups.size(i));
  });
  Moments all = parts[0];
  for (int64_t i = 1; i < groups.count; i++) all.join(parts[i].count, parts[i].mean, parts[i].squares);
  for (int64_t c = 0; c < m.columns; c++) {
    mean.data[c] = float(all.mean[c]);
    variance.data[c] = float(all.squares[c] / double(m.rows));
  }
}

// slopes gives for each row of an array [rows, positions, columns] the sum of delta over its positions, and that of
// delta times (x - mean) times scale.
void slopes(XLA_FFI_CallFrame* f) {
  wants(f, 4, 2);
  auto delta = floats(f->args.args, 0), x = floats(f->args.args, 1);
  if (x.rank != 3) refuse("an array has another rank");
  if (delta.rank != x.rank || !std::equal(x.dims, x.dims + x.rank, delta.dims)) refuse("shapes do not agree");
  Matrix m{x.dims[1], x.dims[2]};  // of one row
  auto mean = row(floats(f->args.args, 2), m), scale = row(floats(f->args.args, 3), m);
  auto shift = floats(f->rets.rets, 0), slope = floats(f->rets.rets, 1);
  for (auto& r : {shift, slope})
    if (r.rank != 2 || r.dims[0] != x.dims[0] || r.dims[1] != m.columns) refuse("shapes do not agree");
  int64_t width = m.width();
  std::vector<float> means(width);
  spread(mean.data, m.columns, means.data(), width);
  Groups groups(x.dims[0], groups_for(double(x.size()), kGroupNumbers));
  Pool(f->api, f->ctx).run(groups.count, [&](int64_t i) {
    std::vector<float> sums(width), products(width);
    std::vector<double> total(m.columns), product(m.columns);
    for (int64_t r = groups.begin(i); r < groups.begin(i + 1); r++) {
      std::fill(total.begin(), total.end(), 0);
      std::fill(product.begin(), product.end(), 0);
      for (int64_t p = 0; p < m.rows; p += m.block()) {
        int64_t n = std::min(m.block(), m.rows - p), from = (r * m.rows + p) * m.columns;
        std::fill(sums.begin(), sums.end(), 0);
        std::fill(products.begin(), products.end(), 0);
        add_slopes(sums.data(), products.data(), delta.data + from, x.data + from, means.data(), n * m.columns, width);
        fold(sums, total);
        fold(products, product);
      }
      for (int64_t c = 0; c < m.columns; c++) {
        shift.data[r * m.columns + c] = float(total[c]);
        slope.data[r * m.columns + c] = float(product[c] * double(scale.data[c]));
      }
    }
  });
}

}  // namespace primewindow

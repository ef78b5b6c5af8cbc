// How work is cut into groups that threads share, and loops in wide registers.
#ifndef PRIMEWINDOW_GROUPS_H_
#define PRIMEWINDOW_GROUPS_H_

#include <algorithm>
#include <cstdint>

namespace primewindow {

// Groups are rows in so many runs, the longer ones first.
struct Groups {
  int64_t rows, count;
  Groups(int64_t rows, int64_t count) : rows(rows), count(std::max<int64_t>(1, std::min(rows, count))) {}
  int64_t begin(int64_t i) const { return i * (rows / count) + std::min(i, rows % count); }
  int64_t size(int64_t i) const { return begin(i + 1) - begin(i); }
};

// kGroups is the most groups there are.
constexpr int64_t kGroups = 8;

// groups_for is how many groups are worth their while, each of which has at least so much work. It depends on the
// shapes alone, so that sums have the same bits with any number of threads.
inline int64_t groups_for(double work, double least) { return std::clamp<int64_t>(int64_t(work / least), 1, kGroups); }

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
// The same operations in the same order, in wider registers where there are: -ffp-contract=off keeps the bits equal.
#define WIDE __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define WIDE
#endif

}  // namespace primewindow

#endif  // PRIMEWINDOW_GROUPS_H_

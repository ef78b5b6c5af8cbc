// Working memory of kernels.
#ifndef PRIMEWINDOW_BLOCK_H_
#define PRIMEWINDOW_BLOCK_H_

#include <sys/mman.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <new>

namespace primewindow {

// Blocks are pieces of memory that are free. They come from the system and not from malloc: what a thread keeps would
// otherwise lie in the heap behind the memory of the step in which it was made, which would then find no room in its old
// place, so that the heap would grow by as much.
class Blocks {
 public:
  // take gives a piece of at least so many bytes, and says how large it is.
  void* take(size_t bytes, size_t* size) {
    bytes = (bytes + kUnit - 1) / kUnit * kUnit;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      auto at = free_.lower_bound(bytes);
      if (at != free_.end() && at->first <= 2 * bytes) {
        void* p = at->second;
        *size = at->first;
        kept_ -= at->first;
        free_.erase(at);
        return p;
      }
    }
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    *size = bytes;
    return p;
  }

  // give takes a piece back. Some are kept, as pages of the system cost time when they are first touched; when they are
  // too many, the smallest go.
  void give(void* p, size_t size) {
    std::lock_guard<std::mutex> lock(mutex_);
    free_.emplace(size, p);
    for (kept_ += size; kept_ > kKept; free_.erase(free_.begin())) {
      munmap(free_.begin()->second, free_.begin()->first);
      kept_ -= free_.begin()->first;
    }
  }

 private:
  static constexpr size_t kUnit = size_t{1} << 16, kKept = size_t{48} << 20;

  std::mutex mutex_;
  std::multimap<size_t, void*> free_;  // by size
  size_t kept_ = 0;                    // bytes in free_
};

// blocks has no end: threads of XLA may still use it while the process ends.
inline Blocks& blocks() {
  static auto* b = new Blocks;
  return *b;
}

// Block is a piece of memory that begins with a page.
class Block {
 public:
  Block() = default;
  explicit Block(size_t bytes) { grow(bytes); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { drop(); }

  // grow makes the block large enough. What it held is lost.
  void* grow(size_t bytes) {
    if (bytes > size_) {
      drop();
      data_ = blocks().take(bytes, &size_);
    }
    return data_;
  }
  void drop() {
    if (data_) blocks().give(data_, size_);
    data_ = nullptr;
    size_ = 0;
  }
  float* floats() { return static_cast<float*>(data_); }
  size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace primewindow

#endif  // PRIMEWINDOW_BLOCK_H_

// The buffer pool: 64-byte aligned blocks for outputs and workspaces, reused because fresh pages
// from the system cost as much as the arithmetic at the sizes of small networks.
#pragma once

#include <cstddef>

namespace fastnn {

constexpr std::size_t kAlignment = 64;

struct Block {
    void* data = nullptr;
    std::size_t bytes = 0;  // of the size class, not of the request
};

namespace pool {

Block take(std::size_t bytes);   // throws std::bad_alloc; contents are undefined
bool take_cached(Block& block);  // any cached block; false if there is none. For tests.
void give(Block block) noexcept;

struct Stats {
    std::size_t used_bytes, cached_bytes, limit_bytes;
};
Stats stats();
void set_limit(std::size_t bytes);  // most bytes kept for reuse
void trim() noexcept;               // gives every cached block back to the system
void init();  // so that a fork never leaves the pool locked; called once at import

}  // namespace pool

// A workspace for the length of a scope.
template <class T>
class Scratch {
 public:
    explicit Scratch(std::size_t count);
    ~Scratch() { pool::give(block_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    T* data() { return static_cast<T*>(block_.data); }
    operator T*() { return data(); }

 private:
    Block block_;
};

std::size_t checked_bytes(std::size_t count, std::size_t size);  // count * size, or std::bad_alloc

template <class T>
Scratch<T>::Scratch(std::size_t count) : block_(pool::take(checked_bytes(count, sizeof(T)))) {}

}  // namespace fastnn

// What kernels derive from an array that can never change (bind/read_only.h), kept for their next
// call.
#pragma once

#include <array>
#include <memory>

#include "core/memory.h"

namespace fastnn {

// Which kernel derived it, and how: for one array, equal keys stand for equal contents. Numbers
// that a kernel does not need are 0.
using KeptKey = std::array<long, 32>;

// A block of memory with what a kernel has derived.
class Derived {
 public:
    Derived(const KeptKey& key, std::size_t bytes) : key_(key), block_(pool::take(bytes)) {}
    ~Derived() { pool::give(block_); }
    Derived(const Derived&) = delete;
    Derived& operator=(const Derived&) = delete;
    const KeptKey& key() const { return key_; }
    void* data() const { return block_.data; }

 private:
    KeptKey key_;
    Block block_;
};

// For the length of a call: what was kept before it, and then what is to be kept after it. Calls
// that run at once have one each and share only what is complete, which nobody writes any more.
struct Kept {
    std::shared_ptr<const Derived> derived;
};

// A workspace as Scratch, whose contents are kept if `kept` is not null.
template <class T>
class KeptScratch {
 public:
    KeptScratch(Kept* kept, const KeptKey& key, std::size_t count) : kept_(kept) {
        ready_ = kept != nullptr && kept->derived != nullptr && kept->derived->key() == key;
        derived_ = ready_ ? kept->derived
                          : std::make_shared<Derived>(key, checked_bytes(count, sizeof(T)));
    }
    // Contents are there already, and must not be written.
    bool ready() const { return ready_; }
    T* data() const { return static_cast<T*>(derived_->data()); }
    // All contents have been written.
    void complete() {
        if (kept_ != nullptr) kept_->derived = derived_;
    }

 private:
    Kept* kept_;
    bool ready_;
    std::shared_ptr<const Derived> derived_;
};

}  // namespace fastnn

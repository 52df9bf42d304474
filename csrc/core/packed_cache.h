// Packed weights: what a kernel derives from an array that can never change (bind/read_only.h),
// kept with the array for the next call.
#pragma once

#include <array>
#include <memory>
#include <mutex>

#include "core/fork.h"
#include "core/integer.h"
#include "core/memory.h"

namespace fastnn {

// Identifies the kernel that packed, and how: for one array, equal keys mean equal contents.
// Numbers that a kernel does not need are 0.
using PackedKey = std::array<dim_t, 32>;

// A block of memory with packed weights. It is shared once it is complete, and never changes after
// that.
class PackedBlock {
 public:
    PackedBlock(const PackedKey& key, std::size_t bytes) : key_(key), block_(pool::take(bytes)) {}
    ~PackedBlock() { pool::give(block_); }
    PackedBlock(const PackedBlock&) = delete;
    PackedBlock& operator=(const PackedBlock&) = delete;
    const PackedKey& key() const { return key_; }
    void* data() const { return block_.data; }

 private:
    PackedKey key_;
    Block block_;
};

// Guards the blocks of all caches: it is held for nanoseconds.
inline ForkMutex packed_caches;

// The one block that an array keeps, the newest. It belongs to the owner of the array's memory, so
// that Args may point at it. Several threads may use it concurrently.
class PackedCache {
 public:
    std::shared_ptr<const PackedBlock> get() const {
        const std::lock_guard lock(packed_caches);
        return block_;
    }
    void put(std::shared_ptr<const PackedBlock> block) {
        const std::lock_guard lock(packed_caches);
        block_.swap(block);  // the old block is given back after the lock
    }

 private:
    std::shared_ptr<const PackedBlock> block_;
};

// A workspace as Scratch, whose contents are kept if `cache` is not null.
template <class T>
class PackedScratch {
 public:
    PackedScratch(PackedCache* cache, const PackedKey& key, std::size_t count) : cache_(cache) {
        if (cache != nullptr) block_ = cache->get();
        ready_ = block_ != nullptr && block_->key() == key;
        if (!ready_) block_ = std::make_shared<PackedBlock>(key, checked_bytes(count, sizeof(T)));
    }
    // The contents are packed already, and must not be written.
    bool ready() const { return ready_; }
    T* data() const { return static_cast<T*>(block_->data()); }
    // All contents have been written.
    void complete() {
        if (cache_ != nullptr && !ready_) cache_->put(block_);
    }

 private:
    PackedCache* cache_;
    bool ready_;
    std::shared_ptr<const PackedBlock> block_;
};

}  // namespace fastnn

#include "core/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "core/cgroup.h"
#include "core/fork.h"

namespace fastnn {
namespace pool {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Size classes: four steps per doubling, so at most a quarter of a block is unused.
constexpr int kSteps = 4;
constexpr int kClasses = 64 * kSteps;

// AddressSanitizer detects accesses beyond a block, or after its release, only where every block is
// one of malloc and has exactly the requested size.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr std::size_t kMapped = kSanitized ? SIZE_MAX : kHugePage;

struct SizeClass {
    int index;
    std::size_t bytes;
};

SizeClass size_class(std::size_t bytes) {
    if (kSanitized) return {0, std::max<std::size_t>(bytes, 1)};
    bytes = std::max(bytes, kAlignment * kSteps);
    const int power = std::bit_width(bytes - 1) - 1;  // 2^power < bytes <= 2^(power+1)
    const std::size_t step = std::size_t{1} << (power - 2);
    const std::size_t steps = (bytes - (std::size_t{1} << power) + step - 1) / step;
    return {power * kSteps + static_cast<int>(steps), (std::size_t{1} << power) + steps * step};
}

void release(void* data, std::size_t bytes) noexcept {
    if (bytes >= kMapped) {
        munmap(data, bytes);
    } else {
        std::free(data);
    }
}

struct Pool {
    ForkMutex mutex;
    std::vector<void*> free[kClasses];
    std::size_t used = 0, cached = 0, limit;

    Pool() {
        // An eighth of the memory may be cached for reuse, 2 GiB at most.
        const std::size_t machine = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                                    static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        limit = std::min(std::min(machine, cgroup::memory().limit) / 8, std::size_t{2} << 30);
    }
    void trim_to(std::size_t bytes) noexcept {
        for (int i = kClasses - 1; i >= 0 && cached > bytes; --i) {  // largest first
            const std::size_t size = class_bytes(i);
            while (!free[i].empty() && cached > bytes) {
                release(free[i].back(), size);
                free[i].pop_back();
                cached -= size;
            }
        }
    }
    static std::size_t class_bytes(int index) {
        const int power = index / kSteps;
        if (power < 2) return 0;
        return (std::size_t{1} << power) +
               static_cast<std::size_t>(index % kSteps) * (std::size_t{1} << (power - 2));
    }
};

// Never destroyed: arrays may outlive every static object at exit.
Pool& pool() {
    static Pool* pool = new Pool;
    return *pool;
}

// The system overcommits memory and kills a process that uses too much; so large requests are
// checked against the available memory. Reading it takes 20 us, little compared to touching that
// many pages.
constexpr std::size_t kCheckAvailable = std::size_t{256} << 20;

bool system_has(std::size_t bytes) {
    std::FILE* file = std::fopen("/proc/meminfo", "r");
    if (file == nullptr) return true;
    unsigned long long kib = 0;
    bool found = false;
    for (char line[128]; !found && std::fgets(line, sizeof line, file) != nullptr;) {
        found = std::sscanf(line, "MemAvailable: %llu kB", &kib) == 1;
    }
    std::fclose(file);
    if (found && bytes / 1024 > kib) return false;
    return bytes <= cgroup::memory().available;
}

// Large blocks are mapped, not taken from malloc: they begin on a huge page, and a released block
// returns to the system, which one inside the heap does not.
void* map(std::size_t bytes) {
    const std::size_t room = bytes + kHugePage;
    void* mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    const auto begin = reinterpret_cast<std::uintptr_t>(mapped);
    const std::uintptr_t data = (begin + kHugePage - 1) & ~(kHugePage - 1);
    if (data > begin) munmap(mapped, data - begin);
    if (const std::size_t rest = begin + room - (data + bytes); rest > 0) {
        munmap(reinterpret_cast<void*>(data + bytes), rest);
    }
    madvise(reinterpret_cast<void*>(data), bytes, MADV_HUGEPAGE);
    return reinterpret_cast<void*>(data);
}

void* fresh(std::size_t bytes) {
    if (bytes >= kCheckAvailable && !system_has(bytes)) throw std::bad_alloc();
    if (bytes >= kMapped) return map(bytes);
    void* data = nullptr;
    if (posix_memalign(&data, kAlignment, bytes) != 0) throw std::bad_alloc();
    return data;
}

}  // namespace

Block take(std::size_t bytes) {
    if (bytes > (std::size_t{1} << 47)) throw std::bad_alloc();
    const SizeClass wanted = size_class(bytes);
    Pool& p = pool();
    {
        const std::lock_guard lock(p.mutex);
        auto& list = p.free[wanted.index];
        if (!list.empty()) {
            void* data = list.back();
            list.pop_back();
            p.cached -= wanted.bytes;
            p.used += wanted.bytes;
            return {data, wanted.bytes};
        }
    }
    void* data = nullptr;
    try {
        data = fresh(wanted.bytes);
    } catch (const std::bad_alloc&) {
        trim();  // cached blocks may be enough
        data = fresh(wanted.bytes);
    }
    const std::lock_guard lock(p.mutex);
    p.used += wanted.bytes;
    return {data, wanted.bytes};
}

bool take_cached(Block& block) {
    Pool& p = pool();
    const std::lock_guard lock(p.mutex);
    for (int i = 0; i < kClasses; ++i) {
        if (p.free[i].empty()) continue;
        block = {p.free[i].back(), Pool::class_bytes(i)};
        p.free[i].pop_back();
        p.cached -= block.bytes;
        p.used += block.bytes;
        return true;
    }
    return false;
}

void give(Block block) noexcept {
    if (block.data == nullptr) return;
    Pool& p = pool();
    const std::lock_guard lock(p.mutex);
    p.used -= block.bytes;
    if (block.bytes > p.limit || kSanitized) {
        release(block.data, block.bytes);
        return;
    }
    try {
        p.free[size_class(block.bytes).index].push_back(block.data);
    } catch (const std::bad_alloc&) {
        release(block.data, block.bytes);
        return;
    }
    p.cached += block.bytes;
    if (p.cached > p.limit) p.trim_to(p.limit);
}

Stats stats() {
    Pool& p = pool();
    const std::lock_guard lock(p.mutex);
    return {p.used, p.cached, p.limit};
}

void set_limit(std::size_t bytes) {
    Pool& p = pool();
    const std::lock_guard lock(p.mutex);
    p.limit = bytes;
    p.trim_to(bytes);
}

void trim() noexcept {
    Pool& p = pool();
    const std::lock_guard lock(p.mutex);
    p.trim_to(0);
}

void init() {
    pool();
}

}  // namespace pool

std::size_t checked_bytes(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) throw std::bad_alloc();
    return bytes;
}

}  // namespace fastnn

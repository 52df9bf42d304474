#include "core/machine.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace fastnn {
namespace {

constexpr Machine kFallback{kNominalL1, {512 << 10, 64, 8}, {32 << 20, 64, 16}};

// The first word of a file, "" where there is none.
std::string word(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    file >> text;
    return text;
}

// "32K", "1024K", "8M" or "64" as a number; 0 where it is none.
dim_t number(const std::string& text) {
    dim_t value = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            value = std::min<dim_t>(value * 10 + (c - '0'), dim_t{1} << 40);
        } else if (c == 'K') {
            return value << 10;
        } else if (c == 'M') {
            return value << 20;
        } else {
            return 0;
        }
    }
    return value;
}

// What the system says, or `other` where it says nothing that could be true.
Cache checked(const Cache& read, const Cache& other) {
    if (read.bytes <= 0) return other;
    Cache cache = read;
    if (cache.line < 16 || cache.line > 1024) cache.line = other.line;
    if (cache.ways <= 0 || cache.ways * cache.line > cache.bytes) cache.ways = other.ways;
    return cache;
}

#ifdef _SC_LEVEL1_DCACHE_SIZE
Machine from_sysconf() {
    return {{sysconf(_SC_LEVEL1_DCACHE_SIZE), sysconf(_SC_LEVEL1_DCACHE_LINESIZE),
             sysconf(_SC_LEVEL1_DCACHE_ASSOC)},
            {sysconf(_SC_LEVEL2_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_LINESIZE),
             sysconf(_SC_LEVEL2_CACHE_ASSOC)},
            {sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL3_CACHE_LINESIZE),
             sysconf(_SC_LEVEL3_CACHE_ASSOC)}};
}
#endif

}  // namespace

Machine read_machine(const std::string& root) {
    Machine m{};
    // /sys before sysconf, which on some machines gives the sum over all sockets' last levels.
    for (int i = 0; i < 8; ++i) {
        const std::string folder =
            root + "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
        const std::string type = word(folder + "type");
        if (type != "Data" && type != "Unified") continue;
        const Cache cache{number(word(folder + "size")),
                          number(word(folder + "coherency_line_size")),
                          number(word(folder + "ways_of_associativity"))};
        const dim_t level = number(word(folder + "level"));
        if (level == 1) m.l1 = cache;
        if (level == 2) m.l2 = cache;
        if (level > 2 && cache.bytes > m.last.bytes) m.last = cache;
    }
#ifdef _SC_LEVEL1_DCACHE_SIZE
    if (root.empty() && m.l1.bytes == 0) m = from_sysconf();
#endif
    if (m.last.bytes == 0 && m.l2.bytes > 0) m.last = m.l2;  // a core of two levels
    return {checked(m.l1, kFallback.l1), checked(m.l2, kFallback.l2),
            checked(m.last, kFallback.last)};
}

const Machine& machine() {
    static const Machine read = read_machine("");
    return read;
}

}  // namespace fastnn

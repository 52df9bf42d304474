#include "ops/index/index.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <string>
#include <type_traits>

#include "core/check.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/index/cost.h"
#include "ops/index/walk.h"

namespace fastnn::index {
namespace {

constexpr dim_t kBlockBytes = 1 << 18;  // of a copy, per chunk

[[noreturn, gnu::cold]] void refuse(const Place& where, const Ids& ids, const std::string& id) {
    if (where.argument == nullptr) {
        fail<IndexError>(where.op, ": index ", id, " is out of bounds for dimension ", where.dim,
                         " with size ", ids.size);
    }
    fail<IndexError>(where.op, ": ", where.argument, " must lie in [", ids.wraps ? -ids.size : 0,
                     ", ", ids.size, "), got ", id);
}

// Calls f(address) for the ids of a call, in C order, until it returns false.
template <class F>
bool each_id(const char* ids, int axes, const dim_t* extent, const dim_t* stride, const F& f) {
    if (axes == 0) return f(ids);
    if (stride[0] == 0) return extent[0] == 0 || each_id(ids, axes - 1, extent + 1, stride + 1, f);
    for (dim_t i = 0; i < extent[0]; ++i) {
        if (!each_id(ids + i * stride[0], axes - 1, extent + 1, stride + 1, f)) return false;
    }
    return true;
}

bool inside(std::int64_t id, const Ids& ids) {
    return id < ids.size && id >= (ids.wraps ? -ids.size : 0);
}

// Throws for the first id that is out of bounds.
void check(const Args& a) {
    std::int64_t wrong = 0;
    const auto read = [&](const char* at) {
        std::memcpy(&wrong, at, sizeof wrong);
        return inside(wrong, a.ids);
    };
    if (!each_id(a.ids.data, a.axes, a.extent, a.id_stride, read))
        refuse(a.where, a.ids, std::to_string(wrong));
}

void make_table(const Args& a) {
    if (a.initial_bytes == 0) return;
    const dim_t chunks = ceil_div(a.initial_bytes, kBlockBytes);
    parallel_for(chunks, cost::kByte * static_cast<double>(kBlockBytes), [&](dim_t c) {
        const dim_t at = c * kBlockBytes;
        const auto n = static_cast<std::size_t>(std::min(kBlockBytes, a.initial_bytes - at));
        if (a.initial == nullptr) {
            std::memset(a.table + at, 0, n);
        } else {
            std::memcpy(a.table + at, a.initial + at, n);
        }
    });
}

void run(const Args& a, Move move, bool orders, bool reverse) {
    const Walk walk(a, orders);
    if (walk.empty()) return make_table(a);
    if (a.check_first || a.ids.size == 0) check(a);
    make_table(a);
    Tile tile{};
    tile.table = a.table, tile.values = a.values, tile.ids = a.ids.data;
    tile.step = a.ids.step, tile.alpha = a.alpha;
    tile.size = static_cast<std::uint64_t>(a.ids.size);
    tile.wrap = a.ids.wraps ? a.ids.size : 0;
    walk.set_axes(tile);
    std::atomic<bool> ok{true};
    parallel_for(walk.chunks(), walk.chunk_ns(), [&](dim_t chunk) {
        bool all = true;
        walk.each_tile(chunk, tile, reverse, [&](const Tile& t) { all &= move(t); });
        if (!all) ok.store(false, std::memory_order_relaxed);
    });
    if (ok.load(std::memory_order_relaxed)) return;
    check(a);
    refuse(a.where, a.ids, "another one before it was changed");  // by another thread
}

int width(const Args& a) {
    return std::countr_zero(static_cast<unsigned>(a.bytes));
}

void take(const Args& a) {
    run(a, isa::table<Kernels>().take[width(a)], false, false);
}

void exchange(const Args& a) {
    run(a, isa::table<Kernels>().exchange[width(a)], true, true);
}

void put(const Args& a) {
    const Kernels& kernels = isa::table<Kernels>();
    const auto type = std::min<int>(static_cast<int>(a.dtype), kTypes - 1);
    switch (a.put) {
        case Put::set: return run(a, kernels.set[width(a)], true, false);
        case Put::add: return run(a, kernels.add[type], true, false);
        case Put::mul: return run(a, kernels.mul[type], true, false);
        case Put::amax: return run(a, kernels.amax[type], true, false);
        case Put::amin: return run(a, kernels.amin[type], true, false);
    }
}

Work work(const Args& a) {
    double n = 1;
    for (int i = 0; i < a.axes; ++i) n *= static_cast<double>(a.extent[i]);
    return {0, n * (2 * a.bytes + 8) + 2 * static_cast<double>(a.initial_bytes)};
}

static_assert(static_cast<int>(Dtype::f32) == 0 && static_cast<int>(Dtype::f64) == 1 &&
              static_cast<int>(Dtype::i64) == 2 && static_cast<int>(Dtype::i32) == 3);

// The ids of a row, the last axis; false for one that is out of bounds, which is left in `wrong`.
template <class T>
bool offsets_of_row(const OffsetArgs& a, const char* ids, std::int64_t* out, T& wrong) {
    const dim_t n = a.axes == 0 ? 1 : a.extent[a.axes - 1];
    const dim_t by = a.axes == 0 ? 0 : a.id_stride[a.axes - 1];
    const std::int64_t wrap = a.ids.wraps ? a.ids.size : 0;
    const auto size = static_cast<std::uint64_t>(a.ids.size);
    for (dim_t i = 0; i < n; ++i) {
        T given;
        std::memcpy(&given, ids + i * by, sizeof given);
        const auto id = static_cast<std::int64_t>(given);
        // One that is larger than any int64 is negative now, and no id from the end.
        const bool large = std::is_unsigned_v<T> && id < 0;
        const std::int64_t place = id < 0 ? id + wrap : id;
        if (large || static_cast<std::uint64_t>(place) >= size) {
            wrong = given;
            return false;
        }
        out[i] = (a.add ? out[i] : 0) + place * a.ids.step;
    }
    return true;
}

template <class T>
void offsets_of(const OffsetArgs& a) {
    dim_t rows = 1;
    for (int i = 0; i < a.axes - 1; ++i) rows *= a.extent[i];
    const dim_t n = a.axes == 0 ? 1 : a.extent[a.axes - 1];
    if (rows * n == 0) return;
    const auto row = [&](dim_t r, T& wrong) {
        const char* ids = a.ids.data;
        dim_t rest = r;
        for (int i = a.axes - 2; i >= 0; --i) {
            ids += rest % a.extent[i] * a.id_stride[i];
            rest /= a.extent[i];
        }
        return offsets_of_row<T>(a, ids, a.offsets + r * n, wrong);
    };
    const auto per_chunk = std::max<dim_t>(1, static_cast<dim_t>(kChunkNs / cost::kElement) / n);
    const dim_t chunks = ceil_div(rows, per_chunk);
    Scratch<T> wrong(static_cast<std::size_t>(chunks));
    T* const found = wrong;
    std::atomic<dim_t> first{chunks};  // chunk with an id that is out of bounds
    parallel_for(chunks, cost::kElement * static_cast<double>(per_chunk * n), [&](dim_t c) {
        for (dim_t r = c * per_chunk; r < std::min(rows, (c + 1) * per_chunk); ++r) {
            if (row(r, found[c])) continue;
            dim_t now = first.load();
            while (c < now && !first.compare_exchange_weak(now, c)) {
            }
            return;
        }
    });
    if (first.load() < chunks) refuse(a.where, a.ids, std::to_string(found[first.load()]));
}

void offsets(const OffsetArgs& a) {
    const bool is_unsigned = a.kind == 'u';
    switch (a.bytes) {
        case 1: return is_unsigned ? offsets_of<std::uint8_t>(a) : offsets_of<std::int8_t>(a);
        case 2: return is_unsigned ? offsets_of<std::uint16_t>(a) : offsets_of<std::int16_t>(a);
        case 4: return is_unsigned ? offsets_of<std::uint32_t>(a) : offsets_of<std::int32_t>(a);
        default: return is_unsigned ? offsets_of<std::uint64_t>(a) : offsets_of<std::int64_t>(a);
    }
}

Work offsets_work(const OffsetArgs& a) {
    double n = 1;
    for (int i = 0; i < a.axes; ++i) n *= static_cast<double>(a.extent[i]);
    return {0, n * (a.bytes + 8)};
}

}  // namespace

const Kernel<Args> kTake{"take", take, work}, kPut{"put", put, work},
    kExchange{"exchange", exchange, work};
const Kernel<OffsetArgs> kOffsets{"index_offsets", offsets, offsets_work};

}  // namespace fastnn::index

#include "ops/index/index.h"

#include <stdint.h>
#include <string.h>

#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using index::Tile;

struct Wide {  // 16 bytes
    uint64_t low, high;
};

// The offset of an id in the table; of one outside of its bounds 0, and `ok` becomes false.
FASTNN_INLINE dim_t offset(const Tile& t, const char* at, bool& ok) {
    int64_t id = *reinterpret_cast<const int64_t*>(at);
    id += (id >> 63) & t.wrap;
    const bool inside = static_cast<uint64_t>(id) < t.size;
    ok &= inside;
    return (inside ? id : 0) * t.step;
}

// Both are arrays of T, at least one of which is not in the other's way.
template <class T>
FASTNN_INLINE void copy_row(const char* __restrict x, char* __restrict y, dim_t n) {
    dim_t bytes = n * dim_t(sizeof(T));
    if (bytes > 2048) {
        memcpy(y, x, size_t(bytes));
    } else if (bytes >= 64) {
        for (dim_t i = 0; i + 64 <= bytes; i += 64) memcpy(y + i, x + i, 64);
        memcpy(y + bytes - 64, x + bytes - 64, 64);
    } else if (bytes >= 16) {
        for (dim_t i = 0; i + 16 <= bytes; i += 16) memcpy(y + i, x + i, 16);
        memcpy(y + bytes - 16, x + bytes - 16, 16);
    } else {
        for (dim_t i = 0; i < n; ++i) reinterpret_cast<T*>(y)[i] = reinterpret_cast<const T*>(x)[i];
    }
}

// What happens to an element of the table and a value.

template <class T>
struct Take {
    using Type = T;
    static constexpr bool reverse = false;
    FASTNN_INLINE explicit Take(const Tile&) {}
    FASTNN_INLINE void element(T& table, T& value) const { value = table; }
    FASTNN_INLINE void row(char* table, char* values, dim_t n) const {
        copy_row<T>(table, values, n);
    }
};

template <class T>
struct Set {
    using Type = T;
    static constexpr bool reverse = false;
    FASTNN_INLINE explicit Set(const Tile&) {}
    FASTNN_INLINE void element(T& table, T& value) const { table = value; }
    FASTNN_INLINE void row(char* table, char* values, dim_t n) const {
        copy_row<T>(values, table, n);
    }
};

template <class T>
struct Exchange {
    using Type = T;
    static constexpr bool reverse = true;
    FASTNN_INLINE explicit Exchange(const Tile&) {}
    FASTNN_INLINE void element(T& table, T& value) const {
        value = table;
        table = T{};
    }
    FASTNN_INLINE void row(char* table, char* values, dim_t n) const {
        copy_row<T>(table, values, n);
        memset(table, 0, size_t(n) * sizeof(T));
    }
};

template <class T, class Formula>
struct Combine {
    using Type = T;
    static constexpr bool reverse = false;
    T alpha;
    FASTNN_INLINE explicit Combine(const Tile& t) {
        if constexpr (T(0.5) != T(0)) {
            alpha = T(t.alpha);
        } else {
            alpha = T(int64_t(t.alpha));
        }
    }
    FASTNN_INLINE void element(T& table, T& value) const {
        table = Formula::apply(table, value, alpha);
    }
    FASTNN_INLINE void row(char* table, char* values, dim_t n) const {
        T* __restrict y = reinterpret_cast<T*>(table);
        const T* __restrict x = reinterpret_cast<const T*>(values);
        const T a = alpha;
        for (dim_t i = 0; i < n; ++i) y[i] = Formula::apply(y[i], x[i], a);
    }
};

// Integers wrap around: these two take them as unsigned.
struct Add {
    template <class T>
    static FASTNN_INLINE T apply(T y, T x, T alpha) {
        return y + alpha * x;
    }
};
struct Mul {
    template <class T>
    static FASTNN_INLINE T apply(T y, T x, T) {
        return y * x;
    }
};
// NaN stays, whichever of the two it is.
struct Amax {
    template <class T>
    static FASTNN_INLINE T apply(T y, T x, T) {
        return y > x || y != y ? y : x;
    }
};
struct Amin {
    template <class T>
    static FASTNN_INLINE T apply(T y, T x, T) {
        return y < x || y != y ? y : x;
    }
};

// A line of elements, each with an id of its own.
template <class F, bool dense>
FASTNN_INLINE bool line(const F& f, const Tile& t, char* table, char* values, const char* ids) {
    using T = typename F::Type;
    const dim_t n = t.extent[0], by_table = dense ? 0 : t.table_stride[0],
                by_value = dense ? dim_t(sizeof(T)) : t.value_stride[0],
                by_id = dense ? dim_t(sizeof(int64_t)) : t.id_stride[0];
    bool ok = true;
    for (dim_t k = 0; k < n; ++k) {
        const dim_t i = F::reverse ? n - 1 - k : k;
        f.element(*reinterpret_cast<T*>(table + i * by_table + offset(t, ids + i * by_id, ok)),
                  *reinterpret_cast<T*>(values + i * by_value));
    }
    return ok;
}

// Lines that have the same ids: these are looked at once, in blocks.
template <class F, bool dense>
FASTNN_INLINE bool lines(const F& f, const Tile& t) {
    using T = typename F::Type;
    constexpr dim_t block = 256;
    const dim_t by_value = dense ? dim_t(sizeof(T)) : t.value_stride[0];
    const dim_t blocks = (t.extent[0] + block - 1) / block;
    dim_t at[block];
    bool ok = true;
    for (dim_t b = 0; b < blocks; ++b) {
        const dim_t begin = (F::reverse ? blocks - 1 - b : b) * block;
        const dim_t n = t.extent[0] - begin < block ? t.extent[0] - begin : block;
        for (dim_t i = 0; i < n; ++i) {
            at[i] = offset(t, t.ids + (begin + i) * t.id_stride[0], ok) +
                    (begin + i) * t.table_stride[0];
        }
        for (dim_t j = 0; j < t.extent[1]; ++j) {
            char* const table = t.table + j * t.table_stride[1];
            char* const values = t.values + j * t.value_stride[1] + begin * by_value;
            for (dim_t k = 0; k < n; ++k) {
                const dim_t i = F::reverse ? n - 1 - k : k;
                f.element(*reinterpret_cast<T*>(table + at[i]),
                          *reinterpret_cast<T*>(values + i * by_value));
            }
        }
    }
    return ok;
}

// A row of elements that share an id.
template <class F>
FASTNN_INLINE void row(const F& f, const Tile& t, char* table, char* values) {
    using T = typename F::Type;
    const dim_t n = t.extent[0], by_table = t.table_stride[0], by_value = t.value_stride[0];
    if (by_table == dim_t(sizeof(T)) && by_value == dim_t(sizeof(T)))
        return f.row(table, values, n);
    for (dim_t i = 0; i < n; ++i) {
        f.element(*reinterpret_cast<T*>(table + i * by_table),
                  *reinterpret_cast<T*>(values + i * by_value));
    }
}

template <class F>
bool tile(const Tile& t) {
    using T = typename F::Type;
    const F f(t);
    const bool rows = t.id_stride[0] == 0;
    const bool dense = t.table_stride[0] == 0 && t.value_stride[0] == dim_t(sizeof(T)) &&
                       t.id_stride[0] == dim_t(sizeof(int64_t));
    if (!rows && t.id_stride[1] == 0 && t.table_stride[1] != 0 && t.extent[1] > 1) {
        return t.value_stride[0] == dim_t(sizeof(T)) ? lines<F, true>(f, t) : lines<F, false>(f, t);
    }
    bool ok = true;
    for (dim_t k = 0; k < t.extent[1]; ++k) {
        const dim_t j = F::reverse ? t.extent[1] - 1 - k : k;
        char* const table = t.table + j * t.table_stride[1];
        char* const values = t.values + j * t.value_stride[1];
        const char* const ids = t.ids + j * t.id_stride[1];
        if (rows) {
            row(f, t, table + offset(t, ids, ok), values);
        } else if (dense) {
            ok &= line<F, true>(f, t, table, values, ids);
        } else {
            ok &= line<F, false>(f, t, table, values, ids);
        }
    }
    return ok;
}

constexpr index::Kernels kTable{
    {tile<Take<uint8_t>>, tile<Take<uint16_t>>, tile<Take<uint32_t>>, tile<Take<uint64_t>>,
     tile<Take<Wide>>},
    {tile<Set<uint8_t>>, tile<Set<uint16_t>>, tile<Set<uint32_t>>, tile<Set<uint64_t>>,
     tile<Set<Wide>>},
    {tile<Exchange<uint8_t>>, tile<Exchange<uint16_t>>, tile<Exchange<uint32_t>>,
     tile<Exchange<uint64_t>>, tile<Exchange<Wide>>},
    {tile<Combine<float, Add>>, tile<Combine<double, Add>>, tile<Combine<uint64_t, Add>>,
     tile<Combine<uint32_t, Add>>},
    {tile<Combine<float, Mul>>, tile<Combine<double, Mul>>, tile<Combine<uint64_t, Mul>>,
     tile<Combine<uint32_t, Mul>>},
    {tile<Combine<float, Amax>>, tile<Combine<double, Amax>>, tile<Combine<int64_t, Amax>>,
     tile<Combine<int32_t, Amax>>},
    {tile<Combine<float, Amin>>, tile<Combine<double, Amin>>, tile<Combine<int64_t, Amin>>,
     tile<Combine<int32_t, Amin>>},
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(index::Kernels, kTable)

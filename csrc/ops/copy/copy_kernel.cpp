#include "ops/copy/copy.h"

#include "simd/nt_store.h"
#include "simd/rows.h"
#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

using copy::Turned;

// Rows of elements of size T as registers, which hold elements of less than 4 bytes in 16.
template <class T>
struct Lanes {
    typedef T R __attribute__((vector_size(16)));
};
template <>
struct Lanes<float> {
    using R = Vec<float>::Reg;
};
template <>
struct Lanes<double> {
    using R = Vec<double>::Reg;
};

template <class T>
constexpr dim_t kLine = 64 / dim_t(sizeof(T));  // elements of a cache line

template <class T>
FASTNN_INLINE const T* x_row(const Turned& t, dim_t i) {
    return reinterpret_cast<const T*>(t.x + t.x_at[i]);
}
template <class T>
FASTNN_INLINE T* y_row(const Turned& t, dim_t j) {
    return reinterpret_cast<T*>(t.y + t.y_at[j]);
}

// What whole registers leave.
template <class T>
void turn_edge(const Turned& t, dim_t first_row, dim_t first_column) {
    for (dim_t i = 0; i < t.rows; ++i) {
        for (dim_t j = i < first_row ? first_column : 0; j < t.columns; ++j)
            move_one<T>(t.x + t.x_at[i] + j * dim_t(sizeof(T)),
                        t.y + t.y_at[j] + i * dim_t(sizeof(T)));
    }
}

// rows rows into one, whose columns have no gaps between them.
template <class T, int rows>
void interleave_rows(const Turned& t) {
    using R = typename Lanes<T>::R;
    constexpr dim_t W = sizeof(R) / sizeof(T);
    char* y = t.y + t.y_at[0];
    dim_t j = 0;
    for (; j + W <= t.columns; j += W) {
        R r[rows], z[rows];
#pragma GCC unroll 4
        for (int q = 0; q < rows; ++q) __builtin_memcpy(&r[q], x_row<T>(t, q) + j, sizeof(R));
        interleave(r, z);
#pragma GCC unroll 4
        for (int q = 0; q < rows; ++q, y += sizeof(R)) __builtin_memcpy(y, &z[q], sizeof(R));
    }
    for (; j < t.columns; ++j) {
        for (int q = 0; q < rows; ++q, y += sizeof(T))
            move_one<T>(t.x + t.x_at[q] + j * dim_t(sizeof(T)), y);
    }
}

template <class T, int columns>
void part_columns(const Turned& t) {
    using R = typename Lanes<T>::R;
    constexpr dim_t W = sizeof(R) / sizeof(T);
    const char* x = t.x + t.x_at[0];
    dim_t i = 0;
    for (; i + W <= t.rows; i += W) {
        R r[columns], z[columns];
#pragma GCC unroll 4
        for (int q = 0; q < columns; ++q, x += sizeof(R)) __builtin_memcpy(&r[q], x, sizeof(R));
        part(r, z);
#pragma GCC unroll 4
        for (int q = 0; q < columns; ++q) __builtin_memcpy(y_row<T>(t, q) + i, &z[q], sizeof(R));
    }
    for (; i < t.rows; ++i) {
        for (int q = 0; q < columns; ++q, x += sizeof(T))
            move_one<T>(x, t.y + t.y_at[q] + i * dim_t(sizeof(T)));
    }
}

template <class T>
void interleave_any(const Turned& t) {
    switch (t.rows) {
        case 2: return interleave_rows<T, 2>(t);
        case 3: return interleave_rows<T, 3>(t);
        default: return interleave_rows<T, 4>(t);
    }
}

template <class T>
void part_any(const Turned& t) {
    switch (t.columns) {
        case 2: return part_columns<T, 2>(t);
        case 3: return part_columns<T, 3>(t);
        default: return part_columns<T, 4>(t);
    }
}

// What blocks of whole_rows and whole_columns leave.
template <class T>
FASTNN_INLINE void transpose_rest(const Turned& t, dim_t whole_rows, dim_t whole_columns) {
    const auto rest = [&](dim_t i, dim_t rows, dim_t j, dim_t columns) {
        transpose_rows<T>(
            [&](dim_t k) __attribute__((always_inline)) { return x_row<T>(t, i + k) + j; }, rows,
            columns, [&](dim_t k) __attribute__((always_inline)) { return y_row<T>(t, j + k) + i; },
            rows);
    };
    rest(0, whole_rows, whole_columns, t.columns - whole_columns);
    rest(whole_rows, t.rows - whole_rows, 0, t.columns);
}

// Strips of `height` rows, one register of columns after the other.
template <class T, dim_t height>
void transpose_strips(const Turned& turned) {
    using V = Vec<T>;
    const Turned t = turned;  // a copy that no store can reach
    constexpr dim_t W = V::width;
    const dim_t whole_rows = t.rows / height * height, whole_columns = t.columns / W * W;
    for (dim_t i = 0; i < whole_rows; i += height) {
        for (dim_t j = 0; j < whole_columns; j += W) {
            for (dim_t p = i; p < i + height; p += W) {
                V r[W];
#pragma GCC unroll 16
                for (int k = 0; k < W; ++k) r[k] = V::load(x_row<T>(t, p + k) + j);
                transpose(r);
#pragma GCC unroll 16
                for (int k = 0; k < W; ++k) r[k].store(y_row<T>(t, j + k) + p);
            }
        }
    }
    transpose_rest<T>(t, whole_rows, whole_columns);
}

// A block of whole lines of x and of y, each of which is touched once. Meanwhile the lines of the
// next block are fetched, which lie in more places than the hardware follows.
template <class T, bool bypass>
FASTNN_INLINE void transpose_block(const Turned& t, dim_t i, dim_t j, dim_t next_i, dim_t next_j) {
    using V = Vec<T>;
    constexpr dim_t W = V::width, L = kLine<T>;
    const auto store = [](V v, T* y)
                           __attribute__((always_inline)) { bypass ? nt_store(v, y) : v.store(y); };
    alignas(64) T lines[L * L];
    for (dim_t p = 0; p < L; p += W) {
        for (dim_t q = 0; q < L; q += W) {
            V r[W];
#pragma GCC unroll 16
            for (int k = 0; k < W; ++k) r[k] = V::load(x_row<T>(t, i + p + k) + j + q);
            transpose(r);
#pragma GCC unroll 16
            for (int k = 0; k < W; ++k) {
                if constexpr (W == L) {
                    store(r[k], y_row<T>(t, j + k) + i);
                } else {
                    r[k].store(lines + (q + k) * L + p);
                }
            }
        }
        if constexpr (W == L) return;
#pragma GCC unroll 16
        for (int k = 0; k < W; ++k) {
            __builtin_prefetch(x_row<T>(t, next_i + p + k) + next_j, 0, 2);
            if (!bypass) __builtin_prefetch(y_row<T>(t, next_j + p + k) + next_i, 1, 2);
        }
    }
    for (dim_t k = 0; k < L; ++k) {
        T* const y = y_row<T>(t, j + k) + i;
#pragma GCC unroll 4
        for (dim_t p = 0; p < L; p += W) store(V::load(lines + k * L + p), y + p);
    }
}

template <class T, bool bypass>
void transpose_blocks(const Turned& turned) {
    const Turned t = turned;  // a copy that no store can reach
    constexpr dim_t L = kLine<T>;
    const dim_t whole_rows = t.rows / L * L, whole_columns = t.columns / L * L;
    for (dim_t i = 0; i < whole_rows; i += L) {
        const dim_t below = i + L == whole_rows ? i : i + L;
        for (dim_t j = 0; j < whole_columns; j += L) {
            const bool last = j + L == whole_columns;
            transpose_block<T, bypass>(t, i, j, last ? below : i, last ? 0 : j + L);
        }
    }
    if (bypass) nt_fence();
    transpose_rest<T>(t, whole_rows, whole_columns);
}

template <class T>
void transpose_tile(const Turned& t) {
    switch (t.tiling) {
        case copy::Tiling::registers: return transpose_strips<T, Vec<T>::width>(t);
        case copy::Tiling::lines: return transpose_strips<T, kLine<T>>(t);
        case copy::Tiling::packed: return transpose_blocks<T, false>(t);
        case copy::Tiling::bypassing: return transpose_blocks<T, true>(t);
    }
}

// Elements of one or two bytes.
template <class T>
void transpose_small(const Turned& t) {
    using R = typename Lanes<T>::R;
    constexpr dim_t W = sizeof(R) / sizeof(T);
    const dim_t whole_rows = t.rows / W * W, whole_columns = t.columns / W * W;
    for (dim_t i = 0; i < whole_rows; i += W) {
        for (dim_t j = 0; j < whole_columns; j += W) {
            R r[W];
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) __builtin_memcpy(&r[q], x_row<T>(t, i + q) + j, sizeof(R));
            transpose(r);
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) __builtin_memcpy(y_row<T>(t, j + q) + i, &r[q], sizeof(R));
        }
    }
    turn_edge<T>(t, whole_rows, whole_columns);
}

constexpr copy::Kernels kTable{
    {rows<uint8_t>, rows<uint16_t>, rows<uint32_t>, rows<uint64_t>, rows<Pair>},
    {transpose_small<uint8_t>, transpose_small<uint16_t>, transpose_tile<float>,
     transpose_tile<double>, nullptr},
    {interleave_any<uint8_t>, interleave_any<uint16_t>, interleave_any<float>,
     interleave_any<double>, nullptr},
    {part_any<uint8_t>, part_any<uint16_t>, part_any<float>, part_any<double>, nullptr}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(copy::Kernels, kTable)

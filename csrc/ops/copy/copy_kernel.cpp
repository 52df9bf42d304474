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
        for (int q = 0; q < rows; ++q) __builtin_memcpy(&r[q], x_row<T>(t, q) + j, sizeof(R));
        interleave(r, z);
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
        for (int q = 0; q < columns; ++q, x += sizeof(R)) __builtin_memcpy(&r[q], x, sizeof(R));
        part(r, z);
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

// Blocks of W columns of W rows, so that every register of y is stored whole.
template <class T>
void transpose_bypassing(const Turned& turned) {
    const Turned t = turned;  // a copy that no store can reach
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    const dim_t whole_rows = t.rows / W * W, whole_columns = t.columns / W * W;
    for (dim_t j = 0; j < whole_columns; j += W) {
        for (dim_t i = 0; i < whole_rows; i += W) {
            V r[W];
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) r[q] = V::load(x_row<T>(t, i + q) + j);
            transpose(r);
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) nt_store(r[q], y_row<T>(t, j + q) + i);
        }
    }
    nt_fence();
    turn_edge<T>(t, whole_rows, whole_columns);
}

template <class T>
void transpose_tile(const Turned& turned) {
    if (turned.bypass) return transpose_bypassing<T>(turned);
    const Turned t = turned;  // a copy that no store can reach
    transpose_rows<T>(
        [&](dim_t i) __attribute__((always_inline)) { return x_row<T>(t, i); }, t.rows, t.columns,
        [&](dim_t j) __attribute__((always_inline)) { return y_row<T>(t, j); }, t.rows);
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
            for (int q = 0; q < W; ++q) __builtin_memcpy(&r[q], x_row<T>(t, i + q) + j, sizeof(R));
            transpose(r);
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

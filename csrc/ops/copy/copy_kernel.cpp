#include "ops/copy/copy.h"

#include <string.h>

#include "simd/nt_store.h"
#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

struct alignas(16) Pair {
    uint64_t low, high;
};

// x and y may have any alignment: memcpy of a known size is one load and one store.
template <class T>
FASTNN_INLINE void move_one(const char* x, char* y) {
    T value;
    __builtin_memcpy(&value, x, sizeof value);
    __builtin_memcpy(y, &value, sizeof value);
}

// n elements of a row; short rows are moved by few instructions, of which the last may overlap.
template <class T>
FASTNN_INLINE void dense_rows(const char* x, dim_t x_row, char* y, dim_t y_row, dim_t m, dim_t n) {
    const dim_t bytes = n * dim_t(sizeof(T));
    const auto rows = [&](auto move) __attribute__((always_inline)) {
        for (dim_t j = 0; j < m; ++j) move(x + j * x_row, y + j * y_row);
    };
    if (bytes > 256) {
        rows([=](const char* from, char* to) { memcpy(to, from, size_t(bytes)); });
    } else if (bytes >= 16) {
        rows([=](const char* from, char* to) {
            for (dim_t i = 0; i < bytes - 16; i += 16) move_one<Pair>(from + i, to + i);
            move_one<Pair>(from + bytes - 16, to + bytes - 16);
        });
    } else if (bytes >= 8) {
        rows([=](const char* from, char* to) {
            move_one<uint64_t>(from, to);
            move_one<uint64_t>(from + bytes - 8, to + bytes - 8);
        });
    } else {
        rows([=](const char* from, char* to) {
            for (dim_t i = 0; i < n; ++i)
                move_one<T>(from + i * dim_t(sizeof(T)), to + i * dim_t(sizeof(T)));
        });
    }
}

template <class T>
FASTNN_INLINE void row(const char* x, dim_t x_step, char* y, dim_t y_step, dim_t n) {
    constexpr dim_t size = sizeof(T);
    if (y_step == size && x_step == 0) {
        if (n == 0) return;
        T value;
        __builtin_memcpy(&value, x, sizeof value);
        for (dim_t i = 0; i < n; ++i) __builtin_memcpy(y + i * size, &value, sizeof value);
    } else if (y_step == size && x_step == -size) {
        for (dim_t i = 0; i < n; ++i) move_one<T>(x - i * size, y + i * size);
    } else if (y_step == size && x_step == 2 * size) {
        for (dim_t i = 0; i < n; ++i) move_one<T>(x + i * 2 * size, y + i * size);
    } else {
        for (dim_t i = 0; i < n; ++i) move_one<T>(x + i * x_step, y + i * y_step);
    }
}

template <class T>
void rows(const char* x, dim_t x_row, dim_t x_step, char* y, dim_t y_row, dim_t y_step, dim_t m,
          dim_t n) {
    if (x_step == sizeof(T) && y_step == sizeof(T)) {
        dense_rows<T>(x, x_row, y, y_row, m, n);
        return;
    }
    for (dim_t j = 0; j < m; ++j) row<T>(x + j * x_row, x_step, y + j * y_row, y_step, n);
}

// Up to 4 rows, as the colours of an image: a transpose of registers would move mostly zeros.
template <class T, int rows>
void interleave(const char* x, dim_t x_row, dim_t columns, char* y, dim_t y_row) {
    for (dim_t j = 0; j < columns; ++j) {
#pragma GCC unroll 4
        for (int i = 0; i < rows; ++i)
            move_one<T>(x + i * x_row + j * dim_t(sizeof(T)), y + j * y_row + i * dim_t(sizeof(T)));
    }
}

// Blocks of W columns of W rows, so that every register of y is stored whole.
template <class T>
void transpose_bypassing(const T* x, dim_t x_row, dim_t rows, dim_t columns, T* y, dim_t y_row) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    const dim_t whole_rows = rows / W * W, whole_columns = columns / W * W;
    for (dim_t j = 0; j < whole_columns; j += W) {
        for (dim_t i = 0; i < whole_rows; i += W) {
            V r[W];
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) r[q] = V::load(x + (i + q) * x_row + j);
            transpose(r);
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) nt_store(r[q], y + (j + q) * y_row + i);
        }
    }
    nt_fence();
    if (rows > whole_rows) {
        transpose_block(x + whole_rows * x_row, x_row, rows - whole_rows, whole_columns,
                        y + whole_rows, y_row, rows - whole_rows);
    }
    if (columns > whole_columns) {
        transpose_block(x + whole_columns, x_row, rows, columns - whole_columns,
                        y + whole_columns * y_row, y_row, rows);
    }
}

template <class T>
void transpose_tile(const char* x, dim_t x_row, dim_t rows, dim_t columns, char* y, dim_t y_row,
                    bool bypass) {
    constexpr dim_t size = sizeof(T);
    switch (rows) {
        case 1: return interleave<T, 1>(x, x_row, columns, y, y_row);
        case 2: return interleave<T, 2>(x, x_row, columns, y, y_row);
        case 3: return interleave<T, 3>(x, x_row, columns, y, y_row);
        case 4: return interleave<T, 4>(x, x_row, columns, y, y_row);
        default: break;
    }
    const T* const from = reinterpret_cast<const T*>(x);
    T* const to = reinterpret_cast<T*>(y);
    if (bypass) {
        transpose_bypassing(from, x_row / size, rows, columns, to, y_row / size);
    } else {
        transpose_block(from, x_row / size, rows, columns, to, y_row / size, rows);
    }
}

// Elements of one or two bytes, in blocks of registers of 16 bytes.
template <class T>
void transpose_small(const char* x, dim_t x_row, dim_t rows, dim_t columns, char* y, dim_t y_row,
                     bool) {
    typedef T R __attribute__((vector_size(16)));
    constexpr dim_t size = sizeof(T), W = 16 / size;
    dim_t i = 0;
    for (; i + W <= rows; i += W) {
        dim_t j = 0;
        for (; j + W <= columns; j += W) {
            R r[W];
            for (int q = 0; q < W; ++q)
                __builtin_memcpy(&r[q], x + (i + q) * x_row + j * size, sizeof(R));
            transpose(r);
            for (int q = 0; q < W; ++q)
                __builtin_memcpy(y + (j + q) * y_row + i * size, &r[q], sizeof(R));
        }
        for (; j < columns; ++j)
            row<T>(x + i * x_row + j * size, x_row, y + j * y_row + i * size, size, W);
    }
    for (dim_t j = 0; j < columns && i < rows; ++j)
        row<T>(x + i * x_row + j * size, x_row, y + j * y_row + i * size, size, rows - i);
}

constexpr copy::Kernels kTable{
    {rows<uint8_t>, rows<uint16_t>, rows<uint32_t>, rows<uint64_t>, rows<Pair>},
    {transpose_small<uint8_t>, transpose_small<uint16_t>, transpose_tile<float>,
     transpose_tile<double>, nullptr}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(copy::Kernels, kTable)

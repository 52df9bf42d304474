// Rows of elements of one type moved between any two strides, bit for bit.
#pragma once

#include <string.h>

#include "vec.h"

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

}  // namespace
}  // namespace fastnn::FASTNN_ISA

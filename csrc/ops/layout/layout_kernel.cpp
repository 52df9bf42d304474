#include "ops/layout/layout.h"

#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

// Up to 4 rows, as the colours of an image: a transpose of registers would move mostly zeros.
template <class T, int rows>
void interleave(const T* x, dim_t x_row, dim_t columns, T* y) {
    for (dim_t j = 0; j < columns; ++j, y += rows) {
#pragma GCC unroll 4
        for (int i = 0; i < rows; ++i) y[i] = x[i * x_row + j];
    }
}

template <class T>
void channels_last(const T* x, dim_t x_row, dim_t rows, dim_t columns, T* y) {
    switch (rows) {
        case 1: return interleave<T, 1>(x, x_row, columns, y);
        case 2: return interleave<T, 2>(x, x_row, columns, y);
        case 3: return interleave<T, 3>(x, x_row, columns, y);
        case 4: return interleave<T, 4>(x, x_row, columns, y);
        default: transpose_block(x, x_row, rows, columns, y, rows, rows);
    }
}

constexpr layout::Kernels kTable{channels_last<float>, channels_last<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(layout::Kernels, kTable)

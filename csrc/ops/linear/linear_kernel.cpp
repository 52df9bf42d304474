#include "ops/linear/linear.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

// N vectors of neighbouring columns; the last one holds `last` elements.
template <int N, class T>
void sum_columns(const T* x, dim_t x_row, dim_t rows, dim_t last, T* sums) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    V total[N];
    for (dim_t i = 0; i < rows; ++i, x += x_row) {
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) total[v] += V::load(x + v * W, v == N - 1 ? last : W);
    }
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) total[v].store(sums + v * W, v == N - 1 ? last : W);
}

template <class T>
void sum_rows(const T* x, dim_t x_row, dim_t rows, dim_t cols, T* sums) {
    constexpr dim_t W = Vec<T>::width;
    dim_t j = 0;
    for (; j + 4 * W <= cols; j += 4 * W) sum_columns<4>(x + j, x_row, rows, W, sums + j);
    for (; j < cols; j += W)
        sum_columns<1>(x + j, x_row, rows, cols - j < W ? cols - j : W, sums + j);
}

template <class T>
constexpr linear::TypedKernels<T> kTable{sum_rows<T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(linear::TypedKernels<float>, kTable<float>)
FASTNN_KERNELS(linear::TypedKernels<double>, kTable<double>)

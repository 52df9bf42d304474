// Cells whose units are independent, and other loops over the rows of a step.
#include "ops/rnn/cells/elman.h"
#include "ops/rnn/cells/gru.h"
#include "ops/rnn/cells/lstm.h"

namespace fastnn::FASTNN_ISA {
namespace {

// All parts in one loop: with only two sums, each addition would wait for the one before.
template <class T, int Parts>
void one_row(const rnn::OneRow<T>& s) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    constexpr dim_t ahead = 1024 / sizeof(T);
    V acc[Parts][2];
    const T* b = s.b;
    for (dim_t k = 0; k < s.depth; ++k, b += s.row) {
        const V x(s.a[k]);
#pragma GCC unroll 4
        for (int p = 0; p < Parts; ++p) {
#pragma GCC unroll 2
            for (int v = 0; v < 2; ++v) {
                __builtin_prefetch(b + p * s.part + v * W + ahead);
                acc[p][v] = fma(x, V::load(b + p * s.part + v * W), acc[p][v]);
            }
        }
    }
#pragma GCC unroll 4
    for (int p = 0; p < Parts; ++p) {
        for (int v = 0; v < 2; ++v) {
            V sum = acc[p][v];
            if (s.beta[p] != T(0)) sum = fma(V(s.beta[p]), V::load(s.c[p] + v * W), sum);
            if (s.bias[p] != nullptr) sum += V::load(s.bias[p] + v * W);
            sum.store(s.c[p] + v * W);
        }
    }
}

template <class T>
void one_row_of_parts(const rnn::OneRow<T>& s) {
    s.parts == 4 ? one_row<T, 4>(s) : one_row<T, 3>(s);
}

template <class Cell, class T>
void forward(const rnn::ForwardStep<T>& s) {
    for (dim_t i = 0; i < s.rows; ++i) {
        const ForwardRow<T> row(s, i);
        T *const h_row = optional_row_at(s.h, i), *const next = row_at(s.next, i);
        const T* const mask = optional_row_at(s.mask, i);
        for_units<T>(s.units, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            Vec<T> h = Cell::forward(row, j, load, store);
            if (h_row != nullptr) store(h_row + j, h);
            if (mask != nullptr) h *= load(mask + j);
            store(next + j, h);
        });
    }
}

template <class Cell, class T>
void backward(const rnn::BackwardStep<T>& s) {
    for (dim_t i = 0; i < s.rows; ++i) {
        const BackwardRow<T> row(s, i);
        const StateGradient<T> dh(s, i);
        for_units<T>(s.units, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            const Vec<T> past = Cell::backward(row, j, dh(j, load), load, store);
            if (dh.carry != nullptr) store(dh.carry + j, past);
        });
    }
}

// In blocks, so that the rounding error of a long sum stays small.
template <class T>
void column_sums(const T* x, dim_t row, dim_t rows, dim_t cols, T* out) {
    using V = Vec<T>;
    constexpr dim_t block = 128;
    for_units<T>(cols, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
        V total;
        for (dim_t i = 0; i < rows;) {
            V sum;
            for (const dim_t end = i + block < rows ? i + block : rows; i < end; ++i)
                sum += load(x + i * row + j);
            total += sum;
        }
        store(out + j, total);
    });
}

template <class T>
void gather(const rnn::BackwardStep<T>& s) {
    for (dim_t i = 0; i < s.rows; ++i) {
        const StateGradient<T> dh(s, i);
        T *const dgates = row_at(s.dgates, i), *const next = row_at(s.next, i);
        for_units<T>(s.units, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            const Vec<T> sum = dh(j, load);
            store(dh.carry + j, Vec<T>());
            store(dgates + j, sum);
            store(next + j, sum);
        });
    }
}

template <bool add, class T>
void times(rnn::RowView<const T> x, rnn::RowView<const T> mask, rnn::RowView<T> y, dim_t rows,
           dim_t cols) {
    for (dim_t i = 0; i < rows; ++i) {
        const T *const from = row_at(x, i), *const by = optional_row_at(mask, i);
        T* const to = row_at(y, i);
        for_units<T>(cols, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            Vec<T> product = load(from + j);
            if (!add || by != nullptr) product *= load(by + j);
            if (add) product += load(to + j);
            store(to + j, product);
        });
    }
}

template <class T>
constexpr rnn::TypedKernels<T> kTable{
    one_row_of_parts<T>,
    {forward<Elman<Tanh>, T>, forward<Elman<Relu>, T>, forward<Lstm, T>, forward<Gru, T>},
    {backward<Elman<Tanh>, T>, backward<Elman<Relu>, T>, backward<Lstm, T>, backward<Gru, T>},
    column_sums<T>,
    gather<T>,
    times<false, T>,
    times<true, T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(rnn::TypedKernels<float>, kTable<float>)
FASTNN_KERNELS(rnn::TypedKernels<double>, kTable<double>)

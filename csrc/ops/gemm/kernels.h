// The arithmetic of matrix products, once per instruction set: what gemm.cpp builds on.
#pragma once

#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"

namespace fastnn::gemm {

// Sizes that the driver must know. A micro-kernel keeps an mr x nr tile of C in registers.
struct Blocking {
    dim_t width;     // of a vector, in elements
    dim_t mr, nr;    // nr is a multiple of width
    dim_t kc;        // longest block of k: L1 holds mr x kc of A while kc x nr of B streams through
    dim_t dot_rows;  // rows of A per call of the dot kernel
    double flops_per_ns;  // of one thread, for the cost model
};

// c[i, j] = epilogue(alpha * sum_k a[i, k] b[k, j] + beta * c[i, j]), for 0 <= i < m, 0 <= j < n.
// A: element (i, k) at a[i * a_row + k * a_k], where a_k = 1 (rows) or a_row = 1 (columns); or
// packed in panels: rows in balanced groups of at most mr, group i0 at a + i0 * k, its element
// (i, k) at [k * height + i].
// B: row k at b + k * b_row, n a multiple of width; or packed in panels: columns in groups of nr,
// the last one rounded up to whole vectors, group j0 at b + j0 * k, row after row.
//
// A convolution is a product whose rows of A overlap. Then rows come in `groups` of m,
// each group a_group further in A, and k comes in `segments`: that of number s begins a_offset[s]
// further in A, and in B where the one before it ends. Panels of A may be longer than k: they hold
// a_depth columns, a block begins with number a_first and takes every a_step-th, and offsets count
// columns.
template <class T>
struct Block {
    dim_t m, n, k;
    const T* a;
    dim_t a_row, a_k;
    bool a_panels;
    const T* b;
    dim_t b_row;
    bool b_panels;
    T* c;
    dim_t c_row;
    T alpha, beta;
    Epilogue<T> epilogue;
    dim_t groups = 1, a_group = 0, c_group = 0, residual_group = 0;
    dim_t segments = 1;
    const dim_t* a_offset = nullptr;             // null: one segment, at 0
    dim_t a_depth = 0, a_first = 0, a_step = 1;  // depth 0: k
};

// sums[i, j] = sum_k a[i, k] b[j, k]: both operands with unit stride along k.
template <class T>
struct Dot {
    dim_t m, n, k;
    const T* a;
    dim_t a_row;
    const T* b;
    dim_t b_row;
    T* sums;
    dim_t sums_row;
};

// sums[i, j] = sum_k a[i, k] b[k, j] for m = 1 .. 8 rows of A, with B in rows.
template <class T>
struct Skinny {
    dim_t m, n, k;
    const T* a;
    dim_t a_row, a_k;
    const T* b;
    dim_t b_row;
    T* sums;
    dim_t sums_row;
};

// c[i, j] = epilogue(alpha * (sum over slices of sums[slice, i, j]) + beta * c[i, j]), sums[i, j]
// at sums[i * sums_row + j], or where transposed, at sums[j * sums_row + i].
template <class T>
struct Finish {
    dim_t rows, cols;
    const T* sums;
    dim_t sums_row, slices, slice_stride;
    bool transposed;
    T* c;
    dim_t c_row;
    T alpha, beta;
    Epilogue<T> epilogue;
};

template <class T>
struct TypedKernels {
    Blocking blocking;
    void (*block)(const Block<T>&);
    void (*dot)(const Dot<T>&);
    void (*skinny)(const Skinny<T>&);
    void (*finish)(const Finish<T>&);
    // k x n of b into panels of nr columns.
    void (*pack_b)(const T* b, dim_t row, dim_t col, dim_t k, dim_t n, T* packed);
    // m x k of a, element (i, k) at a[i * row + k * col], into rows of out_row elements...
    void (*copy_rows)(const T* a, dim_t row, dim_t col, dim_t m, dim_t k, T* out, dim_t out_row);
    // ... or into balanced panels of at most mr rows.
    void (*pack_a)(const T* a, dim_t row, dim_t col, dim_t m, dim_t k, T* packed);
};

// Defined by gemm_f32_kernel.cpp and gemm_f64_kernel.cpp, once per level.

}  // namespace fastnn::gemm

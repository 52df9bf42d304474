// Normalization of rows, a row being all elements over which one sample is normalized.
//
// Layer norm, with m and v the mean and the variance (divided by n) of a row x:
//     r = 1 / sqrt(v + eps),  h_i = (x_i - m) r,  y_i = h_i w_i + b_i
// or y_i = f(h_i w_i + b_i) with an activation; then dy means dy f' below. RMS norm: m =
// 0 and v = mean x_i^2. With g_i = dy_i w_i, a = mean g_i (0 for RMS norm) and c = mean g_i h_i:
//     dx_i = r (g_i - a - h_i c),  dw_i = sum over rows of dy_i h_i,  db_i = sum over rows of dy_i
//
// x, y, dy, dx are (rows, n) in C order, w, b, dw, db (n), mean and rstd (rows). Outputs overlap
// nothing. The sums over rows are those of chunks that depend on the size alone, added in order.
#pragma once

#include "core/activation.h"
#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::norm {

struct Args {
    Dtype dtype;
    bool centered;  // layer norm; otherwise RMS norm, without mean and b
    dim_t rows, n;
    double eps;
    const void* x;
    const void* w;  // may be null: ones
    const void* b;  // may be null: zeros
    void* y;
    void* mean;  // of the dtype, like rstd
    void* rstd;
    FusedActivation activation;
    void* preactivation;  // gets the argument of the activation; or null
};

struct BackwardArgs {
    Dtype dtype;
    bool centered;
    dim_t rows, n;
    const void* dy;
    const void* x;
    const void* mean;
    const void* rstd;
    const void* w;
    void* dx;  // dx, dw and db may be null: not wanted
    void* dw;
    void* db;
    FusedActivation activation;
    const void* saved;  // y or the preactivation, as the activation's facts say
};

template <class T>
struct Rows {
    dim_t count, n;
    const T* x;
    const T* w;
    const T* b;
    T* y;
    T* mean;
    T* rstd;
    double eps;
    bool stream;  // non-temporal stores
};

template <class T>
struct RowsBackward {
    dim_t count, n;
    const T* dy;
    const T* x;
    const T* mean;
    const T* rstd;
    const T* w;
    T* dx;
    T* dw;  // of these rows alone; both or none (RMS norm: dw alone)
    T* db;
    bool stream;  // non-temporal stores
};

template <class T>
struct TypedKernels {
    void (*rows[2])(const Rows<T>& r);  // by Args::centered
    void (*rows_backward[2])(const RowsBackward<T>& r);
    void (*add)(const T* x, T* y, dim_t n);  // y += x
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kForward[2];  // by Args::centered
extern const Kernel<BackwardArgs> kBackward[2];

}  // namespace fastnn::norm

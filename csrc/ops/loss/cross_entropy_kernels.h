// The kernel table of cross_entropy.h.
#pragma once

#include <stdint.h>

#include "core/integer.h"
#include "core/isa.h"

namespace fastnn::cross_entropy {

// cross_entropy::Args for the kernels: one type, the divisor known.
template <class T>
struct Problem {
    dim_t classes, inner;
    const T* x;
    const int64_t* target;
    const T* probabilities;
    const T* weight;
    int64_t ignore_index;
    T hard, uniform;  // 1 - label_smoothing, label_smoothing / C
    T scale;          // 1 / divisor
    T* loss;          // for each row, or null
    T* dx;            // or null
    bool stream;      // write dx by non-temporal stores
};

// Each returns the sum of the losses of its rows. rows: inner = 1, rows begin .. end, `scratch`
// holds C numbers. columns: rows begin .. end of one `outer`.
template <class T>
struct TypedKernels {
    double (*rows)(const Problem<T>& p, dim_t begin, dim_t end, T* scratch);
    double (*columns)(const Problem<T>& p, dim_t outer, dim_t begin, dim_t end);
    void (*scale)(const T* x, T factor, T* y, dim_t n);              // y = factor x
    void (*scale_each)(const T* x, const T* factor, T* y, dim_t n);  // y = factor * x
};

using Kernels = isa::ByType<TypedKernels>;

}  // namespace fastnn::cross_entropy

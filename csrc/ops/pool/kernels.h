// The kernel table of pool.h.
#pragma once

#include <stdint.h>

#include "core/integer.h"
#include "core/isa.h"
#include "ops/pool/windows.h"

namespace fastnn::pooling {

// Rows of outputs (n, d, h), for channels c_begin ... c_end - 1.
template <class T>
struct MaxRows {
    const Windows* windows;
    dim_t begin, end;
    dim_t c_begin, c_end;
    const T* x;
    T* y;
    void* place;
};

// Rows of inputs.
template <class T>
struct MaxBackwardRows {
    const Windows* windows;
    dim_t begin, end;
    dim_t c_begin, c_end;
    const T* dy;
    const void* place;
    T* dx;
    bool stream;  // non-temporal stores
};

// Rows of outputs, from x to y, or of inputs, from dy to dx.
template <class T>
struct AverageRows {
    const Windows* windows;
    dim_t begin, end;
    dim_t c_begin, c_end;
    const T* from;
    T* to;
    bool stream;
};

template <class T>
struct TypedKernels {
    void (*max[3])(const MaxRows<T>& r);                   // places: none, uint8, int32
    void (*max_backward[2])(const MaxBackwardRows<T>& r);  // places: uint8, int32
    void (*average)(const AverageRows<T>& r);
    void (*average_backward)(const AverageRows<T>& r);
};

using Kernels = isa::ByType<TypedKernels>;

}  // namespace fastnn::pooling

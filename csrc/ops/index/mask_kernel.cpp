#include "ops/index/mask.h"

#include <stdint.h>

#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using index::Truth;

struct Wide {  // 16 bytes
    uint64_t low, high;
};

template <class T, T ignored>
struct Bits {
    using Type = T;
    static FASTNN_INLINE bool is_true(T x) { return (x & T(~ignored)) != 0; }
};
template <class T>
struct Number {
    using Type = T;
    static FASTNN_INLINE bool is_true(T x) { return x != T(0); }  // NaN is
};

template <class P, bool dense>
FASTNN_INLINE dim_t found(const char* mask, dim_t stride, dim_t n, uint16_t* places) {
    using T = typename P::Type;
    const dim_t by = dense ? dim_t(sizeof(T)) : stride;
    dim_t k = 0;
    for (dim_t i = 0; i < n; ++i) {
        places[k] = uint16_t(i);
        k += P::is_true(*reinterpret_cast<const T*>(mask + i * by));
    }
    return k;
}

template <class P>
dim_t find(const char* mask, dim_t stride, dim_t n, uint16_t* places) {
    return stride == dim_t(sizeof(typename P::Type)) ? found<P, true>(mask, stride, n, places)
                                                     : found<P, false>(mask, stride, n, places);
}

template <class P>
dim_t count(const char* mask, dim_t stride, dim_t n) {
    using T = typename P::Type;
    uint32_t k = 0;  // n is the length of a piece
    if (stride == dim_t(sizeof(T))) {
        const T* x = reinterpret_cast<const T*>(mask);
        for (dim_t i = 0; i < n; ++i) k += P::is_true(x[i]);
    } else {
        for (dim_t i = 0; i < n; ++i)
            k += P::is_true(*reinterpret_cast<const T*>(mask + i * stride));
    }
    return k;
}

template <class T>
void select(char* table, dim_t stride, const uint16_t* places, dim_t n, char* values,
            dim_t value_stride) {
    for (dim_t j = 0; j < n; ++j) {
        *reinterpret_cast<T*>(values + j * value_stride) =
            *reinterpret_cast<const T*>(table + places[j] * stride);
    }
}

template <class T>
void put(char* table, dim_t stride, const uint16_t* places, dim_t n, char* values,
         dim_t value_stride) {
    for (dim_t j = 0; j < n; ++j) {
        *reinterpret_cast<T*>(table + places[j] * stride) =
            *reinterpret_cast<const T*>(values + j * value_stride);
    }
}

template <class T>
void fill(const char* mask, dim_t mask_stride, const char* table, dim_t table_stride,
          const char* value, char* out, dim_t out_stride, dim_t n) {
    const T v = *reinterpret_cast<const T*>(value);
    const dim_t own = dim_t(sizeof(T));
    if (mask_stride == 1 && table_stride == own && out_stride == own) {
        const uint8_t* m = reinterpret_cast<const uint8_t*>(mask);
        const T* x = reinterpret_cast<const T*>(table);
        T* y = reinterpret_cast<T*>(out);
#pragma GCC ivdep
        for (dim_t i = 0; i < n; ++i) {
            const T kept = x[i];
            y[i] = m[i] != 0 ? v : kept;
        }
        return;
    }
    for (dim_t i = 0; i < n; ++i) {
        const T kept = *reinterpret_cast<const T*>(table + i * table_stride);
        *reinterpret_cast<T*>(out + i * out_stride) = mask[i * mask_stride] != 0 ? v : kept;
    }
}

using B8 = Bits<uint8_t, 0>;
using B16 = Bits<uint16_t, 0>;
using B32 = Bits<uint32_t, 0>;
using B64 = Bits<uint64_t, 0>;
using F16 = Bits<uint16_t, 0x8000>;  // but for the sign
using F32 = Number<float>;
using F64 = Number<double>;

constexpr index::MaskKernels kTable{
    {find<B8>, find<B16>, find<B32>, find<B64>, find<F16>, find<F32>, find<F64>},
    {count<B8>, count<B16>, count<B32>, count<B64>, count<F16>, count<F32>, count<F64>},
    {select<uint8_t>, select<uint16_t>, select<uint32_t>, select<uint64_t>, select<Wide>},
    {put<uint8_t>, put<uint16_t>, put<uint32_t>, put<uint64_t>, put<Wide>},
    {fill<uint8_t>, fill<uint16_t>, fill<uint32_t>, fill<uint64_t>, fill<Wide>},
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(index::MaskKernels, kTable)

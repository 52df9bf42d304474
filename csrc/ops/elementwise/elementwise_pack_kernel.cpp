// Elements of any stride and dtype to a dense buffer of T, and back.
#include "ops/elementwise/elementwise.h"
#include "simd/rows.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using elementwise::Rows;

// By memcpy, since elements may be unaligned.
template <class S>
FASTNN_INLINE S fetch(const char* p) {
    S value;
    __builtin_memcpy(&value, p, sizeof value);
    return value;
}
template <class D>
FASTNN_INLINE void put(char* p, D value) {
    __builtin_memcpy(p, &value, sizeof value);
}

// Rows of one type, read in the order of memory.
template <class T>
void gather(const char* x, const Rows& r, T* dense) {
    constexpr dim_t size = sizeof(T);
    char* const y = reinterpret_cast<char*>(dense);
    if (r.row_stride == size && r.stride != 0) {
        rows<T>(x, r.stride, r.row_stride, y, size, r.length * size, r.length, r.count);
    } else {
        rows<T>(x, r.row_stride, r.stride, y, r.length * size, size, r.count, r.length);
    }
}

template <class S, class T>
void pack_from(const char* __restrict x, const Rows& r, T* __restrict dense) {
    if constexpr (sizeof(S) == sizeof(T) && S(0.5) == T(0.5)) return gather(x, r, dense);
    if (r.row_stride == sizeof(S) && r.stride != sizeof(S) && r.stride != 0) {
        // In the order of memory, so that each cache line is read once; the writes are strided.
        for (dim_t j = 0; j < r.length; ++j, x += r.stride) {
            for (dim_t i = 0; i < r.count; ++i) {
                dense[i * r.length + j] = static_cast<T>(fetch<S>(x + i * dim_t(sizeof(S))));
            }
        }
        return;
    }
    for (dim_t i = 0; i < r.count; ++i, x += r.row_stride, dense += r.length) {
        if (r.stride == sizeof(S)) {
            for (dim_t j = 0; j < r.length; ++j)
                dense[j] = static_cast<T>(fetch<S>(x + j * dim_t(sizeof(S))));
        } else if (r.stride == 0) {
            const T value = static_cast<T>(fetch<S>(x));
            for (dim_t j = 0; j < r.length; ++j) dense[j] = value;
        } else {
            for (dim_t j = 0; j < r.length; ++j)
                dense[j] = static_cast<T>(fetch<S>(x + j * r.stride));
        }
    }
}

template <class T>
void pack(Dtype from, const char* x, const Rows& rows, T* dense) {
    switch (from) {
        case Dtype::f32: return pack_from<float>(x, rows, dense);
        case Dtype::f64: return pack_from<double>(x, rows, dense);
        case Dtype::i64: return pack_from<int64_t>(x, rows, dense);
        case Dtype::i32: return pack_from<int32_t>(x, rows, dense);
        case Dtype::u8:
        case Dtype::b8: return pack_from<uint8_t>(x, rows, dense);
    }
}

template <class T, class D, class Convert>
void unpack_to(const T* __restrict dense, const Rows& r, char* __restrict y, Convert convert) {
    if (r.row_stride == sizeof(D) && r.stride != sizeof(D)) {
        for (dim_t j = 0; j < r.length; ++j, y += r.stride) {
            for (dim_t i = 0; i < r.count; ++i)
                put<D>(y + i * dim_t(sizeof(D)), convert(dense[i * r.length + j]));
        }
        return;
    }
    for (dim_t i = 0; i < r.count; ++i, y += r.row_stride, dense += r.length) {
        if (r.stride == sizeof(D)) {
            for (dim_t j = 0; j < r.length; ++j)
                put<D>(y + j * dim_t(sizeof(D)), convert(dense[j]));
        } else {
            for (dim_t j = 0; j < r.length; ++j) put<D>(y + j * r.stride, convert(dense[j]));
        }
    }
}

template <class T>
void unpack(Dtype to, const T* dense, const Rows& rows, char* y) {
    switch (to) {
        case Dtype::f32:
            return unpack_to<T, float>(dense, rows, y, [](T v) { return static_cast<float>(v); });
        case Dtype::f64:
            return unpack_to<T, double>(dense, rows, y, [](T v) { return static_cast<double>(v); });
        case Dtype::i64:
        case Dtype::i32:
        case Dtype::u8:
            if constexpr (sizeof(T) == sizeof(int64_t) && T(0.5) == T(0)) {
                if (to == Dtype::i64)
                    return unpack_to<T, int64_t>(dense, rows, y, [](T v) { return v; });
                if (to == Dtype::i32)
                    return unpack_to<T, uint32_t>(dense, rows, y, [](T v) { return uint32_t(v); });
                return unpack_to<T, uint8_t>(dense, rows, y, [](T v) { return uint8_t(v); });
            }
            return;
        default:
            return unpack_to<T, uint8_t>(dense, rows, y,
                                         [](T v) { return static_cast<uint8_t>(v != 0); });
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn {
template <>
const elementwise::Kernels& isa::table_at<Isa::FASTNN_ISA>() {
    static const elementwise::Kernels table{
        elementwise::unary_loops<Isa::FASTNN_ISA>(),
        elementwise::binary_loops<Isa::FASTNN_ISA>(),
        elementwise::compare_loops<Isa::FASTNN_ISA>(),
        elementwise::backward_loops<Isa::FASTNN_ISA>(),
        {FASTNN_ISA::pack<float>, FASTNN_ISA::unpack<float>},
        {FASTNN_ISA::pack<double>, FASTNN_ISA::unpack<double>},
        elementwise::integer_loops<Isa::FASTNN_ISA>(),
        {FASTNN_ISA::pack<int64_t>, FASTNN_ISA::unpack<int64_t>}};
    return table;
}
}  // namespace fastnn

// Strided or foreign elements to a dense buffer of T, and back.
#include "ops/elementwise/elementwise.h"

namespace fastnn::FASTNN_ISA {
namespace {

using elementwise::Rows;

template <class S, class T>
void pack_from(const char* x, const Rows& r, T* dense) {
    for (long i = 0; i < r.count; ++i, x += r.row_stride) {
        if (r.stride == sizeof(S)) {
            const S* row = reinterpret_cast<const S*>(x);
            for (long j = 0; j < r.length; ++j) dense[j] = static_cast<T>(row[j]);
        } else if (r.stride == 0) {
            const T value = static_cast<T>(*reinterpret_cast<const S*>(x));
            for (long j = 0; j < r.length; ++j) dense[j] = value;
        } else {
            const char* p = x;
            for (long j = 0; j < r.length; ++j, p += r.stride)
                dense[j] = static_cast<T>(*reinterpret_cast<const S*>(p));
        }
        dense += r.length;
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
void unpack_to(const T* dense, const Rows& r, char* y, Convert convert) {
    for (long i = 0; i < r.count; ++i, y += r.row_stride) {
        if (r.stride == sizeof(D)) {
            D* row = reinterpret_cast<D*>(y);
            for (long j = 0; j < r.length; ++j) row[j] = convert(dense[j]);
        } else {
            char* p = y;
            for (long j = 0; j < r.length; ++j, p += r.stride)
                *reinterpret_cast<D*>(p) = convert(dense[j]);
        }
        dense += r.length;
    }
}

template <class T>
void unpack(Dtype to, const T* dense, const Rows& rows, char* y) {
    switch (to) {
        case Dtype::f32:
            return unpack_to<T, float>(dense, rows, y, [](T v) { return static_cast<float>(v); });
        case Dtype::f64:
            return unpack_to<T, double>(dense, rows, y, [](T v) { return static_cast<double>(v); });
        default:
            return unpack_to<T, uint8_t>(dense, rows, y,
                                         [](T v) { return static_cast<uint8_t>(v != 0); });
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
const Kernels& kernels<Isa::FASTNN_ISA>() {
    static const Kernels table{unary_loops<Isa::FASTNN_ISA>(),
                               binary_loops<Isa::FASTNN_ISA>(),
                               compare_loops<Isa::FASTNN_ISA>(),
                               backward_loops<Isa::FASTNN_ISA>(),
                               {FASTNN_ISA::pack<float>, FASTNN_ISA::unpack<float>},
                               {FASTNN_ISA::pack<double>, FASTNN_ISA::unpack<double>}};
    return table;
}
}  // namespace fastnn::elementwise

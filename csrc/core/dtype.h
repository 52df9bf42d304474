// The element types of kernels, and the dispatch from a runtime dtype to a template parameter.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastnn {

enum class Dtype : std::uint8_t { f32, f64, i64, i32, u8, b8 };

constexpr std::size_t size_of(Dtype dtype) {
    switch (dtype) {
        case Dtype::f64:
        case Dtype::i64: return 8;
        case Dtype::f32:
        case Dtype::i32: return 4;
        default: return 1;
    }
}

constexpr const char* name(Dtype dtype) {
    switch (dtype) {
        case Dtype::f32: return "float32";
        case Dtype::f64: return "float64";
        case Dtype::i64: return "int64";
        case Dtype::i32: return "int32";
        case Dtype::u8: return "uint8";
        default: return "bool";
    }
}

// visit_float(dtype, [&]<class T>() { ... }): calls f with float or double.
template <class F>
decltype(auto) visit_float(Dtype dtype, F f) {
    return dtype == Dtype::f64 ? f.template operator()<double>() : f.template operator()<float>();
}

}  // namespace fastnn

// Normalization of float32 in double, for what leaves the range of float32 on the way: squares of
// 1e30 are no float32, and with eps = 0 those of 1e-30 are none either, but what is normalized by
// them is. It is rare, so calls are computed as always, and again where a statistic says so.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/integer.h"
#include "core/memory.h"

namespace fastnn::norm {

// Whether 1 / deviation, its square and their products with numbers near 1 are safely in range.
inline bool in_range(double rstd) {
    return rstd > 0x1p-50 && rstd < 0x1p50;
}
template <class T>
bool all_in_range(const T* rstd, dim_t n) {
    return std::all_of(rstd, rstd + n, [](T r) { return in_range(static_cast<double>(r)); });
}

// A float32 array as double: a copy of an input, or an output, which is rounded by `store`. Null
// stays null.
class Widened {
 public:
    Widened(const void* array, dim_t n)
        : n_(array == nullptr ? 0 : n), given_(array != nullptr), values_(count()) {
        const auto* from = static_cast<const float*>(array);
        std::transform(from, from + n_, values_.data(), [](float v) { return double(v); });
    }
    double* data() { return given_ ? values_.data() : nullptr; }
    void store(void* array) {
        std::transform(values_.data(), values_.data() + n_, static_cast<float*>(array),
                       [](double v) { return static_cast<float>(v); });
    }

 private:
    std::size_t count() const { return static_cast<std::size_t>(n_); }
    dim_t n_;
    bool given_;
    Scratch<double> values_;
};

}  // namespace fastnn::norm

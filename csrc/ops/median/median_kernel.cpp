#include "ops/median/median.h"

#include "simd/order.h"
#include "simd/select.h"

namespace fastnn::FASTNN_ISA {
namespace {

using median::Rank;

template <class T>
void row(const T* x, dim_t n, Rank rank, dim_t k, void* work, T* value, int64_t* index) {
    using Int = Ordered<T>;
    dim_t nans = 0;
    for (dim_t i = 0; i < n; ++i) nans += dim_t(x[i] != x[i]);
    if (rank == Rank::median) k = (n - 1) / 2;
    if (rank == Rank::nanmedian) k = (n - nans - 1) / 2;
    dim_t at;
    if (nans == n || (rank == Rank::median && nans > 0) || k >= n - nans) {
        at = find(x, n, [](T v) __attribute__((always_inline)) { return v != v; });
    } else {
        Int* const keys = static_cast<Int*>(work);
        for (dim_t i = 0; i < n; ++i) keys[i] = ordered(x[i]);
        const Int key = select_rank(keys, keys + n, n, k);
        at = find(x, n, [key](T v) __attribute__((always_inline)) { return ordered(v) == key; });
    }
    at = at < n ? at : 0;  // where another thread changed x
    *value = x[at];
    *index = at;
}

constexpr median::Kernels kTable{row<float>, row<double>, row<int64_t>, row<int32_t>, row<uint8_t>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(median::Kernels, kTable)
